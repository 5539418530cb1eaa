/** JSON without surprises: what two readers could understand differently is refused. */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export type JsonResult = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly problem: string };

const MAX_DEPTH = 64;
const BACKSLASH = 0x5c;
const QUOTE = 0x22;
const NUMBER = /-?[0-9][0-9.eE+-]*/y;
const COLON = /[ \t\n\r]*:/y;

const refuse = (problem: string): JsonResult => ({ ok: false, problem });

/**
 * Reads UTF-8 or text. Beyond what `JSON.parse` refuses: a key twice in one object, the key `__proto__`, numbers that
 * JavaScript cannot hold (they would arrive changed), nesting over 64, malformed UTF-8. The problem is a sentence without
 * a subject ("must ...") that repeats nothing of the input but a key. Never throws.
 */
export const readJson = (input: string | Uint8Array): JsonResult => {
  const text = typeof input === "string" ? input : decodeUtf8(input);
  if (text === undefined) return refuse("must be UTF-8");
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return refuse("must be JSON");
  }
  const problem = ambiguity(text);
  return problem === undefined ? { ok: true, value } : refuse(problem);
};

const decodeUtf8 = (bytes: Uint8Array): string | undefined => {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
};

/** Walks over text that is known to be JSON; there, a string is a key exactly if a colon follows. */
const ambiguity = (text: string): string | undefined => {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at] ?? "";
    if (character === "{" || character === "[") {
      if (open.push(new Set()) > MAX_DEPTH) return `must not be nested more than ${MAX_DEPTH} deep`;
    } else if (character === "}" || character === "]") {
      open.pop();
    } else if (character === '"') {
      const end = endOfString(text, at);
      const problem = isKey(text, end) ? keyProblem(JSON.parse(text.slice(at, end)) as string, open.at(-1)) : undefined;
      if (problem !== undefined) return problem;
      at = end - 1;
    } else if (character === "-" || (character >= "0" && character <= "9")) {
      const number = numberAt(text, at);
      if (!isHeld(number)) return "must not have numbers that JavaScript cannot hold; write them as text";
      at += number.length - 1;
    }
  }
  return undefined;
};

/** The place after the closing quote of the string that opens at `start`. */
const endOfString = (text: string, start: number): number => {
  let at = start + 1;
  for (let code = text.charCodeAt(at); code !== QUOTE; code = text.charCodeAt(at)) at += code === BACKSLASH ? 2 : 1;
  return at + 1;
};

const isKey = (text: string, end: number): boolean => {
  COLON.lastIndex = end;
  return COLON.test(text);
};

const numberAt = (text: string, at: number): string => {
  NUMBER.lastIndex = at;
  return NUMBER.exec(text)?.[0] ?? "";
};

const isHeld = (number: string): boolean => {
  const value = Number(number);
  return Number.isFinite(value) && (/[.eE]/.test(number) || Number.isSafeInteger(value));
};

const keyProblem = (key: string, seen: Set<string> | undefined): string | undefined => {
  if (key === "__proto__") return "must not have the key '__proto__'";
  if (seen?.has(key) === true) return `must not have the key ${JSON.stringify(key.slice(0, 50))} twice in one object`;
  seen?.add(key);
  return undefined;
};
