/** What a conversion has to say, and where each converted field came from. */
import type { Json } from "../../policy/strict-json.ts";
import { type Path, pathText } from "../schema/crd.ts";
import { didYouMean } from "../text.ts";

/** What cannot be converted. The message is a sentence without a subject. */
export type Refusal = { readonly path: Path; readonly message: string };

export class ConversionLog {
  readonly refusals: Refusal[] = [];
  /** What means something else after the conversion. */
  readonly notes: Refusal[] = [];
  readonly #origins = new Map<string, Path>();

  refuse(path: Path, message: string): undefined {
    this.refusals.push({ path, message });
    return undefined;
  }

  note(path: Path, message: string): void {
    this.notes.push({ path, message });
  }

  /** The field `to` of the result was made from the field `from` of the source. */
  made(to: Path, from: Path): void {
    this.#origins.set(pathText(to), from);
  }

  /** From what a field of the result was made, or the nearest field around it. */
  originOf(to: Path): Path {
    for (let length = to.length; length > 0; length--) {
      const origin = this.#origins.get(pathText(to.slice(0, length)));
      if (origin !== undefined) return origin;
    }
    return [];
  }
}

export const isJsonObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  value !== null && typeof value === "object" && !Array.isArray(value);

/** What a value is, for people. */
export const typeName = (value: Json): string => {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? "a text" : typeof value === "number" ? "a number" : String(value);
};

type Fields<K extends string> = { readonly [key in K]?: Json };

/** The fields of an object; undefined where it is none. Unknown ones are refused. */
export const fieldsOf = <K extends string>(
  value: Json,
  path: Path,
  known: readonly K[],
  log: ConversionLog,
): Fields<K> | undefined => {
  if (!isJsonObject(value)) return log.refuse(path, `must be an object, not ${typeName(value)}.`);
  for (const key of Object.keys(value)) {
    if (!known.some((name) => name === key))
      log.refuse([...path, key], `is not known.${didYouMean(key, known)} Known here: ${known.join(", ")}.`);
  }
  return value as Fields<K>;
};

/** Each entry of a list through `read`; undefined where it is none. */
export const listOf = <T>(
  value: Json,
  path: Path,
  read: (item: Json, path: Path, index: number) => T | undefined,
  log: ConversionLog,
): readonly T[] | undefined => {
  if (!Array.isArray(value)) return log.refuse(path, `must be a list, not ${typeName(value)}.`);
  return value.map((item: Json, index) => read(item, [...path, index], index)).filter((item) => item !== undefined);
};

export const textOf = (value: Json, path: Path, log: ConversionLog): string | undefined =>
  typeof value === "string" ? value : log.refuse(path, `must be a text, not ${typeName(value)}.`);

export const flagOf = (value: Json, path: Path, log: ConversionLog): boolean | undefined =>
  typeof value === "boolean" ? value : log.refuse(path, `must be true or false, not ${typeName(value)}.`);
