/**
 * The API client: plain JSON in and out, no models, no discovery. Every call has a deadline.
 * Errors are {@link ApiError} (an answer) or {@link TransportError} (none); a call whose own signal aborts rejects
 * with the signal's reason. Bodies are never part of an error or of a log line.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { Resource } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import { abortScope, DeadlineExceeded } from "../lib/abort.ts";
import { backoffDelay } from "../lib/backoff.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { type Answer, isNamedObject, objectIn, refusal } from "./answers.ts";
import type { ClusterConfig } from "./config.ts";
import { ApiError, TransportError } from "./errors.ts";
import { collectionPath, objectPath, queryOf, type Subresource } from "./paths.ts";
import { type HttpRequest, type HttpStream, isSuccess, Transport } from "./transport.ts";
import { watchEvents } from "./watch.ts";

export type Ref = { readonly namespace?: string; readonly name: string };

export type CallOptions = {
  readonly signal?: AbortSignal;
  /** For the whole call, retries included; 30 s unless told. */
  readonly timeoutMs?: number;
};

export type WriteOptions = CallOptions & {
  /** Who owns the written fields; one per controller. */
  readonly fieldManager: string;
  readonly dryRun?: boolean;
};

export type ListOptions = CallOptions & {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  readonly continue?: string;
  readonly resourceVersion?: string;
  /** As {@link Client.getMetadata}, for every item. */
  readonly metadataOnly?: boolean;
};

export type ListPage<T> = {
  readonly items: readonly T[];
  readonly resourceVersion: string;
  /** Present while there are more pages. */
  readonly continue?: string;
};

export type WatchOptions = {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly resourceVersion?: string;
  /** The server ends the watch cleanly after this long. */
  readonly timeoutSeconds: number;
  /** Ask for the present state as ADDED events, ended by a bookmark (streaming list). */
  readonly sendInitialEvents?: boolean;
  /** As {@link Client.getMetadata}, for every event. */
  readonly metadataOnly?: boolean;
  readonly signal: AbortSignal;
  /** Without a byte for this long the connection counts as dead. */
  readonly idleMs: number;
};

/** One line of a watch. `ERROR` carries a Status instead of an object of the kind. */
export type WatchEvent<T> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK"; readonly object: T }
  | {
      readonly type: "ERROR";
      readonly object: { readonly code?: number; readonly reason?: string; readonly message?: string };
    };

export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string };

export type DeleteOptions = CallOptions & {
  /** Delete only the object with this UID (409 otherwise). */
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: "Background" | "Foreground" | "Orphan";
};

export type Client = {
  get<T extends KubeObject>(resource: Resource, ref: Ref, options?: CallOptions): Promise<T>;
  /** Name, labels, annotations, timestamps: no spec and no status leave the server. Its kind is PartialObjectMetadata. */
  getMetadata(resource: Resource, ref: Ref, options?: CallOptions): Promise<KubeObject>;
  list<T extends KubeObject>(resource: Resource, options?: ListOptions): Promise<ListPage<T>>;
  /**
   * Opens a watch; resolves once the server accepted it. The iterator ends when the server ends it cleanly, and promptly
   * when the signal aborts; it throws TransportError when the connection is cut, silent for `idleMs`, or talks nonsense.
   * Iterate it once. Events not yet asked for are left in the socket.
   */
  watch<T extends KubeObject>(resource: Resource, options: WatchOptions): Promise<AsyncIterable<WatchEvent<T>>>;
  /** POST: the cheapest way to create (docs/adr/0003). */
  create<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions): Promise<T>;
  /** PUT: the cheapest way to change; 409 when `metadata.resourceVersion` is not the newest. */
  replace<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions): Promise<T>;
  replaceStatus<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions): Promise<T>;
  /** Server-side apply. `force` takes fields over from other managers. */
  apply<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions & { readonly force?: boolean },
  ): Promise<T>;
  /** RFC 6902; a failed `test` is a 422. */
  jsonPatch<T extends KubeObject>(
    resource: Resource,
    ref: Ref,
    operations: readonly JsonPatchOperation[],
    options: WriteOptions,
  ): Promise<T>;
  /** RFC 7386. */
  mergePatch<T extends KubeObject>(resource: Resource, ref: Ref, patch: unknown, options: WriteOptions): Promise<T>;
  delete(resource: Resource, ref: Ref, options?: DeleteOptions): Promise<void>;
  /** A GET of any other path (`/version`, `/readyz`), as text. */
  raw(path: string, options?: CallOptions): Promise<string>;
  /** Closes all connections; calls under way fail with TransportError. */
  close(): Promise<void>;
};

export type Verb = "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";

/** One request as it went over the wire, for metrics. */
export type ObservedCall = {
  readonly verb: Verb;
  readonly method: string;
  /** The plural, with `/status`; empty for other paths. */
  readonly resource: string;
  /** The HTTP status, or `<error>` if there was no answer. */
  readonly code: string;
  /** Until the end of the answer; for a watch until it was accepted. */
  readonly seconds: number;
};

export type ClientOptions = {
  /** See `userAgent` in transport.ts. */
  readonly userAgent: string;
  readonly observe?: (call: ObservedCall) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
  /** Waits between retries, at most until {@link Client.close}; unlike the timers of a {@link Clock} it keeps the process alive. */
  readonly wait?: (ms: number, signal?: AbortSignal) => Promise<void>;
};

const DEFAULT_TIMEOUT_MS = 30_000;
const MAX_RETRIES = 4;
const RETRY_BACKOFF = { initialMs: 100, maxMs: 2_000, jitter: 0.5 };
const JSON_TYPE = "application/json";
const METADATA_TYPE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
const METADATA_LIST_TYPE = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
const APPLY_TYPE = "application/apply-patch+yaml";
const JSON_PATCH_TYPE = "application/json-patch+json";
const MERGE_PATCH_TYPE = "application/merge-patch+json";

/** A request, what to call it in metrics and in errors. */
type Call = HttpRequest & { readonly verb: Verb; readonly resource: string; readonly title: string };

type Target = {
  readonly resource: Resource;
  readonly ref?: Ref;
  readonly namespace?: string | undefined;
  readonly subresource?: Subresource;
};

type RawList<T> = {
  readonly items?: T[];
  readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
};

const kindOf = ({ resource, subresource }: Target): string =>
  subresource === undefined ? resource.plural : `${resource.plural}/${subresource}`;

/** `PUT packs.dev/v1alpha1 packgrants packs-system/x`. */
const titleOf = (method: string, target: Target): string => {
  const name = [target.ref?.namespace ?? target.namespace, target.ref?.name].filter((part) => part !== undefined);
  return [method, target.resource.apiVersion, kindOf(target), ...(name.length === 0 ? [] : [name.join("/")])].join(" ");
};

const pathOf = ({ resource, ref, namespace, subresource }: Target): string =>
  ref === undefined ? collectionPath(resource, namespace) : objectPath(resource, ref, subresource);

const refOf = ({ metadata }: KubeObject): Ref =>
  metadata.namespace === undefined ? { name: metadata.name } : { namespace: metadata.namespace, name: metadata.name };

const callOf = (
  verb: Verb,
  method: HttpRequest["method"],
  target: Target,
  request: { readonly query?: string; readonly headers: Readonly<Record<string, string>>; readonly body?: unknown },
  signal: AbortSignal | undefined,
): Call => ({
  verb,
  method,
  resource: kindOf(target),
  title: titleOf(method, target),
  path: `${pathOf(target)}${request.query ?? ""}`,
  headers: request.headers,
  ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  signal,
});

/** Strict: a field that the server would drop, such as a misspelt peer list, is refused instead. */
const writeQuery = ({ fieldManager, dryRun }: WriteOptions, force?: boolean): string =>
  queryOf({ fieldManager, fieldValidation: "Strict", dryRun: dryRun ? "All" : undefined, force: force || undefined });

/**
 * What may be sent again: what was surely not processed, and reads. A deadline covers the retries; it is none itself.
 */
const mayRetry = (method: HttpRequest["method"], error: unknown): boolean => {
  if (error instanceof ApiError && error.code === 429) return true;
  if (method !== "GET") return false;
  if (error instanceof ApiError) return error.code === 503 || (error.code >= 500 && error.retryAfterMs !== undefined);
  return error instanceof TransportError && !(error.cause instanceof DeadlineExceeded);
};

/** Items of built-in kinds come without the two fields that say what they are. */
const identified = <T extends KubeObject>(item: T, { apiVersion, kind }: Resource): T =>
  item.kind === undefined ? { ...item, apiVersion, kind } : item;

class HttpClient implements Client {
  readonly #transport: Transport;
  readonly #observe: (call: ObservedCall) => void;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #wait: (ms: number, signal?: AbortSignal) => Promise<void>;

  constructor(config: ClusterConfig, options: ClientOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#observe = options.observe ?? (() => undefined);
    this.#random = options.random ?? Math.random;
    this.#wait = options.wait ?? ((ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }));
    this.#transport = new Transport(config, options.userAgent, this.#clock);
  }

  async get<T extends KubeObject>(resource: Resource, ref: Ref, options: CallOptions = {}): Promise<T> {
    const headers = { accept: JSON_TYPE };
    return this.#object(callOf("get", "GET", { resource, ref }, { headers }, options.signal), options);
  }

  async getMetadata(resource: Resource, ref: Ref, options: CallOptions = {}): Promise<KubeObject> {
    const headers = { accept: METADATA_TYPE };
    return this.#object(callOf("get", "GET", { resource, ref }, { headers }, options.signal), options);
  }

  async list<T extends KubeObject>(resource: Resource, options: ListOptions = {}): Promise<ListPage<T>> {
    const { namespace, labelSelector, fieldSelector, limit, resourceVersion, metadataOnly, signal } = options;
    const query = queryOf({ labelSelector, fieldSelector, limit, continue: options.continue, resourceVersion });
    const headers = { accept: metadataOnly ? METADATA_LIST_TYPE : JSON_TYPE };
    const call = callOf("list", "GET", { resource, namespace }, { query, headers }, signal);
    const { items, metadata } = await this.#object<RawList<T>>(call, options);
    // An empty list of some kinds is `null`.
    if (items !== null && !Array.isArray(items))
      throw new TransportError(call.title, new Error("the answer is no list"));
    if (!(items ?? []).every(isNamedObject))
      throw new TransportError(call.title, new Error("the list has an item without a name"));
    return {
      items: (items ?? []).map((item) => identified(item, resource)),
      resourceVersion: metadata?.resourceVersion ?? "",
      ...(metadata?.continue ? { continue: metadata.continue } : {}),
    };
  }

  async watch<T extends KubeObject>(resource: Resource, options: WatchOptions): Promise<AsyncIterable<WatchEvent<T>>> {
    const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, sendInitialEvents } = options;
    const query = queryOf({
      watch: true,
      allowWatchBookmarks: true,
      labelSelector,
      fieldSelector,
      resourceVersion,
      timeoutSeconds,
      ...(sendInitialEvents ? { sendInitialEvents: true, resourceVersionMatch: "NotOlderThan" } : {}),
    });
    const headers = { accept: options.metadataOnly ? METADATA_TYPE : JSON_TYPE };
    const call = callOf("watch", "GET", { resource, namespace }, { query, headers }, options.signal);
    return watchEvents<T>(call.title, await this.#open(call), this.#clock, options);
  }

  async create<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions): Promise<T> {
    const { namespace, name } = object.metadata;
    if (resource.namespaced && !namespace) throw new TypeError(`${resource.kind} ${name} without a namespace`);
    const request = { query: writeQuery(options), headers: { "content-type": JSON_TYPE }, body: object };
    const call = callOf("create", "POST", { resource, namespace }, request, options.signal);
    return this.#object({ ...call, title: titleOf("POST", { resource, ref: refOf(object) }) }, options);
  }

  replace<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions): Promise<T> {
    return this.#put({ resource, ref: refOf(object) }, object, options);
  }

  replaceStatus<T extends KubeObject>(resource: Resource, object: T, options: WriteOptions): Promise<T> {
    return this.#put({ resource, ref: refOf(object), subresource: "status" }, object, options);
  }

  apply<T extends KubeObject>(
    resource: Resource,
    object: T,
    options: WriteOptions & { readonly force?: boolean },
  ): Promise<T> {
    return this.#patch({ resource, ref: refOf(object) }, APPLY_TYPE, object, options, options.force);
  }

  jsonPatch<T extends KubeObject>(
    resource: Resource,
    ref: Ref,
    operations: readonly JsonPatchOperation[],
    options: WriteOptions,
  ): Promise<T> {
    return this.#patch({ resource, ref }, JSON_PATCH_TYPE, operations, options);
  }

  mergePatch<T extends KubeObject>(resource: Resource, ref: Ref, patch: unknown, options: WriteOptions): Promise<T> {
    return this.#patch({ resource, ref }, MERGE_PATCH_TYPE, patch, options);
  }

  async delete(resource: Resource, ref: Ref, options: DeleteOptions = {}): Promise<void> {
    const { uid, resourceVersion, gracePeriodSeconds, propagationPolicy, signal } = options;
    const guarded = uid !== undefined || resourceVersion !== undefined;
    const body = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      ...(guarded ? { preconditions: { uid, resourceVersion } } : {}),
      gracePeriodSeconds,
      propagationPolicy,
    };
    const request = { headers: { "content-type": JSON_TYPE }, body };
    await this.#object(callOf("delete", "DELETE", { resource, ref }, request, signal), options);
  }

  async raw(path: string, options: CallOptions = {}): Promise<string> {
    const { signal } = options;
    const { text } = await this.#send(
      { verb: "get", method: "GET", resource: "", title: `GET ${path}`, path, signal },
      options,
    );
    return text;
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  async #put<T>(target: Target, body: T, options: WriteOptions): Promise<T> {
    const request = { query: writeQuery(options), headers: { "content-type": JSON_TYPE }, body };
    return this.#object(callOf("update", "PUT", target, request, options.signal), options);
  }

  async #patch<T>(target: Target, type: string, body: unknown, options: WriteOptions, force?: boolean): Promise<T> {
    const request = { query: writeQuery(options, force), headers: { "content-type": type }, body };
    return this.#object(callOf("patch", "PATCH", target, request, options.signal), options);
  }

  async #object<T>(call: Call, options: CallOptions): Promise<T> {
    return this.#retrying(call, options, async (leftMs) => objectIn(call.title, await this.#once(call, leftMs)) as T);
  }

  #send(call: Call, options: CallOptions): Promise<Answer> {
    return this.#retrying(call, options, (leftMs) => this.#once(call, leftMs));
  }

  async #retrying<T>(call: Call, options: CallOptions, work: (leftMs: number) => Promise<T>): Promise<T> {
    const deadline = this.#clock.monotonic() + (options.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    for (let attempt = 0; ; attempt++) {
      try {
        return await work(deadline - this.#clock.monotonic());
      } catch (error) {
        if (this.#transport.closed.aborted || attempt === MAX_RETRIES || !mayRetry(call.method, error)) throw error;
        const pause = this.#pause(error, attempt);
        if (this.#clock.monotonic() + pause >= deadline) throw error;
        await this.#rest(pause, call.signal);
      }
    }
  }

  /** What the server asks for may be nothing at all, or in the past. */
  #pause(error: unknown, attempt: number): number {
    const asked = error instanceof ApiError ? (error.retryAfterMs ?? 0) : 0;
    return Math.max(asked, backoffDelay(RETRY_BACKOFF, attempt, this.#random));
  }

  /** Ends early when the client is closed: the next attempt says so. */
  async #rest(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const scope = abortScope(this.#clock, [signal, this.#transport.closed]);
    try {
      await this.#wait(ms, scope.signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!scope.signal.aborted) throw error;
    } finally {
      scope.release();
    }
    signal?.throwIfAborted();
  }

  /** One request, answered with 2xx; everything else is thrown. */
  async #once(call: Call, timeoutMs: number): Promise<Answer> {
    const answer = await this.#observed(call, () => this.#transport.call(call, timeoutMs));
    if (!isSuccess(answer.status)) throw refusal(call.title, answer, this.#clock.now());
    return answer;
  }

  async #open(call: Call): Promise<HttpStream> {
    const stream = await this.#observed(call, () => this.#transport.stream(call, DEFAULT_TIMEOUT_MS));
    if (stream.refusal === undefined) return stream;
    stream.close();
    throw refusal(call.title, { ...stream, text: stream.refusal }, this.#clock.now());
  }

  async #observed<T extends { readonly status: number }>(call: Call, work: () => Promise<T>): Promise<T> {
    const { verb, method, resource, title, signal } = call;
    const start = this.#clock.monotonic();
    const report = (code: string): void =>
      this.#observe({ verb, method, resource, code, seconds: (this.#clock.monotonic() - start) / 1000 });
    try {
      const answer = await work();
      report(String(answer.status));
      return answer;
    } catch (error) {
      report("<error>");
      throw signal?.aborted ? signal.reason : new TransportError(title, error);
    }
  }
}

/** A client over connections of its own. Close it when done. */
export const createClient = (config: ClusterConfig, options: ClientOptions): Client => new HttpClient(config, options);
