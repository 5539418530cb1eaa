import { expect, test } from "vitest";
import { ended, enumerate } from "./problem.ts";

test.each<[names: readonly string[], most: number | undefined, text: string]>([
  [[], undefined, ""],
  [["a"], undefined, "'a'"],
  [["a", "b"], undefined, "'a' and 'b'"],
  [["a", "b", "c"], undefined, "'a', 'b' and 'c'"],
  [["a", "b", "c", "d", "e"], undefined, "'a', 'b', 'c', 'd' and 'e'"],
  [["a", "b", "c", "d", "e", "f"], undefined, "'a', 'b', 'c', 'd', 'e' and 1 more"],
  [["a", "b", "c", "d"], 2, "'a', 'b' and 2 more"],
])("the names %j, at most %s, are read as %s", (names, most, text) => {
  expect(enumerate(names, most)).toBe(text);
});

test.each([
  ["why", "why."],
  ["why.", "why."],
  ["why!", "why!"],
  ["why?", "why?"],
  ["v1.2 is old", "v1.2 is old."],
])("'%s' ends a sentence as '%s'", (text, sentence) => {
  expect(ended(text)).toBe(sentence);
});
