import { describe, expect, test } from "vitest";
import { celValue, evaluateRule, fieldPathSteps, isAboutChange, type Verdict } from "./cel.ts";

const verdictOf = (rule: string, self: unknown): Verdict["verdict"] => evaluateRule({ rule }, self).verdict;

describe("rules", () => {
  test("a rule holds, is broken, or nobody can tell", () => {
    expect(verdictOf("self == 'a'", "a")).toBe("holds");
    expect(verdictOf("self == 'a'", "b")).toBe("broken");
    expect(verdictOf("url(self).getHost() == 'a'", "b")).toBe("unknown");
    expect(verdictOf("self ==", "b")).toBe("unknown");
    expect(verdictOf("self + 'a'", "b")).toBe("unknown");
  });

  test("what the API server reports as an error is a refusal", () => {
    expect(verdictOf("self.missing == 'a'", {})).toBe("broken");
    expect(verdictOf("quantity(self).compareTo(quantity('1')) < 0", "much")).toBe("broken");
    expect(verdictOf("'a'.matches(self)", "(")).toBe("broken");
  });

  test("letters beyond ASCII have no lower case for the API server", () => {
    expect(verdictOf("self.lowerAscii() == 'grÖsse'", "GRÖSSE")).toBe("holds");
  });

  test("a call in a text is no call", () => {
    expect(verdictOf("self == \".matches('a')\"", ".matches('a')")).toBe("holds");
  });

  test("integers are integers, and names that CEL reserves are escaped", () => {
    const schema = { type: "object", properties: { namespace: { type: "string" }, n: { type: "integer" } } } as const;
    const self = celValue({ namespace: "x", n: 2 }, schema);
    expect(verdictOf("self.__namespace__ == 'x' && self.n == 2 && self.n + 1 == 3", self)).toBe("holds");
  });

  test("rules about a change are known as such", () => {
    expect(isAboutChange({ rule: "self == oldSelf" })).toBe(true);
    expect(isAboutChange({ rule: "self == oldSelf", optionalOldSelf: true })).toBe(false);
    expect(isAboutChange({ rule: "self.older" })).toBe(false);
  });

  test("a field path is followed step by step", () => {
    expect(fieldPathSteps(".spec.configurationRef")).toEqual(["spec", "configurationRef"]);
    expect(fieldPathSteps(".labels['a.b/c']")).toEqual(["labels", "a.b/c"]);
  });
});

describe("regular expressions are those of RE2", () => {
  test.each([
    ["^a.c$", "a\rc", true],
    ["^a.c$", "a\nc", false],
    ["^a$", "a\n", false],
    ["^\\s$", "\u00a0", false],
    ["^\\S$", "\u00a0", true],
    ["^[]a]+$", "]a", true],
    ["^a{,2}$", "a{,2}", true],
    ["^[a\\-z]$", "-", true],
    ["^[!-/]+$", "-.", true],
    ["^\\/$", "/", true],
    ["^\\x41\\x{1F642}$", "A🙂", true],
    ["^.$", "🙂", true],
    ["(a|b)*?c", "xxababc", true],
    ["\\bfoo\\b", "a foo b", true],
    ["^[\\d_]+$", "1_", true],
    ["}]", "}]", true],
    ["(?i)A", "xa", true],
    ["^\\pL[[:digit:]]$", "ü7", true],
  ] as const)("%s on %j is %s", (pattern, text, expected) => {
    const rule = { rule: "self.text.matches(self.pattern)" };
    expect(evaluateRule(rule, { text, pattern }).verdict).toBe(expected ? "holds" : "broken");
  });

  test.each(["a(", "*a", "a**", "a{1001}", "(?:a{1000}){1000}", "(?=a)", "(?<=a)", "\\1", "[z-a]", "\\y"])(
    "%s is refused, as the API server refuses it",
    (pattern) => {
      expect(verdictOf("!'a'.matches(self)", pattern)).toBe("broken");
    },
  );
});
