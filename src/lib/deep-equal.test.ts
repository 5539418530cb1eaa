import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deepEqual } from "./deep-equal.ts";

const copy = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

describe("equality of JSON values", () => {
  it("holds for copies, and for others only if their text is the same", () => {
    const value = fc.jsonValue({ maxDepth: 4, stringUnit: "grapheme-ascii" }).map(copy);
    fc.assert(fc.property(value, (it) => deepEqual(it, copy(it))));
    fc.assert(
      fc.property(value, value, (a, b) => {
        if (deepEqual(a, b)) expect(a).toEqual(b);
        expect(deepEqual(b, a)).toBe(deepEqual(a, b));
      }),
    );
  });

  it("takes a key without a value for absent", () => {
    expect(deepEqual({ a: 1, b: undefined }, { a: 1 })).toBe(true);
    expect(deepEqual({ a: 1 }, { a: 1, b: undefined })).toBe(true);
    expect(deepEqual({ a: undefined }, { b: 1 })).toBe(false);
  });

  it.each([
    [{ a: 1 }, { a: 1, b: null }],
    [{ a: 1, b: 2 }, { a: 1 }],
    [[1], [1, 2]],
    [[1, 2], [1]],
    [[], {}],
    [{}, []],
    [{ 0: 1 }, [1]],
    [null, {}],
    [{}, null],
    ["1", 1],
    [[{ a: 1 }], [{ a: 2 }]],
  ])("tells %j from %j", (a, b) => {
    expect(deepEqual(a, b)).toBe(false);
  });
});
