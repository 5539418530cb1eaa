/** `--settings FILE`: what the builders know of a cluster, as the controller has it from its flags. */
import { parseDocument } from "yaml";
import { ADMISSION_MODES, DEFAULT_SETTINGS, type Settings } from "../resources/settings.ts";
import { CommandError, EXIT, usageError } from "./exit.ts";
import { readSources } from "./input/files.ts";
import type { Io } from "./io.ts";
import { didYouMean, harmless } from "./text.ts";

const KEYS = Object.keys(DEFAULT_SETTINGS) as readonly (keyof Settings)[];

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === "string");

const typeProblem = (key: keyof Settings, value: unknown): string | undefined => {
  const model = DEFAULT_SETTINGS[key];
  if (Array.isArray(model)) return isTexts(value) ? undefined : "must be a list of text";
  if (typeof model === "boolean") return typeof value === "boolean" ? undefined : "must be true or false";
  if (typeof value !== "string" || value === "") return "must be text";
  if (key === "admission" && !ADMISSION_MODES.some((mode) => mode === value))
    return `must be ${ADMISSION_MODES.map((mode) => `'${mode}'`).join(" or ")}`;
  return undefined;
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** What the file leaves out is as in a controller without flags. */
export const parseSettings = (text: string, file: string): Settings => {
  const document = parseDocument(text, { prettyErrors: true });
  const [error] = document.errors;
  const refuse = (message: string): CommandError => new CommandError(EXIT.usage, `${harmless(file)}: ${message}`);
  if (error !== undefined) throw refuse(error.message.split("\n")[0] ?? "");
  const value: unknown = document.toJS() ?? {};
  if (!isObject(value)) throw refuse("settings must be an object with fields");
  for (const [key, setting] of Object.entries(value)) {
    const known = KEYS.find((name) => name === key);
    if (known === undefined)
      throw refuse(`there is no setting '${harmless(key)}'.${didYouMean(key, KEYS)} Settings: ${KEYS.join(", ")}.`);
    const wrong = typeProblem(known, setting);
    if (wrong !== undefined) throw refuse(`\`${known}\` ${wrong}.`);
  }
  return { ...DEFAULT_SETTINGS, ...value };
};

export const readSettings = async (file: string | undefined, io: Io): Promise<Settings> => {
  if (file === undefined) return DEFAULT_SETTINGS;
  const [source] = await readSources([file], io);
  if (source === undefined) throw usageError(`${harmless(file)}: there is nothing to read.`);
  return parseSettings(source.text, file);
};
