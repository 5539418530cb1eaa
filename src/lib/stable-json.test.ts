import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentHash, sha256, stableJson } from "./stable-json.ts";

const shuffled = (value: unknown): unknown => {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(shuffled);
  const entries = Object.entries(value).reverse();
  return Object.fromEntries(entries.map(([key, part]) => [key, shuffled(part)]));
};

describe("stable JSON", () => {
  it("is the same for equal values, whatever the order of their keys, and says what they say", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        expect(stableJson(shuffled(value))).toBe(stableJson(value));
        expect(JSON.parse(stableJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it("sorts keys at every depth, and leaves lists as they are and `undefined` out", () => {
    expect(stableJson({ b: [{ d: 1, c: 2 }, 0], a: undefined, aa: null })).toBe('{"aa":null,"b":[{"c":2,"d":1},0]}');
  });

  it("sorts objects of very many keys, too", () => {
    const keys = Array.from({ length: 100 }, (_, index) => `key-${String((index * 37) % 100).padStart(2, "0")}`);
    const object = Object.fromEntries(keys.map((key) => [key, 1]));
    expect(Object.keys(JSON.parse(stableJson(object)))).toEqual([...keys].sort());
  });

  it("keeps a key that names the prototype", () => {
    const text = '{"__proto__":{"a":1},"b":2}';
    expect(stableJson(JSON.parse(text))).toBe(text);
  });

  it("changes nothing of its input", () => {
    const value = Object.freeze({ b: Object.freeze([Object.freeze({ d: 1, c: 2 })]), a: 1 });
    stableJson(value);
    expect(Object.keys(value)).toEqual(["b", "a"]);
  });

  it("names content by the beginning of its hash", () => {
    expect(contentHash({ b: 1, a: 2 })).toBe(sha256('{"a":2,"b":1}').slice(0, 16));
  });
});
