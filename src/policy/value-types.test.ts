import { describe, expect, test } from "vitest";
import { elementOf, hasType, isTimestamp, type ScalarType } from "./value-types.ts";

describe("a value of a type", () => {
  const good: readonly (readonly [type: ScalarType, value: unknown])[] = [
    ["String", ""],
    ["String", "Zoë 😀\n"],
    ["Html", "<b>x</b>"],
    ["Markdown", "# x"],
    ["Number", 0],
    ["Number", -1.5],
    ["Boolean", false],
    ["Date", "2026-11-23T15:04:05Z"],
    ["Image", "https://img.crm.com/a.png?x=1"],
    ["File", "data:text/plain;base64,QQ=="],
    ["Email", "ann@example.com"],
  ];
  test.each(good)("%s may be %j", (type, value) => {
    expect(hasType(type, value)).toBe(true);
  });

  const bad: readonly (readonly [type: ScalarType, sentence: string, value: unknown])[] = [
    ["String", "a number", 5],
    ["String", "null", null],
    ["String", "a list of one text", ["a"]],
    ["String", "an object that could be a text", { toString: "a" }],
    ["String", "half of a character", "\ud800"],
    ["String", "a text of more than 1 MiB", "a".repeat(1_048_577)],
    ["Html", "true", true],
    ["Number", "a text of digits", "5"],
    ["Number", "not a number", Number.NaN],
    ["Number", "infinite", Number.POSITIVE_INFINITY],
    ["Number", "true", true],
    ["Boolean", "0", 0],
    ["Boolean", "a text", "true"],
    ["Date", "a number", 1_700_000_000],
    ["Date", "a day", "2026-11-23"],
    ["Image", "a path", "/etc/passwd"],
    ["Image", "an address without encryption", "http://crm.com/a.png"],
    ["File", "a file of the machine", "file:///etc/passwd"],
    ["File", "an address with a space", "https://crm.com/a b"],
    ["Email", "a name", "ann"],
    ["Email", "two @", "ann@a@b"],
    ["Email", "a line break", "ann@example.com\nbcc:x"],
    ["Email", "more than 254 characters", `${"a".repeat(250)}@b.com`],
    ["Nothing" as ScalarType, "a type that does not exist", "a"],
    ["constructor" as ScalarType, "a name of every object", "a"],
  ];
  test.each(bad)("%s is never %s", (type, _, value) => {
    expect(hasType(type, value)).toBe(false);
  });

  test("a list type has elements of the type before `Array`", () => {
    expect(elementOf("NumberArray")).toEqual({ type: "Number", list: true });
    expect(elementOf("Number")).toEqual({ type: "Number", list: false });
  });
});

describe("a point in time", () => {
  test.each([
    "2026-11-23T15:04:05Z",
    "2026-11-23T15:04:05.123456789Z",
    "2026-11-23T00:00:00+14:00",
    "2024-02-29T23:59:59-00:30",
    "2000-02-29T00:00:00Z",
  ])("is %s", (text) => {
    expect(isTimestamp(text)).toBe(true);
    expect(Number.isNaN(Date.parse(text))).toBe(false);
  });

  test.each([
    "2026-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "2026-04-31T00:00:00Z",
    "2026-00-01T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-00T00:00:00Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T23:60:00Z",
    "2026-01-01T23:59:60Z",
    "2026-01-01T00:00:00",
    "2026-01-01 00:00:00Z",
    "2026-01-01T00:00:00z",
    "2026-01-01T00:00:00+1400",
    "2026-01-01T00:00:00.Z",
    "26-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z\n",
    "٢٠٢٦-01-01T00:00:00Z",
    "now",
  ])("is not %j", (text) => {
    expect(isTimestamp(text)).toBe(false);
  });
});
