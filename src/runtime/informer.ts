import { setImmediate } from "node:timers/promises";
import type { Resource } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "../lib/metrics.ts";
import { type Change, type Entry, type Indexes, Store, type StoreView } from "./store.ts";
import { covers, newest } from "./version.ts";
import { type Output, RELIST_REASONS, watchResource } from "./watcher.ts";

export type ChangeHandler<T> = (change: Change<T>) => void;

export type Informer<T> = {
  readonly resource: Resource;
  readonly store: StoreView<T>;
  /**
   * Calls back after the store has changed, once per key and change, deletions included. The returned function stops it.
   * What a handler throws is logged.
   */
  onChange(handler: ChangeHandler<T>): () => void;
  /** Lists and watches until the signal aborts; then resolves. Never rejects. Once only. */
  start(signal: AbortSignal): Promise<void>;
  /** The store shows a whole list, and the server serves the kind. */
  synced(): boolean;
  /** True once synced; false after `timeoutMs` or when the signal aborts. */
  waitForSync(signal: AbortSignal, timeoutMs: number): Promise<boolean>;
  /** Resolves once the first list is there, or has failed for the first time; or after `timeoutMs`, or on abort. */
  waitForFirstTry(signal: AbortSignal, timeoutMs: number): Promise<boolean>;
  /** Whether the store has caught up with a write that the server answered with `resourceVersion`. */
  hasSeen(key: string, resourceVersion: string): boolean;
  /** True once {@link Informer.hasSeen}; false after `timeoutMs`. */
  waitForVersion(key: string, resourceVersion: string, timeoutMs: number): Promise<boolean>;
  /** Whether the store shows the object as gone, replaced by another one, or marked for deletion. */
  isAbsent(key: string, uid: string): boolean;
  /** True once {@link Informer.isAbsent}; false after `timeoutMs`. */
  waitForAbsence(key: string, uid: string, timeoutMs: number): Promise<boolean>;
  /** How long ago the server last told something, if only that there is nothing to tell; milliseconds. */
  outOfTouchMs(): number;
};

export type InformerOptions<T, Raw extends KubeObject> = {
  readonly client: Pick<Client, "list" | "watch">;
  readonly resource: Resource;
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Ask the server for `metadata` only. */
  readonly metadataOnly?: boolean;
  /**
   * What to keep of an object. It decides the memory of the process and what counts as a change. The input has no
   * managedFields. Absent: the whole object. An object for which it, or an index, throws keeps its last readable form.
   */
  readonly project?: (raw: Raw) => T;
  readonly indexes?: Indexes<T>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** Ask for a streaming list first. More CPU at the API server, smaller stalls here. */
  readonly streaming?: boolean;
  readonly pageSize?: number;
  /** A watch without a byte for this long is dead; 180,000. */
  readonly idleMs?: number;
};

/** Changes handed out between two turns of the event loop after a list. */
const BATCH = 250;
/**
 * Objects taken in between two turns. The server sends faster than we read, and what has arrived is read in one turn:
 * with several lists at once it would last for hundreds of milliseconds.
 */
const TAKE_BATCH = 20;
/** Waits for the list rather than for an object; no object has this key. */
const ANY_KEY = "";

/**
 * Keeps a store equal to what the API server has of one kind.
 *
 * Guarantees: the store is readable at all times and never shows half a list; a failure never empties it; handlers
 * see every change that the store shows, in order. Caveat: a change that was undone while the watch was down, or that
 * the projection leaves out, is not seen.
 */
export const createInformer = <T, Raw extends KubeObject = KubeObject>(options: InformerOptions<T, Raw>): Informer<T> =>
  new WatchingInformer(options);

type Waiter = { readonly met: () => boolean; readonly resolve: (met: boolean) => void };

class WatchingInformer<T, Raw extends KubeObject> implements Informer<T> {
  readonly resource: Resource;
  readonly #options: InformerOptions<T, Raw>;
  readonly #store: Store<T>;
  readonly #handlers = new Set<ChangeHandler<T>>();
  readonly #waiters = new Map<string, Set<Waiter>>();
  readonly #logger: Logger;
  readonly #meter: Meter;
  #seen = "";
  #started = false;
  #tried = false;
  #taken = 0;
  #touchedAt: number;

  constructor(options: InformerOptions<T, Raw>) {
    this.resource = options.resource;
    this.#options = options;
    this.#store = new Store(options.indexes);
    this.#touchedAt = options.clock.monotonic();
    this.#logger = options.logger.child({ resource: options.resource.plural });
    this.#meter = createMeter(options.metrics, this);
  }

  get store(): StoreView<T> {
    return this.#store;
  }

  onChange(handler: ChangeHandler<T>): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }

  async start(signal: AbortSignal): Promise<void> {
    if (this.#started) throw new Error(`the informer of ${this.resource.plural} was started twice`);
    this.#started = true;
    const { random = Math.random } = this.#options;
    for await (const output of watchResource<Raw>({ ...this.#options, random, signal })) await this.#take(output);
  }

  synced(): boolean {
    return this.#store.synced;
  }

  waitForSync(signal: AbortSignal, timeoutMs: number): Promise<boolean> {
    return this.#wait(ANY_KEY, () => this.#store.synced, timeoutMs, signal);
  }

  waitForFirstTry(signal: AbortSignal, timeoutMs: number): Promise<boolean> {
    return this.#wait(ANY_KEY, () => this.#store.synced || this.#tried, timeoutMs, signal);
  }

  hasSeen(key: string, resourceVersion: string): boolean {
    const stored = this.#store.entry(key)?.resourceVersion;
    return (stored !== undefined && covers(stored, resourceVersion)) || covers(this.#seen, resourceVersion);
  }

  waitForVersion(key: string, resourceVersion: string, timeoutMs: number): Promise<boolean> {
    return this.#wait(key, () => this.hasSeen(key, resourceVersion), timeoutMs);
  }

  isAbsent(key: string, uid: string): boolean {
    const entry = this.#store.entry(key);
    return entry === undefined || entry.uid !== uid || entry.deleting;
  }

  waitForAbsence(key: string, uid: string, timeoutMs: number): Promise<boolean> {
    return this.#wait(key, () => this.isAbsent(key, uid), timeoutMs);
  }

  outOfTouchMs(): number {
    return this.#options.clock.monotonic() - this.#touchedAt;
  }

  async #take(output: Output<Raw>): Promise<void> {
    if (isContact(output)) this.#touchedAt = this.#options.clock.monotonic();
    switch (output.kind) {
      case "init":
        return this.#store.begin();
      case "initApply":
        return this.#stageAll(output.objects);
      case "initDone":
        return this.#commit(output.version);
      case "apply":
        this.#apply(output.object);
        return this.#breathe();
      case "delete":
        return this.#remove(output.object);
      case "progress":
        return this.#progress(output.version);
      case "connected":
        return this.#meter.connected(true);
      case "disconnected":
        return this.#meter.connected(false);
      case "relist":
        this.#meter.relist(output.reason);
        return this.#logger.info({ reason: output.reason }, "listing again");
      case "missing":
        this.#store.unsync();
        this.#meter.connected(false);
        this.#failedOnce();
        return this.#logger.warn({}, "the API server does not serve this resource; waiting for it");
      case "failed":
        this.#meter.failed();
        this.#failedOnce();
        return this.#logger.warn({ err: output.error }, "list or watch failed; trying again");
    }
  }

  #failedOnce(): void {
    this.#tried = true;
    this.#wakeAll();
  }

  async #stageAll(objects: readonly Raw[]): Promise<void> {
    for (const object of objects) {
      this.#stage(object);
      await this.#breathe();
    }
  }

  /** Lets timers, probes and lease renewals run now and then. */
  #breathe(): Promise<void> | undefined {
    this.#taken += 1;
    return this.#taken % TAKE_BATCH === 0 ? setImmediate() : undefined;
  }

  #stage(object: Raw): void {
    const entry = this.#read(object);
    if (entry !== undefined) this.#store.stage(entry);
    else this.#store.keep(keyOf(object));
  }

  async #commit(version: string): Promise<void> {
    const changes = this.#store.commit(version);
    this.#seen = version;
    this.#wakeAll();
    for (let start = 0; start < changes.length; start += BATCH) {
      for (const change of changes.slice(start, start + BATCH)) this.#tell(change);
      if (start + BATCH < changes.length) await setImmediate();
    }
  }

  #apply(object: Raw): void {
    this.#meter.event("apply");
    const entry = this.#read(object);
    const changes = entry === undefined ? [] : this.#store.apply(entry);
    this.#after(object, changes);
  }

  #remove(object: Raw): void {
    this.#meter.event("delete");
    const { uid = "", resourceVersion = "" } = object.metadata;
    this.#after(object, this.#store.remove(keyOf(object), uid, resourceVersion));
  }

  #after(object: Raw, changes: readonly Change<T>[]): void {
    this.#seen = newest(this.#seen, object.metadata.resourceVersion ?? this.#seen);
    this.#wake(keyOf(object));
    for (const change of changes) this.#tell(change);
  }

  #progress(version: string): void {
    this.#seen = newest(this.#seen, version);
    this.#wakeAll();
  }

  #read(object: Raw): Entry<T> | undefined {
    const key = keyOf(object);
    const { uid = "", resourceVersion = "", deletionTimestamp } = object.metadata;
    try {
      const value = this.#project(withoutManagedFields(object));
      mustIndex(this.#options.indexes ?? {}, value);
      return { key, uid, resourceVersion, deleting: deletionTimestamp !== undefined, value };
    } catch (err) {
      this.#meter.failed();
      this.#logger.error(
        { namespace: object.metadata.namespace, name: object.metadata.name, err },
        "unreadable object",
      );
      return undefined;
    }
  }

  #project(object: Raw): T {
    return this.#options.project === undefined ? (object as unknown as T) : this.#options.project(object);
  }

  #tell(change: Change<T>): void {
    for (const handler of this.#handlers) {
      try {
        handler(change);
      } catch (err) {
        this.#logger.error({ err }, "a change handler failed");
      }
    }
  }

  #wakeAll(): void {
    for (const key of this.#waiters.keys()) this.#wake(key);
  }

  #wake(key: string): void {
    for (const waiter of this.#waiters.get(key) ?? []) if (waiter.met()) waiter.resolve(true);
  }

  async #wait(key: string, met: () => boolean, timeoutMs: number, signal?: AbortSignal): Promise<boolean> {
    if (met()) return true;
    if (signal?.aborted) return false;
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const waiter = { met, resolve };
    const giveUp = (): void => resolve(false);
    const cancel = this.#options.clock.after(timeoutMs, giveUp);
    signal?.addEventListener("abort", giveUp, { once: true });
    this.#enlist(key, waiter);
    try {
      return await promise;
    } finally {
      cancel();
      signal?.removeEventListener("abort", giveUp);
      this.#dismiss(key, waiter);
    }
  }

  #enlist(key: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(key);
    if (waiters === undefined) this.#waiters.set(key, new Set([waiter]));
    else waiters.add(waiter);
  }

  #dismiss(key: string, waiter: Waiter): void {
    const waiters = this.#waiters.get(key);
    waiters?.delete(waiter);
    if (waiters?.size === 0) this.#waiters.delete(key);
  }
}

/** Throws here what would otherwise be thrown in the middle of a change to the store. */
const mustIndex = <T>(indexes: Indexes<T>, value: T): void => {
  for (const find of Object.values(indexes)) Array.from(find(value));
};

/** An accepted watch is none: it may never tell anything. */
const isContact = (output: Output<unknown>): boolean => {
  switch (output.kind) {
    case "initApply":
    case "initDone":
    case "apply":
    case "delete":
    case "progress":
      return true;
    case "disconnected":
      return output.clean;
    default:
      return false;
  }
};

/** They are half of many objects, and nobody here reads them. */
const withoutManagedFields = <Raw extends KubeObject>(object: Raw): Raw => {
  const { managedFields, ...metadata } = object.metadata as KubeObject["metadata"] & { managedFields?: unknown };
  return managedFields === undefined ? object : { ...object, metadata };
};

type Meter = {
  connected(open: boolean): void;
  relist(reason: string): void;
  event(type: string): void;
  failed(): void;
};

const createMeter = (metrics: Metrics, informer: Informer<unknown>): Meter => {
  const { store } = informer;
  const resource = informer.resource.plural;
  const open = metrics.gauge("packs_informer_connected", "1 while a watch is open.", ["resource"]);
  const relists = metrics.counter("packs_informer_relists_total", "Lists after the first, by reason.", [
    "resource",
    "reason",
  ]);
  const events = metrics.counter("packs_informer_events_total", "Events of watches, by type.", ["resource", "type"]);
  const failures = metrics.counter("packs_informer_failures_total", "Failed lists, watches and unreadable objects.", [
    "resource",
  ]);
  metrics.sample("packs_informer_objects", "Objects in the store.", { resource }, () => store.size);
  metrics.sample(
    "packs_informer_synced",
    "1 if the store shows a whole list; 0 before, or if the resource is not served.",
    { resource },
    () => Number(store.synced),
  );
  metrics.sample(
    "packs_informer_last_contact_seconds",
    "How long ago the API server last told something of the resource.",
    { resource },
    () => informer.outOfTouchMs() / 1000,
  );
  open.set({ resource }, 0);
  for (const reason of RELIST_REASONS) relists.inc({ resource, reason }, 0);
  for (const type of ["apply", "delete"]) events.inc({ resource, type }, 0);
  failures.inc({ resource }, 0);
  return {
    connected: (value) => open.set({ resource }, Number(value)),
    relist: (reason) => relists.inc({ resource, reason }),
    event: (type) => events.inc({ resource, type }),
    failed: () => failures.inc({ resource }),
  };
};
