/** Files, folders and standard input, read as text. */
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { usageError } from "../exit.ts";
import type { Io } from "../io.ts";
import { harmless } from "../text.ts";
import type { Source } from "./manifest.ts";

/** Larger files are not manifests. */
const MAX_BYTES = 32 * 1024 * 1024;
const EXTENSION = /\.(ya?ml|json)$/i;

/**
 * The text of every file that `paths` name: `-` is standard input; of a folder all `.yaml`, `.yml` and `.json` files
 * below it, hidden ones and `node_modules` left out, by name.
 * @throws CommandError for what cannot be read, is too large or is not UTF-8
 */
export const readSources = async (paths: readonly string[], io: Io): Promise<readonly Source[]> => {
  const files = (await Promise.all(paths.map(filesOf))).flat();
  const sources: Source[] = [];
  for (const file of new Set(files)) sources.push({ name: file, text: decode(file, await bytesOf(file, io)) });
  return sources;
};

const bytesOf = async (file: string, io: Io): Promise<Uint8Array> => {
  if (file === "-") return limited(file, await io.readStdin());
  const { size } = await readable(file, () => stat(file));
  if (size > MAX_BYTES) throw tooLarge(file, size);
  return limited(file, await readable(file, () => readFile(file)));
};

const limited = (file: string, bytes: Uint8Array): Uint8Array => {
  if (bytes.length > MAX_BYTES) throw tooLarge(file, bytes.length);
  return bytes;
};

const tooLarge = (file: string, size: number): Error =>
  usageError(
    `${harmless(file)}: ${Math.ceil(size / 1024 / 1024)} MiB is more than the ${MAX_BYTES / 1024 / 1024} MiB that are read; split the file.`,
  );

const decode = (file: string, bytes: Uint8Array): string => {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw usageError(`${harmless(file)}: this is not UTF-8 text.`);
  }
};

const filesOf = async (path: string): Promise<readonly string[]> => {
  if (path === "-") return [path];
  const about = await readable(path, () => stat(path));
  return about.isDirectory() ? filesBelow(path) : [path];
};

const filesBelow = async (folder: string): Promise<readonly string[]> => {
  const entries = await readable(folder, () => readdir(folder, { withFileTypes: true }));
  const visible = entries
    .filter(({ name }) => !name.startsWith(".") && name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const parts = await Promise.all(
    visible.map((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesBelow(path);
      return EXTENSION.test(entry.name) ? [path] : [];
    }),
  );
  return parts.flat();
};

const CAUSES: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or folder",
  EACCES: "you may not read it",
  ENOTDIR: "a part of the path is not a folder",
  EISDIR: "it is a folder",
};

const readable = async <T>(path: string, read: () => Promise<T>): Promise<T> => {
  try {
    return await read();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    throw usageError(`${harmless(path)}: ${CAUSES[code] ?? (code === "" ? String(error) : code)}.`);
  }
};
