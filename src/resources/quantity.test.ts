import { describe, expect, test } from "vitest";
import { amountOf, larger, smaller } from "./quantity.ts";

describe("a quantity", () => {
  const rows: readonly (readonly [text: string, amount: number])[] = [
    ["1", 1],
    ["0.5", 0.5],
    [".5", 0.5],
    ["250m", 0.25],
    ["64Mi", 67_108_864],
    ["1Gi", 1_073_741_824],
    ["512Ki", 524_288],
    ["100M", 100_000_000],
    ["1G", 1_000_000_000],
    ["5k", 5_000],
    ["2E", 2e18],
    ["1e8", 100_000_000],
    ["1E8", 100_000_000],
  ];
  test.each(rows)("of %s is %d", (text, amount) => {
    expect(amountOf(text)).toBe(amount);
  });

  test.each(["", "Mi", "1Xi", "-1", "1 Gi", "one"])("is not '%s'", (text) => {
    expect(() => amountOf(text)).toThrow(RangeError);
  });

  test("is compared by its amount, not by its text", () => {
    expect(smaller("1", "500m")).toBe("500m");
    expect(larger("256Mi", "1Gi")).toBe("1Gi");
  });
});
