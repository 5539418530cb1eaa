/** What an administrator lets be written in an input. A rule that says nothing, or cannot be read, admits nothing. */
import type { GrantValueRule } from "../api/v1alpha1/index.ts";
import { compareDecimals, type Decimal, decimalKey, decimalOf, parseDecimal } from "./decimal.ts";
import { MAX_MATCHED_LENGTH, matchesWhole, patternProblem } from "./pattern.ts";
import { enumerate } from "./problem.ts";
import { isUnderPrefix, type NormalUrl, normalizeUrl } from "./url.ts";

/** One value that has its type already. */
export type Scalar = string | number | boolean;

export type CompiledRule = {
  /**
   * The value to deliver, or undefined if the rule does not admit it. They differ only where URLs are compared: what is
   * delivered is the normal form, so that nobody reads it in another way than it was compared.
   */
  readonly admit: (value: Scalar) => Scalar | undefined;
  /** What would be admitted, a phrase that follows "use". */
  readonly advice: string;
  /** Where time grows with the text: how many UTF-16 units one parameter may have in all its elements together. */
  readonly maxLength?: number;
};

const NOTHING: CompiledRule = { admit: () => undefined, advice: "nothing: the rule admits no value" };

/** Whether a rule is known to refuse every value. */
export const admitsNothing = (rule: CompiledRule): boolean => rule === NOTHING;

/** `url`: the value is compared as a URL, whatever the rule. */
export const compileRule = (rule: GrantValueRule, url = false): CompiledRule => {
  const parts = [
    rule.values === undefined ? undefined : valuesRule(rule.values, url),
    rule.pattern === undefined ? undefined : patternRule(rule.pattern),
    rule.minimum === undefined && rule.maximum === undefined ? undefined : rangeRule(rule.minimum, rule.maximum, url),
    rule.prefix === undefined ? undefined : prefixRule(rule.prefix),
  ].filter((part) => part !== undefined);
  const [first, ...others] = parts;
  if (first === undefined) return NOTHING;
  const all = others.reduce(both, first);
  return url ? both(asUrl, all) : all;
};

const both = (a: CompiledRule, b: CompiledRule): CompiledRule => {
  if (admitsNothing(a) || admitsNothing(b)) return NOTHING;
  return {
    admit: (value) => {
      const admitted = a.admit(value);
      return admitted === undefined ? undefined : b.admit(admitted);
    },
    advice: a === asUrl ? b.advice : `${a.advice}, and ${b.advice}`,
    ...((a.maxLength ?? b.maxLength) === undefined ? {} : { maxLength: MAX_MATCHED_LENGTH }),
  };
};

const asUrl: CompiledRule = {
  admit: (value) => (typeof value === "string" ? normalOf(value) : undefined),
  advice: "an https URL",
};

const normalOf = (text: string): NormalUrl | undefined => {
  const result = normalizeUrl(text);
  return result.ok ? result.url : undefined;
};

const shown = (text: string): string => (text.length <= 64 ? text : `${text.slice(0, 63)}…`);

/** Texts byte for byte, numbers as numbers, URLs in their normal form. */
const valuesRule = (values: readonly string[], url: boolean): CompiledRule => {
  const texts = new Set(url ? values.map(normalOf).filter((it) => it !== undefined) : values);
  if (texts.size === 0) return NOTHING;
  const numbers = new Set(values.map((value) => keyOf(parseDecimal(value))));
  return {
    admit: (value) => {
      const isListed =
        typeof value === "number" ? numbers.has(keyOf(decimalOf(value)) ?? "") : texts.has(String(value));
      return isListed ? value : undefined;
    },
    advice: values.length === 1 ? enumerate(values.map(shown)) : `one of ${enumerate(values.map(shown))}`,
  };
};

const keyOf = (decimal: Decimal | undefined): string | undefined =>
  decimal === undefined ? undefined : decimalKey(decimal);

/** Numbers and booleans are matched as JSON writes them. */
const patternRule = (pattern: string): CompiledRule => {
  if (patternProblem(pattern) !== undefined) return NOTHING;
  return {
    admit: (value) => (matchesWhole(pattern, String(value)) ? value : undefined),
    advice: `what matches \`${shown(pattern)}\` as a whole, in at most ${MAX_MATCHED_LENGTH} characters`,
    maxLength: MAX_MATCHED_LENGTH,
  };
};

const rangeRule = (minimum: string | undefined, maximum: string | undefined, url: boolean): CompiledRule => {
  const least = minimum === undefined ? undefined : parseDecimal(minimum);
  const most = maximum === undefined ? undefined : parseDecimal(maximum);
  if (url || (minimum !== undefined && least === undefined) || (maximum !== undefined && most === undefined)) {
    return NOTHING;
  }
  if (least !== undefined && most !== undefined && compareDecimals(least, most) > 0) return NOTHING;
  return {
    admit: (value) => {
      const number = typeof value === "number" ? decimalOf(value) : undefined;
      if (number === undefined) return undefined;
      if (least !== undefined && compareDecimals(number, least) < 0) return undefined;
      return most !== undefined && compareDecimals(number, most) > 0 ? undefined : value;
    },
    advice: `a number ${[minimum === undefined ? "" : `from ${minimum}`, maximum === undefined ? "" : `to ${maximum}`].filter(Boolean).join(" ")}`,
  };
};

const prefixRule = (prefix: string): CompiledRule => {
  const start = normalOf(prefix);
  if (start === undefined || !isUnderPrefix(start, start)) return NOTHING;
  return {
    admit: (value) => {
      const url = typeof value === "string" ? normalOf(value) : undefined;
      return url !== undefined && isUnderPrefix(url, start) ? url : undefined;
    },
    advice: `a URL that starts with '${shown(start)}'`,
  };
};
