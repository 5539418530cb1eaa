import { describe, expect, it } from "vitest";
import { compareVersions, covers, isOlder, newest } from "./version.ts";

describe("resource versions", () => {
  it("compare as whole numbers of any length", () => {
    expect(compareVersions("9", "10")).toBeLessThan(0);
    expect(compareVersions("90071992547409931", "90071992547409930")).toBeGreaterThan(0);
    expect(compareVersions("7", "7")).toBe(0);
  });

  it("have no order when they are not decimal, but equal ones are equal", () => {
    expect(compareVersions("a", "b")).toBeUndefined();
    expect(compareVersions("1", "")).toBeUndefined();
    expect(compareVersions("01", "2")).toBeUndefined();
    expect(compareVersions("x", "x")).toBe(0);
  });

  it("are older only for certain", () => {
    expect(isOlder("1", "2")).toBe(true);
    expect(isOlder("2", "2")).toBe(false);
    expect(isOlder("a", "b")).toBe(false);
  });

  it("cover what is not newer", () => {
    expect(covers("5", "5")).toBe(true);
    expect(covers("6", "5")).toBe(true);
    expect(covers("4", "5")).toBe(false);
    expect(covers("", "5")).toBe(false);
  });

  it("never go back", () => {
    expect(newest("7", "6")).toBe("7");
    expect(newest("7", "8")).toBe("8");
    expect(newest("", "8")).toBe("8");
  });
});
