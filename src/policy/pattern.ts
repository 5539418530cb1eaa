/** Regular expressions of administrators (RE2 syntax), matched in time linear in the text, whatever the expression. */
import { RE2JS } from "re2js";

/** Longest text that a pattern is matched against, in UTF-16 units; time grows with it times the pattern's size. */
export const MAX_MATCHED_LENGTH = 4096;

/** Instructions of the compiled expression. `(?:a{1000}){1000}` would have a million. */
const MAX_PROGRAM_SIZE = 2500;
const MAX_CACHED = 1000;

type Compiled = { readonly matches: (text: string) => boolean; readonly problem?: string };

const never = (problem: string): Compiled => ({ matches: () => false, problem });

/** Keyed by the pattern's text, so it cannot go stale; the oldest leaves first. */
const cache = new Map<string, Compiled>();

const compile = (pattern: string): Compiled => {
  try {
    const expression = RE2JS.compile(pattern);
    const size = expression.programSize();
    if (size > MAX_PROGRAM_SIZE) {
      return never(`must be simpler: it compiles to ${size} instructions, and ${MAX_PROGRAM_SIZE} are allowed`);
    }
    return { matches: (text) => text.length <= MAX_MATCHED_LENGTH && expression.testExact(text) };
  } catch {
    return never("must be a regular expression of the RE2 syntax");
  }
};

const compiled = (pattern: string): Compiled => {
  const known = cache.get(pattern);
  if (known !== undefined) return known;
  const fresh = compile(pattern);
  const oldest = cache.size < MAX_CACHED ? undefined : cache.keys().next().value;
  if (oldest !== undefined) cache.delete(oldest);
  cache.set(pattern, fresh);
  return fresh;
};

/** What keeps a pattern from being used, a sentence without a subject ("must ..."), or undefined. */
export const patternProblem = (pattern: string): string | undefined => compiled(pattern).problem;

/**
 * Whether the whole text matches. False for a text longer than {@link MAX_MATCHED_LENGTH} and for a pattern that has a
 * {@link patternProblem}. Never throws.
 */
export const matchesWhole = (pattern: string, text: string): boolean => compiled(pattern).matches(text);
