/**
 * An API server in this process, over real HTTP: what our client and controllers rely on, deterministic, with every
 * fault on demand. The contract suite (test/contract) holds it to the behaviour of the real one.
 *
 * Not here: schemas (pruning, defaulting, CEL), admission, RBAC, namespaces as containers, garbage collection.
 */
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer, Server as HttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { type ClusterConfig, fromParts } from "../../src/kube/config.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { Api, type ApiRequest, positive, type Reply, wantsMetadata } from "./api.ts";
import { cutAfter, type Fault, Faults, type RequestInfo, reset } from "./faults.ts";
import { DEFAULT_KINDS, Kinds, type Route, type ServedKind } from "./kinds.ts";
import type { Obj } from "./objects.ts";
import { failure, Refusal, type Status } from "./refusal.ts";
import type { Predicate } from "./selectors.ts";
import { Store } from "./store.ts";
import { Watches } from "./watches.ts";

export type ApiServerOptions = {
  readonly kinds?: readonly ServedKind[];
  readonly clock?: Clock;
  /** Serve TLS with this pair (PEM); plain HTTP if absent. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Requests whose `Authorization` is refused get a 401. */
  readonly authorized?: (authorization: string | undefined) => boolean;
  /** Called before a request is processed; a promise holds the request back, to order a race by hand. */
  readonly intercept?: (request: RequestInfo) => Promise<void> | undefined;
  readonly watchDelayMs?: number;
  readonly watchBufferBytes?: number;
};

/** One request that was answered. */
export type Handled = RequestInfo & { readonly code: number };

const VERBS: Readonly<Record<string, RequestInfo["verb"]>> = {
  POST: "create",
  PUT: "update",
  PATCH: "patch",
  DELETE: "delete",
};

const verbOf = (method: string, route: Route | undefined, query: URLSearchParams): RequestInfo["verb"] => {
  const verb = VERBS[method];
  if (verb !== undefined) return verb;
  if (route === undefined || route.name !== undefined) return "get";
  return query.get("watch") === "true" || query.get("watch") === "1" ? "watch" : "list";
};

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
};

const nameIn = (body: string): string => {
  try {
    return String((JSON.parse(body) as Obj).metadata.name ?? "");
  } catch {
    return "";
  }
};

export class ApiServer {
  readonly store: Store;
  readonly watches: Watches;
  readonly faults = new Faults();
  /** Every request that was answered or deliberately not, oldest first. */
  readonly handled: Handled[] = [];
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #options: ApiServerOptions;
  readonly #clock: Clock;
  readonly #api: Api;

  constructor(options: ApiServerOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.store = new Store(new Kinds(options.kinds ?? DEFAULT_KINDS), this.#clock);
    this.#api = new Api(this.store);
    this.watches = new Watches(this.store, this.#clock, {
      delayMs: options.watchDelayMs ?? 0,
      bufferBytes: options.watchBufferBytes ?? Number.POSITIVE_INFINITY,
    });
    const listener = (request: IncomingMessage, response: ServerResponse): void => {
      this.#serve(request, response).catch(() => reset(response.socket));
    };
    this.#server =
      options.tls === undefined ? createHttpServer(listener) : createHttpsServer({ ...options.tls }, listener);
    this.#server.keepAliveTimeout = 90_000;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
  }

  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, "127.0.0.1", resolve);
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#options.tls === undefined ? "http" : "https"}://127.0.0.1:${this.port}`;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#sockets.size;
  }

  /** What a client needs. */
  config(parts: { readonly token?: string; readonly ca?: string } = {}): ClusterConfig {
    return fromParts({ server: this.url, ...parts });
  }

  /** The requests that tried to change something, oldest first. */
  get writes(): readonly Handled[] {
    return this.handled.filter(({ method }) => method !== "GET");
  }

  /** Forgets the history: watches from old versions get a 410, and so do continue tokens. */
  compact(): void {
    this.store.compact();
    this.#api.expireTokens();
  }

  /** An empty server again, on the same port; watches are cut. Cheaper than a new one. */
  reset(): void {
    this.watches.reset();
    this.store.reset();
    this.faults.clear();
    this.#api.expireTokens();
    this.handled.length = 0;
  }

  /** New connections see this certificate from now on. */
  useCertificate(pair: { readonly cert: string; readonly key: string }): void {
    if (this.#server instanceof HttpsServer) this.#server.setSecureContext({ ...pair });
  }

  /** Resets every connection, as a restart does. */
  disconnect(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = this.#request(incoming, await bodyOf(incoming));
    const { info } = request;
    await this.#options.intercept?.(info);
    if (this.#options.authorized?.(incoming.headers.authorization) === false) {
      return this.#refuse(response, info, failure(401, "Unauthorized"), 401);
    }
    const fault = this.faults.meet(info);
    if (fault === undefined) return this.#process(request, response, undefined);
    return this.#falter(fault, request, response);
  }

  #request(incoming: IncomingMessage, body: string): ApiRequest {
    const url = new URL(incoming.url ?? "/", "http://localhost");
    const method = incoming.method ?? "GET";
    const userAgent = incoming.headers["user-agent"] ?? "";
    const route = this.store.kinds.route(url.pathname);
    const query = url.searchParams;
    const info: RequestInfo = {
      method,
      verb: verbOf(method, route, query),
      path: url.pathname,
      apiVersion: route?.kind.apiVersion ?? "",
      resource: route?.kind.plural ?? "",
      subresource: route?.subresource ?? "",
      namespace: route?.namespace ?? "",
      name: route?.name ?? (method === "POST" ? nameIn(body) : ""),
      userAgent,
      fieldManager: query.get("fieldManager") ?? (userAgent.split("/", 1)[0] || "unknown"),
      resourceVersion: query.get("resourceVersion") ?? "",
      search: url.search,
    };
    const { "content-type": contentType = "", accept = "" } = incoming.headers;
    return { info, route, query, contentType, accept, body };
  }

  async #falter(fault: Fault, request: ApiRequest, response: ServerResponse): Promise<void> {
    const { info } = request;
    switch (fault.kind) {
      case "status": {
        const { code, message = "injected", reason, retryAfter } = fault;
        if (retryAfter !== undefined) response.setHeader("retry-after", retryAfter);
        return this.#refuse(response, info, failure(code, message, reason), code);
      }
      case "garbage": {
        const { status = 200, contentType = "text/html", body = "<html>Please log in</html>" } = fault;
        return this.#reply(response, info, { code: status, text: body, contentType });
      }
      case "reset":
        this.#note(info, 0);
        reset(response.socket);
        return;
      case "cut": {
        const reply = this.#api.answer(request);
        this.#note(info, 0);
        this.#head(response, reply);
        return cutAfter(response, reply.text, fault.afterBytes);
      }
      case "blackHole":
        if (fault.processed) this.#api.answer(request);
        this.#note(info, 0);
        return;
      case "slow":
        await new Promise<void>((resolve) => this.#clock.after(fault.ms, resolve));
        return this.#process(request, response, undefined);
      case "watchError":
      case "events":
        return this.#process(request, response, fault);
    }
  }

  async #process(request: ApiRequest, response: ServerResponse, fault: Fault | undefined): Promise<void> {
    if (request.info.verb === "watch") return this.#watch(request, response, fault);
    this.#reply(response, request.info, this.#api.answer(request));
  }

  #reply(response: ServerResponse, info: RequestInfo, reply: Reply): void {
    this.#note(info, reply.code);
    if (response.destroyed) return;
    this.#head(response, reply);
    response.end(reply.text);
  }

  #refuse(response: ServerResponse, info: RequestInfo, status: Status, code: number): void {
    this.#reply(response, info, { code, text: JSON.stringify(status) });
  }

  #head(
    response: ServerResponse,
    { code, contentType = "application/json" }: Pick<Reply, "code" | "contentType">,
  ): void {
    response.statusCode = code;
    response.setHeader("content-type", contentType);
  }

  #note(info: RequestInfo, code: number): void {
    this.handled.push({ ...info, code });
  }

  #watch(request: ApiRequest, response: ServerResponse, fault: Fault | undefined): void {
    const { info, route, query, accept } = request;
    const matches = this.#selection(request, response);
    if (route === undefined || matches === undefined) return;
    this.#note(info, 200);
    this.#head(response, { code: 200 });
    response.flushHeaders();
    if (fault?.kind === "watchError") {
      const { code, message = "injected" } = fault;
      response.end(`{"type":"ERROR","object":${JSON.stringify(failure(code, message))}}\n`);
      return;
    }
    this.watches.open(
      {
        info,
        kind: route.kind,
        namespace: route.namespace,
        matches,
        metadataOnly: wantsMetadata(accept),
        bookmarks: query.get("allowWatchBookmarks") === "true",
        timeoutSeconds: positive(query.get("timeoutSeconds")),
        tamper: fault?.kind === "events" ? fault.tamper() : undefined,
      },
      response,
      positive(info.resourceVersion) ?? 0,
      query.get("sendInitialEvents") === "true",
    );
  }

  /** What a watch is about; refuses it if it cannot be had. */
  #selection(request: ApiRequest, response: ServerResponse): Predicate | undefined {
    const { info, route } = request;
    if (route === undefined) return undefined;
    try {
      this.#api.checkNotInFuture(info.resourceVersion);
      return this.#api.selection(request, route);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#refuse(response, info, error.status, error.code);
      return undefined;
    }
  }
}

/** Starts a server on a free port of the loopback address. Close it when done. */
export const startApiServer = async (options: ApiServerOptions = {}): Promise<ApiServer> => {
  const server = new ApiServer(options);
  await server.listen();
  return server;
};
