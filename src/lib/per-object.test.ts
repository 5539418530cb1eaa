import { expect, test } from "vitest";
import { perObject } from "./per-object.ts";

test("a value is computed once for each object, undefined as well", () => {
  const seen: string[] = [];
  const lengthOf = perObject(({ name }: { readonly name: string }) => {
    seen.push(name);
    return name === "" ? undefined : name.length;
  });
  const [ann, twin, nobody] = [{ name: "ann" }, { name: "ann" }, { name: "" }];
  expect([ann, ann, twin, nobody, nobody].map(lengthOf)).toEqual([3, 3, 3, undefined, undefined]);
  expect(seen).toEqual(["ann", "ann", ""]);
});
