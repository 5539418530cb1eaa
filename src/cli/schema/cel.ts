/**
 * The CEL rules of the CRDs, evaluated offline. What an expression says here, the API server says too; what cannot be
 * evaluated here is `unknown`, never passed in silence.
 */
import { Environment } from "@marcbachmann/cel-js";
import { RE2JS, RE2JSSyntaxException } from "re2js";
import { Quantity } from "../../resources/quantity.ts";
import type { Path, Rule, Schema } from "./crd.ts";

export type Verdict =
  | { readonly verdict: "holds" }
  | { readonly verdict: "broken" }
  | { readonly verdict: "unknown"; readonly why: string };

/** The API server's word for a value that a function refuses; the rule counts as broken there. */
class ValueError extends Error {
  override readonly name = "ValueError";
}

const quantity = (text: string): Quantity => {
  const parsed = Quantity.parse(text);
  if (parsed === undefined) throw new ValueError(`'${text}' is not a quantity`);
  return parsed;
};

const expressions = new Map<string, RE2JS>();

/** @throws RE2JSSyntaxException where RE2, and so the API server, refuses the expression */
const expressionOf = (pattern: string): RE2JS => {
  const known = expressions.get(pattern) ?? RE2JS.compile(pattern);
  expressions.set(pattern, known);
  return known;
};

const ascii = (text: string, letters: RegExp, fold: (letter: string) => string): string => text.replace(letters, fold);

/** Functions whose built-in form differs from the API server's, under names of our own. */
const REPLACED: Readonly<Record<string, string>> = {
  matches: "re2Matches",
  lowerAscii: "asciiLower",
  upperAscii: "asciiUpper",
};

const environment = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
  .registerType("Quantity", Quantity)
  .registerFunction("isQuantity(string): bool", (text: string) => Quantity.parse(text) !== undefined)
  .registerFunction("quantity(string): Quantity", quantity)
  .registerFunction("Quantity.compareTo(Quantity): int", (a: Quantity, b: Quantity) => BigInt(a.compareTo(b)))
  .registerFunction("Quantity.isLessThan(Quantity): bool", (a: Quantity, b: Quantity) => a.compareTo(b) < 0)
  .registerFunction("Quantity.isGreaterThan(Quantity): bool", (a: Quantity, b: Quantity) => a.compareTo(b) > 0)
  .registerFunction("string.re2Matches(string): bool", (text: string, pattern: string) =>
    expressionOf(pattern).test(text),
  )
  .registerFunction("string.asciiLower(): string", (text: string) =>
    ascii(text, /[A-Z]/g, (letter) => letter.toLowerCase()),
  )
  .registerFunction("string.asciiUpper(): string", (text: string) =>
    ascii(text, /[a-z]/g, (letter) => letter.toUpperCase()),
  );

const CALL = /([rR]?"(?:\\.|[^"\\])*"|[rR]?'(?:\\.|[^'\\])*')|\.(matches|lowerAscii|upperAscii)(?=\()/g;

/** Calls of the replaced functions, string literals left as they are. */
const renamed = (expression: string): string =>
  expression.replace(CALL, (whole, literal: string | undefined, name: string | undefined) =>
    literal === undefined && name !== undefined ? `.${REPLACED[name]}` : whole,
  );

const programs = new Map<string, (context: Record<string, unknown>) => unknown>();

const programOf = (expression: string): ((context: Record<string, unknown>) => unknown) => {
  const known = programs.get(expression);
  if (known !== undefined) return known;
  const program = environment.parse(renamed(expression)) as (context: Record<string, unknown>) => unknown;
  programs.set(expression, program);
  return program;
};

/** Rules about a change need the object as it was; offline there is none. */
export const isAboutChange = ({ rule, optionalOldSelf }: Rule): boolean =>
  optionalOldSelf !== true && /\boldSelf\b/.test(rule);

const causes = (error: unknown): readonly unknown[] =>
  error instanceof Error ? [error, ...(error.cause === undefined ? [] : causes(error.cause))] : [];

/** Errors that the API server reports too: it refuses the object. */
const isRefusal = (error: unknown): boolean =>
  causes(error).some(
    (it) =>
      it instanceof RE2JSSyntaxException ||
      it instanceof ValueError ||
      (it as { code?: unknown }).code === "no_such_key",
  );

/** What one rule says of a value that {@link celValue} has made. */
export const evaluateRule = (rule: Rule, self: unknown): Verdict => {
  try {
    const result = programOf(rule.rule)({ self });
    if (typeof result === "boolean") return { verdict: result ? "holds" : "broken" };
    return { verdict: "unknown", why: "the rule gives no boolean" };
  } catch (error) {
    if (isRefusal(error)) return { verdict: "broken" };
    return { verdict: "unknown", why: error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error) };
  }
};

/** Words of CEL that the API server makes usable as field names by underscores. */
const RESERVED = new Set(
  "true false null in as break const continue else for function if import let loop package namespace return var void while".split(
    " ",
  ),
);

const escapedName = (name: string): string =>
  RESERVED.has(name) ? `__${name}__` : name.replace(/__|[.\-/]/g, (part) => ESCAPES[part] ?? part);

const ESCAPES: Readonly<Record<string, string>> = {
  __: "__underscores__",
  ".": "__dot__",
  "-": "__dash__",
  "/": "__slash__",
};

/** A value as CEL sees it by its schema: integers are 64 bits wide, field names are escaped, keys of maps are not. */
export const celValue = (value: unknown, schema: Schema | undefined): unknown => {
  if (Array.isArray(value)) return value.map((item) => celValue(item, schema?.items));
  if (typeof value === "number") {
    return schema?.type !== "number" && Number.isInteger(value) ? BigInt(value) : value;
  }
  if (value === null || typeof value !== "object") return value;
  const { properties } = schema ?? {};
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) =>
      properties === undefined
        ? [name, celValue(field, schema?.additionalProperties)]
        : [escapedName(name), celValue(field, properties[name])],
    ),
  );
};

/** `.access` or `.spec.configurationRef`, as steps. */
export const fieldPathSteps = (fieldPath: string): Path =>
  [...fieldPath.matchAll(/\.([^.[\]]+)|\['([^']+)'\]/g)].map((match) => match[1] ?? match[2] ?? "");
