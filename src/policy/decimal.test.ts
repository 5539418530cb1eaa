import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compareDecimals, decimalKey, decimalOf, parseDecimal } from "./decimal.ts";

const compared = (a: string, b: string): number => {
  const [left, right] = [parseDecimal(a), parseDecimal(b)];
  if (left === undefined || right === undefined) throw new Error(`not a number: ${a} or ${b}`);
  return Math.sign(compareDecimals(left, right));
};

describe("a decimal number", () => {
  const rows: readonly (readonly [a: string, b: string, sign: number])[] = [
    ["1", "2", -1],
    ["2", "10", -1],
    ["-1", "1", -1],
    ["-2", "-1", -1],
    ["0.1", "0.10", 0],
    ["0", "-0.0", 0],
    ["0.3", "0.30000000000000004", -1],
    ["999999999999999.999999999", "1e15", -1],
    ["1e3", "1000", 0],
    ["1.5e-3", "0.0015", 0],
    ["100", "1e2", 0],
    ["1e-324", "0", 1],
    ["1.7976931348623157e308", "1e308", 1],
  ];
  test.each(rows)("%s against %s is %i", (a, b, sign) => {
    expect(compared(a, b)).toBe(sign);
    expect(compared(b, a)).toBe(sign === 0 ? 0 : -sign);
  });

  test.each([
    "",
    "+1",
    "01",
    "1.",
    ".5",
    "1e",
    "NaN",
    "Infinity",
    "0x10",
    "1_000",
    " 1",
    "1\n",
    "1".repeat(65),
    "1e1000",
  ])("is not %j", (text) => {
    expect(parseDecimal(text)).toBeUndefined();
  });

  test("is that which JSON writes for a number, in the same order, with one key for each", () => {
    const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(finite, finite, (a, b) => {
        const [left, right] = [decimalOf(a)!, decimalOf(b)!];
        expect(Math.sign(compareDecimals(left, right))).toBe(a < b ? -1 : a > b ? 1 : 0);
        expect(decimalKey(left) === decimalKey(right)).toBe(a === b);
      }),
    );
  });
});
