/** The JSON text of a policy, read strictly, with the place of a key that stands twice. */
import { isMap, isScalar, isSeq, parseDocument } from "yaml";
import { type Json, readJson } from "../../policy/strict-json.ts";
import type { Path } from "../schema/crd.ts";

const WORD = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** `$.formulas.Search.parameters["first name"][0]`. */
export const jsonPath = (path: Path): string =>
  path.reduce<string>((text, step) => {
    if (typeof step === "number") return `${text}[${step}]`;
    return WORD.test(step) ? `${text}.${step}` : `${text}[${JSON.stringify(step)}]`;
  }, "$");

export type JsonText =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly path: Path; readonly message: string };

/** What two readers could understand differently is refused. The message is a sentence without a subject. */
export const readPolicyJson = (text: string): JsonText => {
  const result = readJson(text);
  if (result.ok) return result;
  const repeated = repeatedKey(text);
  return repeated === undefined
    ? { ok: false, path: [], message: `${result.problem}${syntaxHint(text)}.` }
    : { ok: false, path: repeated, message: "stands twice; remove one of them." };
};

const syntaxHint = (text: string): string => {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return `: ${(error as Error).message}`;
  }
};

/** The path of the first key that stands twice in one object. The text is read as YAML, of which JSON is a part. */
const repeatedKey = (text: string): Path | undefined => {
  try {
    return repeatedIn(parseDocument(text, { uniqueKeys: false, logLevel: "silent" }).contents, []);
  } catch {
    return undefined;
  }
};

const repeatedIn = (node: unknown, path: Path): Path | undefined => {
  if (isSeq(node)) return firstOf(node.items.map((item, index) => () => repeatedIn(item, [...path, index])));
  if (!isMap(node)) return undefined;
  const seen = new Set<string>();
  return firstOf(
    node.items.map(({ key, value }) => () => {
      const name = String(isScalar(key) ? key.value : key);
      const here = [...path, name];
      if (seen.has(name)) return here;
      seen.add(name);
      return repeatedIn(value, here);
    }),
  );
};

const firstOf = <T>(looks: readonly (() => T | undefined)[]): T | undefined => {
  for (const look of looks) {
    const found = look();
    if (found !== undefined) return found;
  }
  return undefined;
};
