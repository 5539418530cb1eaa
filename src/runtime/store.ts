/** A keyed, indexed copy of what the API server has. Values are frozen; readers never see half a list. */
import { deepEqual } from "../lib/deep-equal.ts";
import { Interner } from "../lib/interner.ts";
import { compareVersions, isOlder } from "./version.ts";

export type Entry<T> = {
  readonly key: string;
  readonly uid: string;
  readonly resourceVersion: string;
  /** The object is marked for deletion. */
  readonly deleting: boolean;
  readonly value: T;
};

/** What happened to a key. `before` alone: gone; `after` alone: new. */
export type Change<T> = { readonly key: string; readonly before?: T; readonly after?: T };

/** From a value to the strings under which it is to be found. */
export type Indexes<T> = Readonly<Record<string, (value: T) => readonly string[]>>;

export type StoreView<T> = {
  get(key: string): T | undefined;
  entry(key: string): Entry<T> | undefined;
  /** In the order in which keys appeared. */
  list(): T[];
  keys(): string[];
  /** The values that the index `name` puts under `value`. Throws for an index that was not declared. */
  by(name: string, value: string): T[];
  keysBy(name: string, value: string): string[];
  readonly size: number;
  /** Whether the store shows a whole list. Until then absence means nothing. */
  readonly synced: boolean;
};

const MAX_TOMBSTONES = 10_000;

/** The keys under one term: nearly always a single one, which then needs no Set. */
type Keys = string | Set<string>;

/** Entries with their indexes. */
class Snapshot<T> {
  readonly entries = new Map<string, Entry<T>>();
  readonly #functions: Indexes<T>;
  readonly #indexes = new Map<string, Map<string, Keys>>();

  constructor(functions: Indexes<T>) {
    this.#functions = functions;
    for (const name of Object.keys(functions)) this.#indexes.set(name, new Map());
  }

  set(entry: Entry<T>): void {
    const former = this.entries.get(entry.key);
    if (former !== undefined) this.#unindex(former);
    this.entries.set(entry.key, entry);
    for (const [index, value] of this.#terms(entry)) {
      const keys = index.get(value);
      if (keys === undefined) index.set(value, entry.key);
      else if (typeof keys === "object") keys.add(entry.key);
      else if (keys !== entry.key) index.set(value, new Set([keys, entry.key]));
    }
  }

  delete(entry: Entry<T>): void {
    this.#unindex(entry);
    this.entries.delete(entry.key);
  }

  keysBy(name: string, value: string): string[] {
    const index = this.#indexes.get(name);
    if (index === undefined) throw new Error(`the store has no index ${name}`);
    const keys = index.get(value);
    return typeof keys === "string" ? [keys] : [...(keys ?? [])];
  }

  #unindex(entry: Entry<T>): void {
    for (const [index, value] of this.#terms(entry)) {
      const keys = index.get(value);
      if (typeof keys === "object") keys.delete(entry.key);
      if (keys === entry.key || (typeof keys === "object" && keys.size === 0)) index.delete(value);
    }
  }

  *#terms(entry: Entry<T>): Generator<[Map<string, Keys>, string]> {
    for (const [name, index] of this.#indexes) {
      for (const value of this.#functions[name]?.(entry.value) ?? []) yield [index, value];
    }
  }
}

/**
 * The writing side of a store.
 *
 * Guarantees: duplicated and reordered events are harmless (an event older than what the store knows of its key,
 * deletions included, is ignored); a relist becomes visible at once, at its end; a change that the values do not show
 * is no change. Assumes that resource versions of one kind grow; versions without an order are taken as they come.
 */
export class Store<T> implements StoreView<T> {
  readonly #functions: Indexes<T>;
  readonly #interner = new Interner();
  #current: Snapshot<T>;
  #building: Snapshot<T> | undefined;
  #synced = false;
  /** The version of the last list: an unknown key whose event is not newer was deleted before the list. */
  #floor = "";
  #tombstones = new Map<string, string>();

  constructor(indexes: Indexes<T> = {}) {
    this.#functions = indexes;
    this.#current = new Snapshot(indexes);
  }

  get size(): number {
    return this.#current.entries.size;
  }

  get synced(): boolean {
    return this.#synced;
  }

  get(key: string): T | undefined {
    return this.#current.entries.get(key)?.value;
  }

  entry(key: string): Entry<T> | undefined {
    return this.#current.entries.get(key);
  }

  list(): T[] {
    return Array.from(this.#current.entries.values(), (entry) => entry.value);
  }

  keys(): string[] {
    return [...this.#current.entries.keys()];
  }

  by(name: string, value: string): T[] {
    return this.keysBy(name, value).map((key) => this.get(key) as T);
  }

  keysBy(name: string, value: string): string[] {
    return this.#current.keysBy(name, value);
  }

  /** Begins a list; drops one that was not finished. Readers keep seeing the old content. */
  begin(): void {
    this.#building = new Snapshot(this.#functions);
  }

  /** Adds to the list under way. */
  stage(entry: Entry<T>): void {
    this.#building?.set(this.#frozen(entry, this.#current.entries.get(entry.key)));
  }

  /** Takes over into the list under way what the store has of a key: its new form cannot be read. */
  keep(key: string): void {
    const former = this.#current.entries.get(key);
    if (former !== undefined) this.#building?.set(former);
  }

  /** Makes the list under way visible, as of `version`. Returns what changed, deletions first. */
  commit(version: string): Change<T>[] {
    const before = this.#current;
    const after = this.#building ?? before;
    this.#current = after;
    this.#building = undefined;
    this.#synced = true;
    this.#floor = version;
    this.#tombstones = new Map();
    return [...vanished(before, after), ...appeared(before, after)];
  }

  /** What is stored stays readable, but no longer counts as the whole truth. */
  unsync(): void {
    this.#building = undefined;
    this.#synced = false;
  }

  /** Takes in an event. Two changes when the object was replaced by another of the same name. */
  apply(entry: Entry<T>): Change<T>[] {
    const known = this.#current.entries.get(entry.key);
    if (known === undefined) {
      if (this.#wasDeleted(entry)) return [];
      this.#tombstones.delete(entry.key);
    } else if (compareVersions(entry.resourceVersion, known.resourceVersion) === 0) return [];
    else if (isOlder(entry.resourceVersion, known.resourceVersion)) return [];
    const frozen = this.#frozen(entry, known);
    this.#current.set(frozen);
    return differences(known, frozen);
  }

  /** Takes in a deletion. `resourceVersion` is that of the deletion. */
  remove(key: string, uid: string, resourceVersion: string): Change<T>[] {
    const known = this.#current.entries.get(key);
    if (known !== undefined && isOlder(resourceVersion, known.resourceVersion)) return [];
    this.#bury(key, resourceVersion);
    if (known === undefined) return [];
    // Another object of the name is gone, and so is the one before it.
    if (known.uid !== uid && compareVersions(resourceVersion, known.resourceVersion) === undefined) return [];
    this.#current.delete(known);
    return [{ key, before: known.value }];
  }

  /** Shares with the former entry of the key what is the same. */
  #frozen(entry: Entry<T>, former: Entry<T> | undefined): Entry<T> {
    const { uid, value } = entry;
    return { ...entry, uid: this.#interner.freeze(uid), value: this.#interner.freeze(value, former?.value) };
  }

  #wasDeleted(entry: Entry<T>): boolean {
    const deletedAt = this.#tombstones.get(entry.key) ?? this.#floor;
    const order = compareVersions(entry.resourceVersion, deletedAt);
    return order !== undefined && order <= 0;
  }

  #bury(key: string, resourceVersion: string): void {
    const former = this.#tombstones.get(key);
    if (former !== undefined && isOlder(resourceVersion, former)) return;
    this.#tombstones.delete(key);
    this.#tombstones.set(key, resourceVersion);
    if (this.#tombstones.size <= MAX_TOMBSTONES) return;
    for (const oldest of this.#tombstones.keys()) {
      this.#tombstones.delete(oldest);
      return;
    }
  }
}

function* vanished<T>(before: Snapshot<T>, after: Snapshot<T>): Generator<Change<T>> {
  for (const entry of before.entries.values()) {
    if (!after.entries.has(entry.key)) yield { key: entry.key, before: entry.value };
  }
}

function* appeared<T>(before: Snapshot<T>, after: Snapshot<T>): Generator<Change<T>> {
  for (const entry of after.entries.values()) yield* differences(before.entries.get(entry.key), entry);
}

const differences = <T>(before: Entry<T> | undefined, after: Entry<T>): Change<T>[] => {
  const { key } = after;
  if (before === undefined) return [{ key, after: after.value }];
  if (before.uid !== after.uid) {
    return [
      { key, before: before.value },
      { key, after: after.value },
    ];
  }
  if (before.resourceVersion === after.resourceVersion || deepEqual(before.value, after.value)) return [];
  return [{ key, before: before.value, after: after.value }];
};
