/** What a caller or an administrator writes costs time that grows with its length, whatever it is. */
import { describe, expect, test } from "vitest";
import type { GrantParameter, GrantValueRule } from "../api/v1alpha1/index.ts";
import { compileInputs } from "./inputs.ts";
import { MAX_MATCHED_LENGTH, matchesWhole } from "./pattern.ts";
import { readJson } from "./strict-json.ts";

/** Milliseconds. Far above what linear time needs on a busy machine, and far below what anything else does. */
const LIMIT = 3000;

const timeOf = (work: () => void): number => {
  const start = performance.now();
  work();
  return performance.now() - start;
};

describe("a pattern that would be a catastrophe for a backtracking engine ends in linear time", () => {
  test.each([
    "(a+)+b",
    "(a|a)*b",
    "(a|aa)+b",
    "(.*)(.*)(.*)(.*)(.*)(.*)b",
    "(?:a?){50}a{50}b",
    "^(([a-z])+.)+[A-Z]([a-z])+$",
    "[ab]*a[ab]{999}",
    "(?:(?:a{0,30}){0,30})b",
    "(?:.{0,100}){0,10}x",
  ])("%s", (pattern) => {
    const time = timeOf(() => {
      matchesWhole(pattern, "a".repeat(MAX_MATCHED_LENGTH));
      matchesWhole(pattern, `${"ab".repeat(MAX_MATCHED_LENGTH / 2 - 1)}!`);
    });
    expect(time).toBeLessThan(LIMIT);
  });

  test("S1-41 also in a rule, however many elements are given", () => {
    const slow: GrantValueRule = { pattern: "(?:[ab]*a[ab]{400})+" };
    const reading = (parameter: GrantParameter) =>
      compileInputs({
        kind: "Formula",
        name: "GetTasks",
        action: false,
        connection: "None",
        enabled: true,
        parameters: [parameter],
        rules: [{ name: parameter.name, rule: slow }],
      });
    const list = reading({ name: "t", type: "StringArray" });
    const time = timeOf(() => {
      list.read({ t: Array.from({ length: 10_000 }, () => "ab".repeat(200)) }, undefined);
      list.read({ t: ["ab".repeat(MAX_MATCHED_LENGTH / 2)] }, undefined);
      const times = reading({ name: "t", type: "String", variadic: true });
      times.read({ t: Array.from({ length: 10_000 }, () => "abab") }, undefined);
    });
    expect(time).toBeLessThan(LIMIT);
  });
});

test("JSON of 8 MB in one text is read in linear time", () => {
  const text = JSON.stringify({ a: '\\"'.repeat(2_000_000) });
  expect(timeOf(() => expect(readJson(text).ok).toBe(true))).toBeLessThan(LIMIT);
});
