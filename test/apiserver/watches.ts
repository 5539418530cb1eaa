/** The open watches of the server. */
import type { ServerResponse } from "node:http";
import type { Clock } from "../../src/lib/clock.ts";
import { type Matcher, matches, type RequestInfo, reset, type WireEvent } from "./faults.ts";
import type { ServedKind } from "./kinds.ts";
import { failure } from "./refusal.ts";
import type { Predicate } from "./selectors.ts";
import { type Change, collectionOf, type Store, type Version } from "./store.ts";

export type WatchRequest = {
  readonly info: RequestInfo;
  readonly kind: ServedKind;
  readonly namespace: string | undefined;
  readonly matches: Predicate;
  readonly metadataOnly: boolean;
  readonly bookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly tamper: ((event: WireEvent | undefined) => readonly WireEvent[]) | undefined;
};

const FIRST_BOOKMARK = { "k8s.io/initial-events-end": "true" };

class Watch {
  readonly request: WatchRequest;
  readonly #response: ServerResponse;
  readonly #bufferBytes: number;
  #silent = false;
  #ended = false;
  /** How far the reader knows to be. */
  seen: number;

  constructor(request: WatchRequest, response: ServerResponse, bufferBytes: number, seen: number) {
    this.request = request;
    this.seen = seen;
    this.#response = response;
    this.#bufferBytes = bufferBytes;
  }

  get ended(): boolean {
    return this.#ended;
  }

  #sees(version: Version | undefined): boolean {
    if (version === undefined) return false;
    const { namespace, matches } = this.request;
    return (namespace === undefined || version.object.metadata.namespace === namespace) && matches(version.object);
  }

  change({ type, kind, version, previous }: Change): void {
    if (collectionOf(kind) !== collectionOf(this.request.kind)) return;
    const before = this.#sees(previous);
    const after = type !== "DELETED" && this.#sees(version);
    if (!before && !after) return;
    this.seen = version.resourceVersion;
    if (!after) this.send({ type: "DELETED", json: this.#json(version) });
    else this.send({ type: before ? "MODIFIED" : "ADDED", json: this.#json(version) });
  }

  added(version: Version): void {
    this.send({ type: "ADDED", json: this.#json(version) });
  }

  bookmark(resourceVersion: number, annotations?: Readonly<Record<string, string>>): void {
    if (!this.request.bookmarks) return;
    this.seen = resourceVersion;
    const { apiVersion, kind } = this.request.kind;
    const metadata = {
      resourceVersion: String(resourceVersion),
      creationTimestamp: null,
      ...(annotations === undefined ? {} : { annotations }),
    };
    const identity = this.request.metadataOnly
      ? { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata" }
      : { apiVersion, kind };
    this.send({ type: "BOOKMARK", json: JSON.stringify({ ...identity, metadata }) });
  }

  send(event: WireEvent): void {
    const { tamper } = this.request;
    for (const sent of tamper === undefined ? [event] : tamper(event)) this.#write(sent);
  }

  /** Ends the answer as the server does when the time is up. */
  end(): void {
    if (this.#ended) return;
    for (const sent of this.request.tamper?.(undefined) ?? []) this.#write(sent);
    this.#ended = true;
    this.#response.end();
  }

  fail(code: number, message: string): void {
    this.#write({ type: "ERROR", json: JSON.stringify(failure(code, message)) });
    this.end();
  }

  raw(text: string): void {
    this.#response.write(text);
  }

  /** Resets the connection. */
  drop(): void {
    this.#ended = true;
    reset(this.#response.socket);
  }

  /** From now on nothing comes, while the connection stays open. */
  silence(): void {
    this.#silent = true;
  }

  #json(version: Version): string {
    return this.request.metadataOnly ? version.metadataJson : version.json;
  }

  #write({ type, json }: WireEvent): void {
    if (this.#silent || this.#ended || this.#response.destroyed) return;
    this.#response.write(`{"type":"${type}","object":${json}}\n`);
    if (this.#response.writableLength > this.#bufferBytes) this.end();
  }
}

export type WatchOptions = {
  /** Events reach watches so long after the write: a slow cache. */
  readonly delayMs: number;
  /** A watch whose reader lags by more than this is ended cleanly, as the real server does. */
  readonly bufferBytes: number;
};

export class Watches {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #options: WatchOptions;
  readonly #open = new Set<Watch>();
  #waiting: (() => void)[] = [];
  #held = false;

  constructor(store: Store, clock: Clock, options: WatchOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#options = options;
    store.onChange((change) => this.#deliver(() => this.#each((watch) => watch.change(change))));
  }

  /** Serves a watch on an answer whose head was sent. `resourceVersion` 0 starts with what there is. */
  open(request: WatchRequest, response: ServerResponse, resourceVersion: number, initialEvents: boolean): void {
    const watch = new Watch(request, response, this.#options.bufferBytes, resourceVersion);
    if (resourceVersion > 0 && resourceVersion < this.#store.compactedVersion && !initialEvents) {
      watch.fail(410, `too old resource version: ${resourceVersion} (${this.#store.compactedVersion})`);
      return;
    }
    const replay = this.#replay(watch, resourceVersion, initialEvents);
    const start = (): void => {
      replay();
      this.#open.add(watch);
    };
    if (this.#held || this.#options.delayMs > 0) this.#deliver(start);
    else start();
    const { timeoutSeconds } = request;
    const cancel =
      timeoutSeconds === undefined ? undefined : this.#clock.after(timeoutSeconds * 1000, () => this.#expire(watch));
    response.on("close", () => {
      cancel?.();
      this.#open.delete(watch);
    });
  }

  /** How many are open. */
  count(matcher: Matcher = {}): number {
    return this.#matching(matcher).length;
  }

  /** Tells watches how far they are. */
  bookmark(matcher: Matcher = {}): void {
    for (const watch of this.#matching(matcher)) watch.bookmark(this.#store.resourceVersion);
  }

  /** Ends watches cleanly. */
  end(matcher: Matcher = {}): void {
    for (const watch of this.#matching(matcher)) watch.end();
  }

  /** Resets the connections of watches. */
  drop(matcher: Matcher = {}): void {
    for (const watch of this.#matching(matcher)) watch.drop();
  }

  /** Sends an ERROR event and ends. */
  fail(code: number, message: string, matcher: Matcher = {}): void {
    for (const watch of this.#matching(matcher)) watch.fail(code, message);
  }

  /** Sends bytes as they are. */
  raw(text: string, matcher: Matcher = {}): void {
    for (const watch of this.#matching(matcher)) watch.raw(text);
  }

  /** Makes watches fall silent, as a dead connection does. */
  silence(matcher: Matcher = {}): void {
    for (const watch of this.#matching(matcher)) watch.silence();
  }

  /** Keeps all events back until {@link release}: a cache that lags behind the store. */
  hold(): void {
    this.#held = true;
  }

  release(): void {
    this.#held = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const deliver of waiting) deliver();
  }

  reset(): void {
    this.#waiting = [];
    this.#held = false;
    this.drop();
  }

  #replay(watch: Watch, resourceVersion: number, initialEvents: boolean): () => void {
    const { kind, namespace, matches: wanted } = watch.request;
    const at = this.#store.resourceVersion;
    if (resourceVersion > 0 && !initialEvents) {
      const missed = this.#store.changesSince(kind, resourceVersion);
      return () => {
        for (const change of missed) watch.change(change);
      };
    }
    const present = this.#store.select(kind, wanted, namespace);
    return () => {
      for (const version of present) watch.added(version);
      watch.bookmark(at, FIRST_BOOKMARK);
    };
  }

  #expire(watch: Watch): void {
    if (this.#store.resourceVersion > watch.seen) watch.bookmark(this.#store.resourceVersion);
    watch.end();
  }

  #deliver(work: () => void): void {
    if (this.#held) this.#waiting.push(work);
    else if (this.#options.delayMs > 0) this.#clock.after(this.#options.delayMs, work);
    else work();
  }

  #each(visit: (watch: Watch) => void): void {
    for (const watch of this.#open) visit(watch);
  }

  #matching(matcher: Matcher): Watch[] {
    return [...this.#open].filter((watch) => !watch.ended && matches(matcher, watch.request.info));
  }
}
