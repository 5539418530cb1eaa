import { expect, test } from "vitest";
import { ago } from "./screen.ts";

const NOW = Date.UTC(2026, 0, 2, 12);

test.each([
  [0, "0s"],
  [59, "59s"],
  [60, "1m"],
  [7_199, "1h"],
  [86_400, "1d"],
  [-5, "0s"],
])("%i seconds ago is %s", (seconds, text) => {
  expect(ago(new Date(NOW - seconds * 1000).toISOString(), NOW)).toBe(text);
});

test("what is no time is nothing", () => {
  expect(ago(undefined, NOW)).toBe("");
  expect(ago("yesterday", NOW)).toBe("");
});
