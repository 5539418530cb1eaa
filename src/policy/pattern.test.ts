import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_MATCHED_LENGTH, matchesWhole, patternProblem } from "./pattern.ts";

describe("a pattern", () => {
  const rows: readonly (readonly [sentence: string, pattern: string, text: string, matches: boolean])[] = [
    ["matches the whole", "OPS-[0-9]+", "OPS-12", true],
    ["does not match a part", "OPS", "OPS-12", false],
    ["does not match an end", "12", "OPS-12", false],
    ["takes the longer alternative where the shorter leaves a rest", "a|ab", "ab", true],
    ["holds all its alternatives at both ends", "a|b", "xb", false],
    ["does not overlook a line break at the end", "a$", "a\n", false],
    ["does not match at the start of a later line", "^a$", "b\na", false],
    ["has a dot for one character, not for half of one", ".", "😀", true],
    ["has no dot for a line break", ".", "\n", false],
    ["may match nothing", "a*", "", true],
    ["knows upper case", "a", "A", false],
  ];
  test.each(rows)("S1-41 %s", (_, pattern, text, matches) => {
    expect(matchesWhole(pattern, text)).toBe(matches);
  });

  test.each(["(", "[z-a]", "(?=a)", "\\1", "a{1001}", "*a", "(?:a{1000}){1000}"])(
    "that RE2 does not read, such as %s, matches nothing",
    (pattern) => {
      expect(patternProblem(pattern)).toBe("must be a regular expression of the RE2 syntax");
      expect(matchesWhole(pattern, "a")).toBe(false);
    },
  );

  test("that compiles to too much matches nothing and says so", () => {
    const pattern = "[ab]{0,1000}a[ab]{0,1000}";
    expect(patternProblem(pattern)).toMatch(/^must be simpler: it compiles to \d+ instructions/);
    expect(matchesWhole(pattern, "a")).toBe(false);
  });

  test("has no problem if it is a usual one", () => {
    for (const pattern of [".{0,1000}", "[A-Z]{2,10}-[0-9]{1,9}", "(?:[a-z0-9-]{1,63}\\.)+com"]) {
      expect(patternProblem(pattern)).toBeUndefined();
    }
  });

  test("matches no text that is longer than the limit", () => {
    expect(matchesWhole("a*", "a".repeat(MAX_MATCHED_LENGTH))).toBe(true);
    expect(matchesWhole("a*", "a".repeat(MAX_MATCHED_LENGTH + 1))).toBe(false);
  });

  test("agrees with JavaScript on what both read alike", () => {
    const atom = fc.constantFrom("a", "b", "[ab]", "(?:a|b)", "\\.", "[^a]", "a*", "b+", "a?", "b{2}", "\\d", "\\W");
    const patterns = fc.array(atom, { minLength: 1, maxLength: 5 }).map((atoms) => atoms.join(""));
    const texts = fc.string({ unit: fc.constantFrom("a", "b", ".", "1", "-"), maxLength: 8 });
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        expect(matchesWhole(pattern, text)).toBe(new RegExp(`^(?:${pattern})$`, "u").test(text));
      }),
      { numRuns: 1000 },
    );
  });

  test("is forgotten when a thousand others came, and read again", () => {
    for (let index = 0; index < 1100; index++) expect(matchesWhole(`a${index}`, `a${index}`)).toBe(true);
    expect(matchesWhole("a0", "a0")).toBe(true);
  });
});
