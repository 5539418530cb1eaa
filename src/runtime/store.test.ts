import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Entry, Store } from "./store.ts";

type Value = { readonly color: string; readonly tags: readonly string[] };

const entry = (key: string, version: number, color = "red", uid = key, tags: string[] = []): Entry<Value> => ({
  key,
  uid,
  resourceVersion: String(version),
  deleting: false,
  value: { color, tags },
});

const newStore = () => new Store<Value>({ color: ({ color }) => [color], tag: ({ tags }) => tags });

const listed = (version: number, ...entries: Entry<Value>[]): Store<Value> => {
  const store = newStore();
  store.begin();
  for (const each of entries) store.stage(each);
  store.commit(String(version));
  return store;
};

describe("a store", () => {
  it("is not synced before its first list is complete, and shows nothing of it", () => {
    const store = newStore();
    store.begin();
    store.stage(entry("a", 1));
    expect(store.synced).toBe(false);
    expect(store.size).toBe(0);
    expect(store.commit("5")).toEqual([{ key: "a", after: entry("a", 1).value }]);
    expect(store.synced).toBe(true);
    expect(store.keys()).toEqual(["a"]);
  });

  it("keeps its old content readable during a relist, then swaps and reports what vanished", () => {
    const store = listed(5, entry("a", 1), entry("b", 2));
    store.begin();
    store.stage(entry("b", 7, "blue"));
    expect(store.keys()).toEqual(["a", "b"]);
    expect(store.get("b")?.color).toBe("red");
    const changes = store.commit("9");
    expect(changes.map(({ key, before, after }) => [key, before?.color, after?.color])).toEqual([
      ["a", "red", undefined],
      ["b", "red", "blue"],
    ]);
    expect(store.keysBy("color", "red")).toEqual([]);
    expect(store.keysBy("color", "blue")).toEqual(["b"]);
  });

  it("reports nothing for a relist that brings nothing new", () => {
    const store = listed(5, entry("a", 1));
    store.begin();
    store.stage(entry("a", 1));
    expect(store.commit("9")).toEqual([]);
  });

  it("takes a list as the truth even when versions went back, as after a restore of etcd", () => {
    const store = listed(50, entry("a", 40, "red"));
    store.begin();
    store.stage(entry("a", 3, "blue"));
    store.commit("4");
    expect(store.get("a")?.color).toBe("blue");
    expect(store.apply(entry("a", 5, "green"))).toHaveLength(1);
  });

  it("drops an unfinished list when another one begins", () => {
    const store = newStore();
    store.begin();
    store.stage(entry("a", 1));
    store.begin();
    store.stage(entry("b", 2));
    store.commit("3");
    expect(store.keys()).toEqual(["b"]);
  });

  it("finds values by their indexes after every kind of change", () => {
    const store = listed(5, entry("a", 1, "red", "a", ["x", "y"]), entry("b", 2, "red", "b", ["y"]));
    expect(store.keysBy("tag", "y")).toEqual(["a", "b"]);
    store.apply(entry("a", 6, "blue", "a", ["x"]));
    expect(store.keysBy("tag", "y")).toEqual(["b"]);
    expect(store.by("color", "blue")).toEqual([{ color: "blue", tags: ["x"] }]);
    store.remove("b", "b", "7");
    expect(store.keysBy("tag", "y")).toEqual([]);
    expect(() => store.keysBy("size", "1")).toThrow("no index size");
  });

  it("hands out frozen values", () => {
    const store = listed(5, entry("a", 1, "red", "a", ["x"]));
    const value = store.get("a") as unknown as { tags: string[] };
    expect(() => value.tags.push("y")).toThrow(TypeError);
  });

  it("ignores duplicates and events that are older than what it has", () => {
    const store = listed(5, entry("a", 4));
    expect(store.apply(entry("a", 8, "blue"))).toHaveLength(1);
    expect(store.apply(entry("a", 8, "blue"))).toEqual([]);
    expect(store.apply(entry("a", 7, "green"))).toEqual([]);
    expect(store.remove("a", "a", "7")).toEqual([]);
    expect(store.get("a")?.color).toBe("blue");
  });

  it("does not bring back what was deleted", () => {
    const store = listed(5, entry("a", 4));
    store.remove("a", "a", "9");
    expect(store.apply(entry("a", 8))).toEqual([]);
    expect(store.get("a")).toBeUndefined();
    expect(store.apply(entry("a", 10, "red", "a2"))).toHaveLength(1);
  });

  it("does not bring back what was deleted before the list", () => {
    const store = listed(5);
    expect(store.apply(entry("a", 4))).toEqual([]);
    expect(store.apply(entry("a", 6))).toHaveLength(1);
  });

  it("reports an object of the same name with another UID as a deletion and a new object", () => {
    const store = listed(5, entry("a", 4, "red", "u1"));
    const changes = store.apply(entry("a", 8, "red", "u2"));
    expect(changes.map(({ before, after }) => [before !== undefined, after !== undefined])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it("ignores the late deletion of an object that has been replaced", () => {
    const store = listed(5, entry("a", 8, "red", "u2"));
    expect(store.remove("a", "u1", "7")).toEqual([]);
    expect(store.get("a")).toBeDefined();
  });

  it("notes a new version without reporting it when the value is the same", () => {
    const store = listed(5, entry("a", 4));
    expect(store.apply(entry("a", 8))).toEqual([]);
    expect(store.entry("a")?.resourceVersion).toBe("8");
  });

  it("accepts versions that have no order as they come", () => {
    const store = listed(5, { ...entry("a", 4), resourceVersion: "x9" });
    expect(store.apply({ ...entry("a", 4, "blue"), resourceVersion: "x1" })).toHaveLength(1);
    expect(store.remove("a", "a", "x0")).toHaveLength(1);
  });

  it("stays readable but unsynced when the server no longer serves the kind", () => {
    const store = listed(5, entry("a", 4));
    store.unsync();
    expect(store.synced).toBe(false);
    expect(store.get("a")).toBeDefined();
  });

  it("ends up the same in whatever order, and however often, the events of a history arrive", () => {
    const event = fc.record({ key: fc.constantFrom("a", "b", "c"), gone: fc.boolean(), color: fc.string() });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 12 }), fc.infiniteStream(fc.nat()), (history, dice) => {
        // Deletions of nothing do not happen.
        const alive = new Set<string>();
        const real = history.filter(({ key, gone }) => {
          if (gone && !alive.has(key)) return false;
          if (gone) alive.delete(key);
          else alive.add(key);
          return true;
        });
        const numbered = real.map((each, index) => ({ ...each, version: index + 10 }));
        const feed = (events: typeof numbered) => {
          const store = listed(5);
          for (const { key, gone, color, version } of events) {
            if (gone) store.remove(key, key, String(version));
            else store.apply(entry(key, version, color));
          }
          return new Map(store.keys().map((key) => [key, store.get(key)?.color]));
        };
        const shuffled = [...numbered, ...numbered]
          .map((each) => ({ each, order: dice.next().value as number }))
          .sort((a, b) => a.order - b.order)
          .map(({ each }) => each);
        expect(feed(shuffled)).toEqual(feed(numbered));
      }),
    );
  });
});
