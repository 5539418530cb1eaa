import { describe, expect, test } from "vitest";
import { larger, Quantity, smaller } from "./quantity.ts";

const never = (): never => {
  throw new Error("not a quantity");
};

describe("a quantity", () => {
  test.each([
    ["1", "1000m", 0],
    ["1Ki", "1024", 0],
    ["1k", "1Ki", -1],
    ["1e3", "1k", 0],
    ["1E3", "1000", 0],
    ["1E", "1P", 1],
    ["1.5Gi", "1536Mi", 0],
    [".5", "500m", 0],
    ["-1", "0", -1],
    ["9223372036854775807", "9223372036854775806", 1],
    ["0.1", "100m", 0],
  ] as const)("%s compared with %s is %i", (a, b, expected) => {
    expect(Quantity.parse(a)?.compareTo(Quantity.parse(b) ?? never())).toBe(expected);
  });

  test.each(["", "much", "1Q", "1 Mi", "1e", "--1", "1mi", "Mi", "1e999999999"])("%j is none", (text) => {
    expect(Quantity.parse(text)).toBeUndefined();
  });

  test("is compared by its amount, not by its text", () => {
    expect(smaller("1", "500m")).toBe("500m");
    expect(larger("256Mi", "1Gi")).toBe("1Gi");
    expect(() => larger("much", "1")).toThrow(RangeError);
  });
});
