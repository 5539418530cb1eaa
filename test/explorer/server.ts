/**
 * The in-process API server without sockets: what it answers, and when, is decided by a seed and a fake clock, so that a
 * history can be told again. Requests travel, answers travel, and each watch lags as it likes; both can be made to fail.
 */
import { VALIDATING_ADMISSION_POLICY, VALIDATING_ADMISSION_POLICY_BINDING } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { refusal } from "../../src/kube/answers.ts";
import type { Client, ListPage, WatchEvent, WatchOptions } from "../../src/kube/client.ts";
import { TransportError } from "../../src/kube/errors.ts";
import { collectionPath, objectPath, queryOf } from "../../src/kube/paths.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { Api, type ApiRequest, type Reply } from "../apiserver/api.ts";
import type { RequestInfo } from "../apiserver/faults.ts";
import { customKind, DEFAULT_KINDS, Kinds } from "../apiserver/kinds.ts";
import { failure, Refusal } from "../apiserver/refusal.ts";
import { type Change, collectionOf, Store, type Version } from "../apiserver/store.ts";
import type { Random } from "./random.ts";

/** What may happen to a request. `lost`: it is processed, and the answer never arrives. */
export type Trouble = { readonly code: 409 | 429 | 500 | 503 } | "lost" | "reset" | "slow";

const KINDS = [
  ...DEFAULT_KINDS,
  customKind(VALIDATING_ADMISSION_POLICY),
  customKind(VALIDATING_ADMISSION_POLICY_BINDING),
];
const TRAVEL_MS = 3;
const LAG_MS = 8;
const SLOW_MS = 400;
const RETRY_AFTER = "1";
const JSON_TYPE = "application/json";
const METADATA_TYPE = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

type Sent = Pick<RequestInfo, "method" | "verb"> & {
  readonly path: string;
  readonly query?: string;
  readonly contentType?: string;
  readonly accept?: string;
  readonly body?: unknown;
};

export class LocalServer {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly #api: Api;
  readonly #streams = new Set<Stream>();
  readonly #troubles: Trouble[] = [];
  readonly #held = new Set<string>();
  /** Requests that are under way. */
  underway = 0;

  constructor(clock: Clock, random: Random) {
    this.clock = clock;
    this.random = random;
    this.store = new Store(new Kinds(KINDS), clock);
    this.#api = new Api(this.store);
    this.store.onChange((change) => {
      for (const stream of this.#streams) stream.changed(change);
    });
  }

  /** The next requests that change something, or that list, meet these. */
  trouble(...troubles: readonly Trouble[]): void {
    this.#troubles.push(...troubles);
  }

  /** Ends watches; `forgotten`: what they missed is no longer known. */
  loseWatches(plural: string | undefined, forgotten: boolean): void {
    if (forgotten) this.store.compact();
    for (const stream of this.#streams) if (plural === undefined || stream.plural === plural) stream.cut();
  }

  /** Keeps back what watches of a kind would tell. */
  hold(plural: string): void {
    this.#held.add(plural);
  }

  release(): void {
    this.#held.clear();
    for (const stream of this.#streams) stream.flushSoon(0);
  }

  calm(): void {
    this.#troubles.length = 0;
    this.release();
  }

  isHeld(plural: string): boolean {
    return this.#held.has(plural);
  }

  /** A client of one process. {@link LocalClient.kill} ends the process. */
  client(): LocalClient {
    return new LocalClient(this);
  }

  meet({ verb }: Sent): Trouble | undefined {
    return verb === "get" ? undefined : this.#troubles.shift();
  }

  answer(sent: Sent): Reply {
    return this.#api.answer(this.request(sent));
  }

  request({ accept = JSON_TYPE, body, contentType = JSON_TYPE, method, path, query = "", verb }: Sent): ApiRequest {
    const route = this.store.kinds.route(path);
    const info: RequestInfo = {
      method,
      verb,
      path,
      apiVersion: route?.kind.apiVersion ?? "",
      resource: route?.kind.plural ?? "",
      subresource: route?.subresource ?? "",
      namespace: route?.namespace ?? "",
      name: route?.name ?? "",
      userAgent: "explorer",
      fieldManager: new URLSearchParams(query).get("fieldManager") ?? "explorer",
      resourceVersion: "",
      search: query,
    };
    const text = body === undefined ? "" : JSON.stringify(body);
    return { info, route, query: new URLSearchParams(query), contentType, accept, body: text };
  }

  open(stream: Stream): void {
    this.#streams.add(stream);
  }

  close(stream: Stream): void {
    this.#streams.delete(stream);
  }
}

type Waiting = { readonly resolve: (result: IteratorResult<unknown>) => void; readonly reject: (error: Error) => void };

/** One watch: events wait in it until the reader asks for them, and until their time has come. */
class Stream {
  readonly plural: string;
  readonly #server: LocalServer;
  readonly #collection: string;
  readonly #namespace: string | undefined;
  readonly #metadataOnly: boolean;
  readonly #backlog: string[] = [];
  readonly #ready: string[] = [];
  #waiting: Waiting | undefined;
  #flushing = false;
  #end: "clean" | "cut" | undefined;

  constructor(server: LocalServer, request: ApiRequest, metadataOnly: boolean) {
    const { route } = request;
    if (route === undefined) throw new Error("a watch of nothing");
    this.#server = server;
    this.plural = route.kind.plural;
    this.#collection = collectionOf(route.kind);
    this.#namespace = route.namespace;
    this.#metadataOnly = metadataOnly;
    server.open(this);
  }

  changed({ kind, type, version }: Change): void {
    if (this.#end !== undefined || collectionOf(kind) !== this.#collection || !this.#sees(version)) return;
    this.tell(type, version);
  }

  tell(type: string, version: Version): void {
    this.say(type, this.#metadataOnly ? version.metadataJson : version.json);
  }

  say(type: string, json: string): void {
    this.#backlog.push(`{"type":"${type}","object":${json}}`);
    this.flushSoon(this.#server.random.below(LAG_MS));
  }

  flushSoon(ms: number): void {
    if (this.#flushing || this.#backlog.length === 0 || this.#server.isHeld(this.plural)) return;
    this.#flushing = true;
    this.#server.clock.after(ms, () => {
      this.#flushing = false;
      if (this.#server.isHeld(this.plural)) return;
      this.#ready.push(...this.#backlog.splice(0));
      this.#serve();
    });
  }

  /** The connection breaks: what was not delivered is lost with it. */
  cut(): void {
    this.finish("cut");
  }

  finish(end: "clean" | "cut"): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#backlog.length = 0;
    this.#server.close(this);
    this.#serve();
  }

  next(): Promise<IteratorResult<unknown>> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#serve();
    });
  }

  #sees({ object }: Version): boolean {
    return this.#namespace === undefined || object.metadata.namespace === this.#namespace;
  }

  #serve(): void {
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    const line = this.#ready.shift();
    if (line === undefined && this.#end === undefined) return;
    this.#waiting = undefined;
    if (line !== undefined) waiting.resolve({ done: false, value: JSON.parse(line) });
    else if (this.#end === "clean") waiting.resolve({ done: true, value: undefined });
    else waiting.reject(new TransportError("watch", new Error("cut")));
  }
}

const refOf = ({ metadata: { name, namespace } }: KubeObject) =>
  namespace === undefined ? { name } : { name, namespace };

type Signal = { readonly signal?: AbortSignal | undefined };

/** What a process speaks to. Unlike the real client it retries nothing: whoever calls must. */
export class LocalClient implements Client {
  readonly #server: LocalServer;
  readonly #life = new AbortController();

  constructor(server: LocalServer) {
    this.#server = server;
    // One listener for each call under way.
    this.#life.signal.addEventListener("abort", () => undefined);
  }

  /** The process is gone: what was sent may still arrive, answers do not. */
  kill(): void {
    this.#life.abort(new Error("the process is gone"));
  }

  get: Client["get"] = (resource, ref, options) =>
    this.#call({ method: "GET", verb: "get", path: objectPath(resource, ref) }, options);

  getMetadata: Client["getMetadata"] = (resource, ref, options) =>
    this.#call({ method: "GET", verb: "get", path: objectPath(resource, ref), accept: METADATA_TYPE }, options);

  list: Client["list"] = async <T extends KubeObject>(
    resource: Parameters<Client["list"]>[0],
    options: Parameters<Client["list"]>[1] = {},
  ): Promise<ListPage<T>> => {
    const query = queryOf({ limit: options.limit, continue: options.continue });
    const path = collectionPath(resource, options.namespace);
    const accept = options.metadataOnly === true ? METADATA_TYPE : JSON_TYPE;
    const answer = await this.#call<KubeObject & { items: T[] }>(
      { method: "GET", verb: "list", path, query, accept },
      options,
    );
    const { resourceVersion = "", continue: token } = answer.metadata as {
      resourceVersion?: string;
      continue?: string;
    };
    return { items: answer.items, resourceVersion, ...(token === undefined ? {} : { continue: token }) };
  };

  create: Client["create"] = (resource, object, options) =>
    this.#call(
      {
        method: "POST",
        verb: "create",
        path: collectionPath(resource, object.metadata.namespace),
        query: queryOf({ fieldManager: options.fieldManager }),
        body: object,
      },
      options,
    );

  replace: Client["replace"] = (resource, object, options) =>
    this.#put(objectPath(resource, refOf(object)), object, options);

  replaceStatus: Client["replaceStatus"] = (resource, object, options) =>
    this.#put(objectPath(resource, refOf(object), "status"), object, options);

  apply: Client["apply"] = (resource, object, { fieldManager, force, signal }) =>
    this.#patch(objectPath(resource, refOf(object)), "application/apply-patch+yaml", object, {
      query: queryOf({ fieldManager, force: force || undefined }),
      signal,
    });

  jsonPatch: Client["jsonPatch"] = (resource, ref, operations, { fieldManager, signal }) =>
    this.#patch(objectPath(resource, ref), "application/json-patch+json", operations, {
      query: queryOf({ fieldManager }),
      signal,
    });

  mergePatch: Client["mergePatch"] = (resource, ref, patch, { fieldManager, signal }) =>
    this.#patch(objectPath(resource, ref), "application/merge-patch+json", patch, {
      query: queryOf({ fieldManager }),
      signal,
    });

  delete: Client["delete"] = async (resource, ref, { uid, resourceVersion, gracePeriodSeconds, signal } = {}) => {
    const body = { preconditions: { uid, resourceVersion }, gracePeriodSeconds };
    await this.#call({ method: "DELETE", verb: "delete", path: objectPath(resource, ref), body }, { signal });
  };

  raw = (): Promise<string> => Promise.resolve("ok");
  close = (): Promise<void> => Promise.resolve();

  watch: Client["watch"] = async <T extends KubeObject>(
    resource: Parameters<Client["watch"]>[0],
    options: WatchOptions,
  ): Promise<AsyncIterable<WatchEvent<T>>> => {
    const accept = options.metadataOnly === true ? METADATA_TYPE : JSON_TYPE;
    const sent: Sent = { method: "GET", verb: "watch", path: collectionPath(resource, options.namespace), accept };
    await this.#travel(sent, options);
    const request = this.#server.request(sent);
    if (request.route === undefined) this.#refuse(sent, new Refusal(404, "the kind is not served"));
    const stream = new Stream(this.#server, request, options.metadataOnly === true);
    this.#begin(stream, request, options);
    const stop = (): void => stream.finish("clean");
    for (const signal of [options.signal, this.#life.signal]) {
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
    }
    const cancel = this.#server.clock.after(options.timeoutSeconds * 1000, stop);
    const iterator: AsyncIterator<WatchEvent<T>> = {
      next: () => stream.next() as Promise<IteratorResult<WatchEvent<T>>>,
      return: () => {
        cancel();
        stop();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    return { [Symbol.asyncIterator]: () => iterator };
  };

  #begin(stream: Stream, { route }: ApiRequest, options: WatchOptions): void {
    const { store } = this.#server;
    if (route === undefined) return;
    if (options.sendInitialEvents === true) {
      for (const version of store.select(route.kind, () => true, route.namespace)) stream.tell("ADDED", version);
      const metadata = {
        resourceVersion: String(store.resourceVersion),
        annotations: { "k8s.io/initial-events-end": "true" },
      };
      stream.say("BOOKMARK", JSON.stringify({ apiVersion: route.kind.apiVersion, kind: route.kind.kind, metadata }));
      return;
    }
    const from = Number(options.resourceVersion ?? 0);
    if (from < store.compactedVersion) {
      stream.say("ERROR", JSON.stringify(failure(410, `too old resource version: ${from}`)));
      return;
    }
    for (const change of store.changesSince(route.kind, from)) stream.changed(change);
  }

  #put<T extends KubeObject>(path: string, body: T, options: Signal & { readonly fieldManager: string }): Promise<T> {
    const query = queryOf({ fieldManager: options.fieldManager });
    return this.#call({ method: "PUT", verb: "update", path, query, body }, options);
  }

  #patch<T extends KubeObject>(
    path: string,
    contentType: string,
    body: unknown,
    { query, signal }: Signal & { readonly query: string },
  ): Promise<T> {
    return this.#call({ method: "PATCH", verb: "patch", path, query, contentType, body }, { signal });
  }

  async #call<T extends KubeObject>(sent: Sent, { signal }: Signal = {}): Promise<T> {
    this.#server.underway += 1;
    try {
      const lost = await this.#travel(sent, { signal });
      const { code, text } = this.#server.answer(sent);
      await this.#pass(this.#server.random.below(TRAVEL_MS), signal);
      if (lost) throw new TransportError(sent.path, new Error("the answer is lost"));
      if (code >= 400)
        throw refusal(sent.path, { status: code, contentType: JSON_TYPE, retryAfter: undefined, text }, 0);
      return JSON.parse(text) as T;
    } finally {
      this.#server.underway -= 1;
    }
  }

  /** The way to the server, with what may happen there. Gives whether the answer will be lost. */
  async #travel(sent: Sent, { signal }: Signal): Promise<boolean> {
    const trouble = this.#server.meet(sent);
    try {
      await this.#pass(trouble === "slow" ? SLOW_MS : this.#server.random.below(TRAVEL_MS), signal);
    } catch (error) {
      // What was sent before the process ended may have arrived.
      if (this.#life.signal.aborted && this.#server.random.once(2) && sent.verb !== "watch") this.#server.answer(sent);
      throw error;
    }
    if (trouble === "reset") throw new TransportError(sent.path, new Error("reset"));
    if (typeof trouble === "object") this.#refuse(sent, new Refusal(trouble.code, "injected"));
    return trouble === "lost";
  }

  #refuse({ path }: Sent, { code, status }: Refusal): never {
    const retryAfter = code === 429 ? RETRY_AFTER : undefined;
    throw refusal(path, { status: code, contentType: JSON_TYPE, retryAfter, text: JSON.stringify(status) }, 0);
  }

  #pass(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const life = this.#life.signal;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        leave();
        reject(life.aborted ? life.reason : signal?.reason);
      };
      const leave = (): void => {
        cancel();
        life.removeEventListener("abort", stop);
        signal?.removeEventListener("abort", stop);
      };
      const cancel = this.#server.clock.after(ms, () => {
        leave();
        resolve();
      });
      life.addEventListener("abort", stop, { once: true });
      signal?.addEventListener("abort", stop, { once: true });
      if (life.aborted || signal?.aborted) stop();
    });
  }
}
