import { describe, expect, test } from "vitest";
import type { Schema } from "./crd.ts";
import { withDefaults } from "./defaults.ts";

const schema: Schema = {
  type: "object",
  properties: {
    mode: { type: "string", default: "Off" },
    limits: { type: "object", default: {}, properties: { most: { type: "integer", default: 10 } } },
    list: { type: "array", items: { type: "object", properties: { on: { type: "boolean", default: true } } } },
    free: {
      type: "object",
      additionalProperties: { type: "object", properties: { a: { type: "string", default: "x" } } },
    },
    nothing: { type: "string", nullable: true },
  },
};

describe("defaults", () => {
  test("what is missing is filled in, and what is in a default, too", () => {
    expect(withDefaults({}, schema)).toEqual({ mode: "Off", limits: { most: 10 } });
  });

  test("what is written stays", () => {
    expect(withDefaults({ mode: "On", limits: { most: 0 } }, schema)).toEqual({ mode: "On", limits: { most: 0 } });
  });

  test("null counts as missing unless null is a value there", () => {
    expect(withDefaults({ mode: null, limits: null, nothing: null }, schema)).toEqual({
      mode: "Off",
      limits: { most: 10 },
      nothing: null,
    });
  });

  test("items of lists and values of maps get theirs", () => {
    expect(withDefaults({ list: [{}, { on: false }], free: { k: {} } }, schema)).toMatchObject({
      list: [{ on: true }, { on: false }],
      free: { k: { a: "x" } },
    });
  });

  test("unknown fields and wrong shapes stay, to be reported", () => {
    expect(withDefaults({ other: 1, list: "word", limits: [] }, schema)).toEqual({
      other: 1,
      list: "word",
      limits: [],
      mode: "Off",
    });
  });

  test("the given object is not changed, and defaults are not shared", () => {
    const given = { limits: {} };
    const first = withDefaults(given, schema) as { limits: { most: number } };
    first.limits.most = 1;
    expect(given).toEqual({ limits: {} });
    expect(withDefaults({}, schema)).toEqual({ mode: "Off", limits: { most: 10 } });
  });
});
