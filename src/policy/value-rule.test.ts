import { describe, expect, test } from "vitest";
import type { GrantValueRule } from "../api/v1alpha1/index.ts";
import { MAX_MATCHED_LENGTH } from "./pattern.ts";
import { admitsNothing, compileRule } from "./value-rule.ts";

describe("what a rule advises", () => {
  const long = "x".repeat(65);
  test.each<[rule: GrantValueRule, url: boolean, advice: string]>([
    [{}, false, "nothing: the rule admits no value"],
    [{ values: ["A"] }, false, "'A'"],
    [{ values: ["A", "B"] }, false, "one of 'A' and 'B'"],
    [{ values: ["x".repeat(64)] }, false, `'${"x".repeat(64)}'`],
    [{ values: [long] }, false, `'${"x".repeat(63)}…'`],
    [{ pattern: "A+" }, false, "what matches `A+` as a whole, in at most 4096 characters"],
    [{ minimum: "1" }, false, "a number from 1"],
    [{ maximum: "2" }, false, "a number to 2"],
    [{ minimum: "1", maximum: "2" }, false, "a number from 1 to 2"],
    [{ prefix: "https://crm.com/" }, false, "a URL that starts with 'https://crm.com/'"],
    [{ values: ["A"], pattern: "A" }, false, "'A', and what matches `A` as a whole, in at most 4096 characters"],
    [
      { pattern: "h.*", prefix: "https://crm.com/" },
      false,
      "what matches `h.*` as a whole, in at most 4096 characters, and a URL that starts with 'https://crm.com/'",
    ],
    [{ values: ["https://crm.com/"] }, true, "'https://crm.com/'"],
    [{ prefix: "https://crm.com/" }, true, "a URL that starts with 'https://crm.com/'"],
  ])("%j, as a URL: %s", (rule, url, advice) => {
    expect(compileRule(rule, url).advice).toBe(advice);
  });
});

test("time is limited wherever a pattern takes part, and nowhere else", () => {
  const limit = (rule: GrantValueRule, url = false) => compileRule(rule, url).maxLength;
  expect(limit({ pattern: "A" })).toBe(MAX_MATCHED_LENGTH);
  expect(limit({ values: ["A"], pattern: "A" })).toBe(MAX_MATCHED_LENGTH);
  expect(limit({ pattern: "h.*", prefix: "https://crm.com/" })).toBe(MAX_MATCHED_LENGTH);
  expect(limit({ pattern: "h.*" }, true)).toBe(MAX_MATCHED_LENGTH);
  expect(compileRule({ values: ["A"], minimum: "1" })).not.toHaveProperty("maxLength");
  expect(compileRule({ values: ["https://crm.com/"] }, true)).not.toHaveProperty("maxLength");
});

test("of two parts both must admit a value, and the one that admits nothing wins", () => {
  const both = compileRule({ values: ["1", "5"], minimum: "2" });
  expect([both.admit(5), both.admit(1), both.admit(3)]).toEqual([5, undefined, undefined]);
  expect(admitsNothing(compileRule({ values: ["A"], pattern: "(" }))).toBe(true);
  expect(admitsNothing(compileRule({ values: [], pattern: "A" }))).toBe(true);
  expect(admitsNothing(both)).toBe(false);
});

test("what is no text is no URL", () => {
  for (const rule of [{ prefix: "https://crm.com/" }, { values: ["https://crm.com/"] }]) {
    expect(compileRule(rule, true).admit(5)).toBeUndefined();
    expect(compileRule(rule, true).admit(true)).toBeUndefined();
  }
  expect(compileRule({ prefix: "https://crm.com/" }).admit(5)).toBeUndefined();
});

test("bounds that are one number admit that number", () => {
  const one = compileRule({ minimum: "1.50", maximum: "1.5" });
  expect([one.admit(1.5), one.admit(1.49), one.admit(1.51)]).toEqual([1.5, undefined, undefined]);
});
