import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Interner } from "./interner.ts";

/** As a JSON writer has it: no Go program writes the -0 that JSON.parse would read. */
const json = fc.jsonValue({ maxDepth: 4 }).map((value): unknown => JSON.parse(JSON.stringify(value)));
const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

const isDeeplyFrozen = (value: unknown): boolean =>
  value === null ||
  typeof value !== "object" ||
  (Object.isFrozen(value) && Object.values(value).every((part) => isDeeplyFrozen(part)));

describe("an interner", () => {
  it("changes no value, and freezes all of it", () => {
    fc.assert(
      fc.property(fc.array(json), (values) => {
        const interner = new Interner();
        for (const value of values) {
          const frozen = interner.freeze(copy(value));
          expect(frozen).toEqual(copy(value));
          expect(isDeeplyFrozen(frozen)).toBe(true);
        }
      }),
    );
  });

  it("makes equal parts of different values one part", () => {
    const interner = new Interner();
    const first = interner.freeze({ name: "a", labels: { team: "x" }, list: [{ type: "Ready" }] });
    const second = interner.freeze({ name: "b", labels: { team: "x" }, list: [{ type: "Ready" }] });
    expect(second.labels).toBe(first.labels);
    expect(second.list).toBe(first.list);
  });

  it("tells apart what only looks alike", () => {
    const interner = new Interner();
    const values = [
      { a: 1 },
      { a: "1" },
      { a: null },
      { a: "null" },
      ["1"],
      [1],
      { 0: 1 },
      { a: 1, b: 2 },
      { "a:1,b": 2 },
      { 'a":1,"b': 2 },
      {},
      [],
    ];
    const frozen = values.map((value) => interner.freeze({ part: copy(value) }));
    expect(frozen.map(({ part }) => part)).toEqual(values);
  });

  it("leaves frozen parts alone", () => {
    const part = Object.freeze({ a: 1 });
    expect(new Interner().freeze({ part }).part).toBe(part);
  });

  it("gives the former value where nothing has changed, and its parts where some has", () => {
    const interner = new Interner();
    const value = { id: "1", labels: { team: "x".repeat(600) }, list: [{ type: "Ready" }, { n: 1 }] };
    const former = interner.freeze(copy(value));
    expect(interner.freeze(copy(value), former)).toBe(former);
    const changed = interner.freeze({ ...copy(value), id: "2" }, former);
    expect(changed).toEqual({ ...value, id: "2" });
    expect(changed.labels).toBe(former.labels);
    expect(changed.list).toBe(former.list);
  });

  it("never takes a former value for one that differs from it", () => {
    fc.assert(
      fc.property(json, json, (before, after) => {
        const interner = new Interner();
        const former = interner.freeze(copy({ part: before }));
        const frozen = interner.freeze(copy({ part: after }), former);
        expect(frozen).toEqual({ part: after });
        expect(isDeeplyFrozen(frozen)).toBe(true);
      }),
    );
    const former = new Interner().freeze<object>({ a: 1, b: [] });
    for (const other of [{ a: 1 }, { a: 1, b: {} }, { a: 1, b: [], c: undefined }, { a: 1, c: undefined }, []]) {
      expect(new Interner().freeze<object>(copy(other), former)).toEqual(copy(other));
    }
    expect(new Interner().freeze<object>({ c: undefined }, Object.freeze({ a: 1 }))).toEqual({ c: undefined });
  });

  it("still shares what is used often after very many values", () => {
    const interner = new Interner();
    const first = interner.freeze({ labels: { team: "x" } });
    for (let index = 0; index < 20_000; index++) {
      expect(interner.freeze({ id: { index }, labels: { team: "x" } }).labels).toBe(first.labels);
    }
  });
});
