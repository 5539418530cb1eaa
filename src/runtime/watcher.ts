/**
 * List and watch of one kind, as a state machine: {@link advance} is a pure function from a state and what happened
 * to the next state, what to tell the consumer, and whether to pause. {@link watchResource} does the I/O that a state
 * calls for.
 *
 * Guarantees: a consumer that applies the outputs in order has what the API server has, eventually, whatever fails;
 * a list is between `init` and `initDone`, so that it can be swapped in at once; nothing is requested after the abort.
 */
import type { Resource } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { Client, ListPage, WatchEvent } from "../kube/client.ts";
import { ApiError, isGone, isSilent } from "../kube/errors.ts";
import { type AbortScope, abortScope } from "../lib/abort.ts";
import { Backoff } from "../lib/backoff.ts";
import { type Clock, sleep } from "../lib/clock.ts";
import { newest } from "./version.ts";

/**
 * How to ask for the present state: as a watch that begins with it, as pages, or in one answer (when a token expired
 * twice: the server keeps a version for less time than our pages take).
 */
export type Mode = "stream" | "pages" | "whole";

export type State =
  /** Nothing is known; the next thing is a list. `expired`: how many continue tokens expired in a row. */
  | { readonly kind: "empty"; readonly mode: Mode; readonly expired: number }
  /** The server does not know the kind: its CustomResourceDefinition is missing. */
  | { readonly kind: "missing"; readonly mode: Mode }
  /** A list is under way. */
  | { readonly kind: "listing"; readonly mode: Mode; readonly token: string; readonly expired: number }
  /** A streaming list is under way. */
  | { readonly kind: "streaming" }
  /** Everything up to `version` is known; no watch is open. */
  | { readonly kind: "listed"; readonly mode: Mode; readonly version: string }
  /** Everything up to `version` is known; a watch is open. */
  | { readonly kind: "watching"; readonly mode: Mode; readonly version: string }
  | { readonly kind: "stopped" };

export type Input<T> =
  | { readonly kind: "page"; readonly page: ListPage<T> }
  | { readonly kind: "opened" }
  | { readonly kind: "event"; readonly event: WatchEvent<T> }
  /**
   * The stream ended without an error. `futile`: at once and without an event, as a broken proxy ends it; `silent`: at
   * length, but without an event or a bookmark all the same.
   */
  | { readonly kind: "ended"; readonly futile: boolean; readonly silent: boolean }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "aborted" };

/**
 * `gone`: the server has forgotten our version; `ahead`: it has not got that far, as after a restore of etcd;
 * `token`: a continue token expired; `silent`: a watch told nothing, as one from a version ahead of the server does.
 */
export const RELIST_REASONS = ["gone", "ahead", "token", "silent"] as const;
export type RelistReason = (typeof RELIST_REASONS)[number];

export type Output<T> =
  | { readonly kind: "init" }
  | { readonly kind: "initApply"; readonly objects: readonly T[] }
  /** The list is complete as of `version`; keys it did not have are gone. */
  | { readonly kind: "initDone"; readonly version: string }
  | { readonly kind: "apply"; readonly object: T }
  | { readonly kind: "delete"; readonly object: T }
  /** Everything up to `version` has been told. */
  | { readonly kind: "progress"; readonly version: string }
  | { readonly kind: "connected" }
  /** `clean`: the server ended the watch in good order. */
  | { readonly kind: "disconnected"; readonly clean: boolean }
  | { readonly kind: "relist"; readonly reason: RelistReason }
  /** The kind is not served; told once, until it appears. */
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly error: unknown };

/** Whether to wait before the next request: not at all, with growing delays, or also as long as the server asked for. */
export type Pause = "none" | "backoff" | { readonly retryAfterMs: number };

export type Step<T> = { readonly state: State; readonly outputs: readonly Output<T>[]; readonly pause: Pause };

const INITIAL_EVENTS_END = "k8s.io/initial-events-end";
const CUT = { kind: "disconnected", clean: false } as const;
const SILENT = { kind: "relist", reason: "silent" } as const;

const step = <T>(state: State, outputs: readonly Output<T>[] = [], pause: Pause = "none"): Step<T> => ({
  state,
  outputs,
  pause,
});

const empty = (mode: Mode, expired = 0): State => ({ kind: "empty", mode, expired });
/** One answer for everything is for one list only: the next one uses pages again. */
const nextMode = (mode: Mode): Mode => (mode === "whole" ? "pages" : mode);

/** A list knows no absent object: 404 says that nobody serves the kind. */
const isMissing = (error: unknown): boolean => error instanceof ApiError && error.code === 404;

const pauseAfter = (error: unknown): Pause =>
  error instanceof ApiError && error.retryAfterMs !== undefined ? { retryAfterMs: error.retryAfterMs } : "backoff";

/** 504 also stands for other timeouts. */
const isAhead = (error: unknown): boolean =>
  error instanceof ApiError && error.code === 504 && /^Too large resource version/i.test(error.body?.message ?? "");

/** A server without streaming lists refuses the parameter as invalid. */
const refusesStreaming = (error: unknown): boolean =>
  error instanceof ApiError && (error.code === 400 || error.code === 422);

export const initialState = (streaming: boolean): State => empty(streaming ? "stream" : "pages");

/** The transition table. Every arrow has a test. */
export const advance = <T extends KubeObject>(state: State, input: Input<T>): Step<T> => {
  if (input.kind === "aborted") return step({ kind: "stopped" });
  switch (state.kind) {
    case "empty":
      return input.kind === "opened"
        ? step({ kind: "streaming" }, [{ kind: "init" }])
        : fromList(state.mode, state.expired, input, [{ kind: "init" }]);
    case "missing":
      if (input.kind === "failed" && isMissing(input.error)) return step(state, [], "backoff");
      if (input.kind === "failed")
        return step(state, [{ kind: "failed", error: input.error }], pauseAfter(input.error));
      return advance(empty(state.mode), input);
    case "listing":
      return fromList(state.mode, state.expired, input, []);
    case "streaming":
      return fromStreaming(input);
    case "listed":
      return fromListed(state, input);
    case "watching":
      return fromWatching(state, input);
    case "stopped":
      return step(state);
  }
};

const fromList = <T>(mode: Mode, expired: number, input: Input<T>, before: readonly Output<T>[]): Step<T> => {
  if (input.kind === "page") {
    const { items, resourceVersion: version, continue: token } = input.page;
    const outputs: Output<T>[] = [...before, { kind: "initApply", objects: items }];
    if (token !== undefined) return step({ kind: "listing", mode, token, expired }, outputs);
    return step({ kind: "listed", mode: nextMode(mode), version }, [...outputs, { kind: "initDone", version }]);
  }
  if (input.kind !== "failed") return step(empty(mode, expired));
  const { error } = input;
  if (isMissing(error)) return step({ kind: "missing", mode }, [{ kind: "missing" }], "backoff");
  if (isGone(error)) {
    const again = expired + 1;
    const outputs: Output<T>[] = [{ kind: "relist", reason: "token" }];
    return again === 1 ? step(empty(mode, again), outputs) : step(empty("whole", again), outputs, "backoff");
  }
  if (mode === "stream" && refusesStreaming(error)) return step(empty("pages"));
  return step(empty(mode, expired), [{ kind: "failed", error }], pauseAfter(error));
};

const fromStreaming = <T extends KubeObject>(input: Input<T>): Step<T> => {
  if (input.kind === "event") return fromInitialEvent(input.event);
  // A server that ignores the parameter never marks the end of the initial events.
  if (input.kind === "ended") return step(empty("pages"), [], input.futile ? "backoff" : "none");
  if (input.kind === "failed") {
    return step(empty("stream"), [{ kind: "failed", error: input.error }], pauseAfter(input.error));
  }
  return step({ kind: "streaming" });
};

const fromInitialEvent = <T extends KubeObject>(event: WatchEvent<T>): Step<T> => {
  const streaming: State = { kind: "streaming" };
  switch (event.type) {
    case "ADDED":
    case "MODIFIED":
      return step(streaming, [{ kind: "initApply", objects: [event.object] }]);
    case "BOOKMARK": {
      if (event.object.metadata.annotations?.[INITIAL_EVENTS_END] !== "true") return step(streaming);
      const version = event.object.metadata.resourceVersion ?? "";
      return step({ kind: "watching", mode: "stream", version }, [
        { kind: "initDone", version },
        { kind: "connected" },
      ]);
    }
    case "ERROR":
      return step(empty("stream"), [{ kind: "failed", error: toError(event.object) }], "backoff");
    default:
      return step(streaming);
  }
};

const fromListed = <T>(state: State & { readonly kind: "listed" }, input: Input<T>): Step<T> => {
  if (input.kind === "opened") return step({ ...state, kind: "watching" }, [{ kind: "connected" }]);
  if (input.kind !== "failed") return step(state);
  const { error } = input;
  if (isGone(error)) return step(empty(state.mode), [{ kind: "relist", reason: "gone" }], "backoff");
  if (isAhead(error)) return step(empty(state.mode), [{ kind: "relist", reason: "ahead" }], "backoff");
  if (isMissing(error)) return step({ kind: "missing", mode: state.mode }, [{ kind: "missing" }], "backoff");
  return step(state, [{ kind: "failed", error }], pauseAfter(error));
};

const fromWatching = <T extends KubeObject>(state: State & { readonly kind: "watching" }, input: Input<T>): Step<T> => {
  const listed: State = { ...state, kind: "listed" };
  if (input.kind === "event") return fromEvent(state, input.event);
  if (input.kind === "ended" && input.silent) return step(empty(state.mode), [CUT, SILENT], "backoff");
  if (input.kind === "ended") {
    return step(listed, [{ kind: "disconnected", clean: !input.futile }], input.futile ? "backoff" : "none");
  }
  if (input.kind !== "failed") return step(state);
  const { error } = input;
  if (isSilent(error)) return step(empty(state.mode), [CUT, { kind: "failed", error }, SILENT], "backoff");
  return step(listed, [CUT, { kind: "failed", error }], pauseAfter(error));
};

const fromEvent = <T extends KubeObject>(
  state: State & { readonly kind: "watching" },
  event: WatchEvent<T>,
): Step<T> => {
  if (event.type === "ERROR") {
    const error = toError(event.object);
    if (isGone(error)) {
      return step(empty(state.mode), [CUT, { kind: "relist", reason: "gone" }], "backoff");
    }
    return step({ ...state, kind: "listed" }, [CUT, { kind: "failed", error }], "backoff");
  }
  const { object } = event;
  const version = newest(state.version, object.metadata.resourceVersion ?? state.version);
  const watching: State = { ...state, version };
  switch (event.type) {
    case "ADDED":
    case "MODIFIED":
      return step(watching, [{ kind: "apply", object }]);
    case "DELETED":
      return step(watching, [{ kind: "delete", object }]);
    case "BOOKMARK":
      return step(watching, [{ kind: "progress", version }]);
    default:
      return step(state);
  }
};

const toError = (status: { readonly code?: number; readonly reason?: string; readonly message?: string }): ApiError =>
  new ApiError("watch", status.code ?? 0, status);

export type WatcherOptions = {
  readonly client: Pick<Client, "list" | "watch">;
  readonly resource: Resource;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Ask for `metadata` only. */
  readonly metadataOnly?: boolean;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly signal: AbortSignal;
  /** Ask for a streaming list first; a server without them gets pages. */
  readonly streaming?: boolean;
  readonly pageSize?: number;
  /** A watch without a byte for this long is dead. Bookmarks come about once a minute, but are not promised. */
  readonly idleMs?: number;
};

const PAGE_SIZE = 500;
const IDLE_MS = 180_000;
const LIST_TIMEOUT_MS = 60_000;
/** Spread, so that not every watch of every process ends in the same second. */
const WATCH_SECONDS = { min: 240, max: 290 };
const FUTILE_MS = 1_000;
/** A server that sends bookmarks has sent one by then. */
const SILENT_MS = 60_000;
/** Short enough that a change is seen within seconds after the API server is back. */
const BACKOFF = { initialMs: 800, maxMs: 5_000 };
const QUIET_MS = 120_000;

type Stream<T> = {
  readonly events: AsyncIterator<WatchEvent<T>>;
  readonly scope: AbortScope;
  readonly openedAt: number;
  seen: number;
};

/** Tells what the API server has and what changes, until `signal` aborts. Never throws. */
export async function* watchResource<T extends KubeObject>(options: WatcherOptions): AsyncGenerator<Output<T>> {
  const { clock, random, signal } = options;
  const backoff = new Backoff(BACKOFF, QUIET_MS, clock, random);
  const io = new WatcherIO<T>(options);
  let state = initialState(options.streaming ?? false);
  try {
    while (state.kind !== "stopped") {
      const input: Input<T> = signal.aborted ? { kind: "aborted" } : await io.perform(state);
      const next = advance(state, signal.aborted ? { kind: "aborted" } : input);
      if (next.state.kind !== "watching" && next.state.kind !== "streaming") io.closeStream();
      yield* next.outputs;
      await pause(next.pause, backoff, options);
      state = next.state;
    }
  } finally {
    io.closeStream();
  }
}

const pause = async (kind: Pause, backoff: Backoff, { clock, random, signal }: WatcherOptions): Promise<void> => {
  if (kind === "none") return;
  const asked = kind === "backoff" ? 0 : kind.retryAfterMs * (1 + random() / 5);
  await sleep(clock, Math.max(backoff.next(), asked), signal).catch(() => undefined);
};

/** The requests behind the states. */
class WatcherIO<T extends KubeObject> {
  readonly #options: WatcherOptions;
  readonly #scope: Pick<WatcherOptions, "namespace" | "labelSelector" | "fieldSelector" | "metadataOnly">;
  #stream: Stream<T> | undefined;

  constructor(options: WatcherOptions) {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = options;
    this.#options = options;
    this.#scope = {
      ...(namespace === undefined ? {} : { namespace }),
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
      ...(metadataOnly === undefined ? {} : { metadataOnly }),
    };
  }

  async perform(state: State): Promise<Input<T>> {
    try {
      switch (state.kind) {
        case "empty":
        case "missing":
          return state.mode === "stream" ? await this.#open() : await this.#list(state.mode);
        case "listing":
          return await this.#list(state.mode, state.token);
        case "listed":
          return await this.#open(state.version);
        case "streaming":
        case "watching":
          return await this.#next();
        case "stopped":
          return { kind: "aborted" };
      }
    } catch (error) {
      return { kind: "failed", error };
    }
  }

  closeStream(): void {
    const stream = this.#stream;
    this.#stream = undefined;
    if (stream === undefined) return;
    stream.scope.abort(new Error("the watch is over"));
    stream.scope.release();
    // The iterator may be in the middle of a read; it ends with the signal.
    stream.events.return?.().catch(() => undefined);
  }

  async #list(mode: Mode, token?: string): Promise<Input<T>> {
    const { client, resource, signal, pageSize = PAGE_SIZE } = this.#options;
    const page = await client.list<T>(resource, {
      ...this.#scope,
      ...(mode === "whole" ? {} : { limit: pageSize }),
      ...(token === undefined ? {} : { continue: token }),
      timeoutMs: LIST_TIMEOUT_MS,
      signal,
    });
    return { kind: "page", page };
  }

  /** Opens a watch from a version, or, without one, a streaming list. */
  async #open(version?: string): Promise<Input<T>> {
    const { client, resource, signal, clock, random, idleMs = IDLE_MS } = this.#options;
    const scope = abortScope(clock, signal);
    try {
      const events = await client.watch<T>(resource, {
        ...this.#scope,
        ...(version === undefined ? { sendInitialEvents: true } : { resourceVersion: version }),
        timeoutSeconds: Math.round(WATCH_SECONDS.min + random() * (WATCH_SECONDS.max - WATCH_SECONDS.min)),
        signal: scope.signal,
        idleMs,
      });
      this.#stream = { events: events[Symbol.asyncIterator](), scope, openedAt: clock.monotonic(), seen: 0 };
      return { kind: "opened" };
    } catch (error) {
      scope.release();
      throw error;
    }
  }

  async #next(): Promise<Input<T>> {
    const stream = this.#stream;
    if (stream === undefined) return { kind: "ended", futile: false, silent: false };
    const result = await stream.events.next();
    if (result.done === true) {
      const lastedMs = this.#options.clock.monotonic() - stream.openedAt;
      const barren = stream.seen === 0;
      return { kind: "ended", futile: barren && lastedMs < FUTILE_MS, silent: barren && lastedMs > SILENT_MS };
    }
    stream.seen += 1;
    return { kind: "event", event: result.value };
  }
}
