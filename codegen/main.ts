/**
 * `node codegen/main.ts` writes crds/, schemas/ and docs/reference/ from src/api/v1alpha1/. With `--check` it writes
 * nothing, lists the files that differ and exits 1 if there are any.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { GENERATED_FOLDERS, generate } from "./generate.ts";
import { SourceError } from "./problems.ts";

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
};

const filesIn = (root: string, folder: string): readonly string[] => {
  try {
    return readdirSync(join(root, folder)).map((name) => `${folder}/${name}`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
};

/** The paths whose content on disk is not what the sources say, and those that should not be there. */
export const differences = (root: string, wanted: ReadonlyMap<string, string>): readonly string[] => {
  const changed = [...wanted].filter(([path, text]) => read(join(root, path)) !== text).map(([path]) => path);
  const surplus = GENERATED_FOLDERS.flatMap((folder) => filesIn(root, folder)).filter((path) => !wanted.has(path));
  return [...changed, ...surplus].sort();
};

const write = (root: string, path: string, text: string | undefined): void => {
  const file = join(root, path);
  if (text === undefined) {
    rmSync(file);
    return;
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
};

/** Returns the exit code. */
export const run = (root: string, args: readonly string[], print: (line: string) => void): number => {
  const check = args.includes("--check");
  try {
    const wanted = generate(root);
    const paths = differences(root, wanted);
    for (const path of paths) {
      print(check ? `${path} differs from its source; run make generate` : `wrote ${path}`);
      if (!check) write(root, path, wanted.get(path));
    }
    return check && paths.length > 0 ? 1 : 0;
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    print(error.message);
    return 1;
  }
};

if (import.meta.main) {
  process.exitCode = run(join(import.meta.dirname, ".."), process.argv.slice(2), (line) => {
    process.stdout.write(`${line}\n`);
  });
}
