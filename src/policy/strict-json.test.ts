import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readJson } from "./strict-json.ts";

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values);

describe("JSON without surprises", () => {
  const refused: readonly (readonly [sentence: string, input: string | Uint8Array])[] = [
    ["a key twice", '{"a":1,"a":1}'],
    ["a key twice with something between", '{"a":{"b":"}"},"c":[{}],"a":2}'],
    ["a key twice in a list's object", '[{"a":1},{"b":1,"b":2}]'],
    ["a key twice, once in escapes", '{"a":1,"\\u0061":2}'],
    ["a key twice with space before the colon", '{"a" :1,"a"\n:2}'],
    ["the key __proto__", '{"__proto__":{"admin":true}}'],
    ["the key __proto__ in escapes, deep inside", '{"a":[{"\\u005f_proto__":1}]}'],
    ["NaN", '{"a":NaN}'],
    ["Infinity", "[-Infinity]"],
    ["a number beyond the greatest", '{"a":1e999}'],
    ["an integer that would arrive changed", '{"id":9007199254740993}'],
    ["a negative one", "[-12345678901234567890]"],
    ["text after the end", "{} {}"],
    ["a comment", "{/**/}"],
    ["a comma too much", "[1,]"],
    ["single quotes", "{'a':1}"],
    ["a byte order mark", "\uFEFF{}"],
    ["nothing", ""],
    ["nesting of 65", `${"[".repeat(65)}${"]".repeat(65)}`],
    ["bytes that are not UTF-8", bytes(0x22, 0xff, 0x22)],
    ["a byte order mark in bytes", bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
  ];
  test.each(refused)("refuses %s", (_, input) => {
    const result = readJson(input);
    expect(result).toMatchObject({ ok: false, problem: expect.stringMatching(/^must /) });
  });

  const accepted: readonly (readonly [sentence: string, text: string])[] = [
    ["one key in two objects", '{"a":{"a":1},"b":{"a":2}}'],
    ["a text that looks like a key", '{"a":"b","c":"a"}'],
    ["quotes, braces and colons inside of texts", '{"a\\"":"{\\"a\\":1}","b":":","\\\\":"\\\\"}'],
    ["keys that differ in case", '{"a":1,"A":2}'],
    ["the key constructor", '{"constructor":1}'],
    ["__proto__ as a value", '{"a":"__proto__"}'],
    ["fractions and exponents", "[0.1,-1.5e-7,1E3,-0]"],
    ["the greatest integer", "[9007199254740991]"],
    ["nesting of 64", `${"[".repeat(64)}${"]".repeat(64)}`],
    ["a text alone", '"a"'],
  ];
  test.each(accepted)("reads %s", (_, text) => {
    expect(readJson(text)).toEqual({ ok: true, value: JSON.parse(text) });
    expect(readJson(new TextEncoder().encode(text))).toEqual({ ok: true, value: JSON.parse(text) });
  });

  test("says nothing of the input but the key", () => {
    expect(readJson('{"a":"secret", x}')).toEqual({ ok: false, problem: "must be JSON" });
    expect(readJson('{"a":"secret","a":1}')).toEqual({
      ok: false,
      problem: 'must not have the key "a" twice in one object',
    });
  });

  test("reads what was written, with any space, and refuses any doubled key", () => {
    const values = fc.jsonValue({ maxDepth: 4, noUnicodeString: false });
    fc.assert(
      fc.property(values, fc.constantFrom(0, 1, "\t"), (value, space) => {
        const text = JSON.stringify(value, null, space);
        const result = readJson(text);
        if (text.includes('"__proto__"') || !result.ok) return;
        expect(result.value).toEqual(JSON.parse(text));
        expect(readJson(`{"k":1,"x":${text},"k":2}`).ok).toBe(false);
      }),
    );
  });

  test("answers for any text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.uint8Array(), (text, raw) => {
        expect(readJson(text)).toHaveProperty("ok");
        expect(readJson(raw)).toHaveProperty("ok");
      }),
    );
  });
});
