import { expect, test } from "vitest";
import type { Schema } from "./crd.ts";
import { brokenRules } from "./walk.ts";

const withRule = (rule: string): Schema => ({
  type: "object",
  properties: { site: { type: "string", "x-kubernetes-validations": [{ rule, message: "must be ours" }] } },
});

test("a broken rule is found at its place", () => {
  expect(brokenRules({ site: "b" }, withRule("self == 'a'"), [])).toEqual([
    { path: ["site"], message: "must be ours" },
  ]);
});

test("a rule that cannot be evaluated offline is reported, not passed", () => {
  expect(brokenRules({ site: "https://a" }, withRule("url(self).getHost() == 'a'"), [])).toEqual([
    { path: ["site"], message: "must be ours", unknown: expect.stringContaining("url") },
  ]);
});

test("what is of the wrong shape is not judged", () => {
  expect(brokenRules({ site: 7 }, withRule("self == 'a'"), [["site"]])).toEqual([]);
});
