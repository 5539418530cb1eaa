import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { toJson } from "./output/json.ts";
import { table } from "./output/table.ts";
import { toYaml } from "./output/yaml.ts";
import { closest, didYouMean, harmless } from "./text.ts";

/** What a terminal or a reader could be fooled with. */
const HOSTILE = [
  "\u001b[2J",
  "\u009b31m",
  "\u202e",
  "\u2066",
  "\u200f",
  "\u200b",
  "\u2028",
  "\u0007",
  "\u007f",
  "\ufeff",
  "\u{e0041}",
];
const isHarmless = (text: string): boolean => !HOSTILE.some((part) => text.includes([...part][0] ?? ""));

describe("text from objects", () => {
  test.each(HOSTILE)("%j is shown as an escape", (part) => {
    expect(harmless(`a${part}b`)).toMatch(/^a\\u\{[0-9a-f]+\}.*b$/);
  });

  test("a line end does not start a new line", () => {
    expect(harmless("a\nb\tc")).toBe("a\\nb\\tc");
  });

  test("letters of every script stay as they are", () => {
    const text = "Größe Ελλάδα 日本語 עברית 🙂";
    expect(harmless(text)).toBe(text);
  });

  test("JSON with such text parses to the same value and shows nothing hostile", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...HOSTILE))), (texts) => {
        const json = toJson({ [texts.join("")]: texts });
        expect(JSON.parse(json)).toEqual({ [texts.join("")]: texts });
        expect(isHarmless(json)).toBe(true);
      }),
    );
  });

  test("YAML with such text parses to the same value and shows nothing hostile", () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.constantFrom(...HOSTILE))), (texts) => {
        const yaml = toYaml({ [`k${texts.join("")}`]: texts, nested: { text: texts.join("") } }, texts.join(""));
        expect(parse(yaml)).toEqual({ [`k${texts.join("")}`]: texts, nested: { text: texts.join("") } });
        expect(isHarmless(yaml)).toBe(true);
      }),
    );
  });
});

describe("guesses", () => {
  test("a misspelt word is recognised, whatever its case", () => {
    expect(closest("packref", ["packRef", "packSelector"])).toBe("packRef");
    expect(didYouMean("subject", ["scope", "subjects"])).toBe(" Did you mean 'subjects'?");
  });

  test("a quite different word is not guessed", () => {
    expect(closest("colour", ["packRef", "state"])).toBeUndefined();
    expect(closest("x".repeat(1000), ["packRef"])).toBeUndefined();
  });
});

describe("tables", () => {
  test("columns are aligned, headers are upper case, no space trails", () => {
    expect(
      table(
        [
          ["a", "bbb"],
          ["aaaa", "b"],
        ],
        ["one", "two"],
      ),
    ).toBe("ONE    TWO\na      bbb\naaaa   b\n");
  });

  test("without headers there are only the rows", () => {
    expect(table([["a", "b"]])).toBe("a   b\n");
    expect(table([])).toBe("");
  });

  test("colours take no room", () => {
    expect(
      table([
        ["\u001b[31mred\u001b[39m", "x"],
        ["green", "y"],
      ]),
    ).toBe("\u001b[31mred\u001b[39m     x\ngreen   y\n");
  });
});
