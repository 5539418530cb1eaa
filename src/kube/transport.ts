/** HTTP to the API server: one pool of HTTP/1.1 connections, replaced as a whole when it is in doubt. */
import type { IncomingHttpHeaders } from "node:http";
import { Agent, type Dispatcher } from "undici";
import { type AbortScope, abortScope, DeadlineExceeded, orAbort } from "../lib/abort.ts";
import type { Clock } from "../lib/clock.ts";
import type { ClusterConfig, Credentials } from "./config.ts";

const CONNECT_TIMEOUT_MS = 10_000;
/** The API server closes idle connections after 90 s or more; let go first. */
const KEEP_ALIVE_MS = 30_000;
/** A watch occupies a connection for as long as it lasts, a call for its duration. */
const MAX_CONNECTIONS = 128;

export type HttpRequest = {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With the query. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal?: AbortSignal | undefined;
};

export type HttpResponse = {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
};

export type HttpStream = HttpResponse & {
  /** The text of an answer that is not 2xx; it was read to its end. */
  readonly refusal: string | undefined;
  /** Ends when the server ends the answer cleanly; throws when it is cut. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Reports that nothing came for too long: the next call opens new connections. */
  silent(): void;
  /** Closes the connection, unless the answer was read to its end. */
  close(): void;
};

type Session = { readonly agent: Agent; readonly credentials: Credentials };
type TextAnswer = HttpResponse & { readonly text: string };
type Attempt = { readonly status: number; readonly data?: Dispatcher.ResponseData };

export const isSuccess = (status: number): boolean => status >= 200 && status < 300;

/** `packs-operator/1.2.3 (controller)`. */
export const userAgent = (version: string, component: string): string => `packs-operator/${version} (${component})`;

const newAgent = (credentials: Credentials): Agent => {
  const { ca, cert, key, passphrase, serverName, insecure } = credentials;
  return new Agent({
    // A dead HTTP/2 session swallows the next call too, and its windows starve watches. One connection a watch fails apart.
    allowH2: false,
    connections: MAX_CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // Deadlines are ours: a quiet watch is no fault, a slow call is.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: {
      timeout: CONNECT_TIMEOUT_MS,
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
      ...(passphrase === undefined ? {} : { passphrase }),
      ...(serverName === undefined ? {} : { servername: serverName }),
      ...(insecure ? { rejectUnauthorized: false } : {}),
    },
  });
};

const headerOf = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value[0] : value;

const responseOf = (status: number, headers: IncomingHttpHeaders): HttpResponse => ({
  status,
  contentType: headerOf(headers["content-type"]) ?? "",
  retryAfter: headerOf(headers["retry-after"]),
});

/** Closes the connection of an answer that nobody reads to its end. */
const discard = ({ body }: Dispatcher.ResponseData): void => {
  body.on("error", () => undefined).destroy();
};

/**
 * Sends a request and reads the answer to its end, without the streams that {@link Agent.request} makes for it. Rejects
 * with the signal's reason as soon as it aborts, also while the request waits for a connection.
 */
const readWhole = (agent: Agent, options: Dispatcher.RequestOptions, signal: AbortSignal): Promise<TextAnswer> =>
  new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let response: HttpResponse | undefined;
    const chunks: Buffer[] = [];
    const stop = (): void => {
      controller?.abort(signal.reason);
      reject(signal.reason);
    };
    if (signal.aborted) return stop();
    signal.addEventListener("abort", stop, { once: true });
    agent.dispatch(options, {
      onRequestStart: (started) => {
        controller = started;
        if (signal.aborted) started.abort(signal.reason);
      },
      onResponseStart: (_, status, headers) => {
        if (status >= 200) response = responseOf(status, headers);
      },
      onResponseData: (_, chunk) => void chunks.push(chunk),
      onResponseEnd: () => {
        signal.removeEventListener("abort", stop);
        if (response === undefined) reject(new Error("the answer has no head"));
        else resolve({ ...response, text: textOf(chunks) });
      },
      onResponseError: (_, error) => {
        signal.removeEventListener("abort", stop);
        reject(error);
      },
    });
  });

const textOf = (chunks: readonly Buffer[]): string => {
  const [only] = chunks;
  return (chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks)).toString("utf8");
};

const isConnectTimeout = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "UND_ERR_CONNECT_TIMEOUT";

/**
 * The connections of one process to one API server.
 *
 * Guarantees: a call ends by its deadline, also while connecting. After a call that timed out or a watch that fell
 * silent, and after a change of token, CA or client certificate, the next call goes out on new connections; calls
 * under way on the old ones finish there. One 401 leads to one more try with newly read credentials.
 */
export class Transport {
  readonly #config: ClusterConfig;
  readonly #userAgent: string;
  readonly #clock: Clock;
  readonly #origin: string;
  readonly #prefix: string;
  readonly #draining = new Set<Agent>();
  readonly #over = new AbortController();
  #session: Session | undefined;

  constructor(config: ClusterConfig, userAgent: string, clock: Clock) {
    const { origin, pathname } = new URL(config.server);
    this.#config = config;
    this.#userAgent = userAgent;
    this.#clock = clock;
    this.#origin = origin;
    this.#prefix = pathname.replace(/\/+$/, "");
  }

  /** Aborts with {@link close}. */
  get closed(): AbortSignal {
    return this.#over.signal;
  }

  /** Sends a request and reads the answer to its end, all within `timeoutMs`. */
  async call(request: HttpRequest, timeoutMs: number): Promise<TextAnswer> {
    const scope = abortScope(this.#clock, [request.signal, this.closed], timeoutMs);
    try {
      const { answer } = await this.#authorized(scope, async (session) => {
        const answer = await readWhole(session.agent, this.#options(request, session), scope.signal);
        return { session, answer, status: answer.status };
      });
      return answer;
    } finally {
      scope.release();
    }
  }

  /** Sends a request and hands out the answer as it comes. `timeoutMs` bounds the wait for its head only. */
  async stream(request: HttpRequest, timeoutMs: number): Promise<HttpStream> {
    const scope = abortScope(this.#clock, [request.signal, this.closed]);
    const stopWaiting = this.#clock.after(timeoutMs, () => scope.abort(new DeadlineExceeded(timeoutMs)));
    try {
      const { session, data } = await this.#authorized(scope, async (session) => {
        const options = { ...this.#options(request, session), signal: scope.signal };
        // A request that waits for a connection does not hear its signal until it gets one.
        const data = await orAbort(session.agent.request(options), scope.signal);
        return { session, data, status: data.statusCode };
      });
      const response = responseOf(data.statusCode, data.headers);
      return {
        ...response,
        refusal: isSuccess(response.status) ? undefined : await orAbort(data.body.text(), scope.signal),
        chunks: data.body,
        silent: () => this.#replace(session),
        close: () => {
          scope.release();
          discard(data);
        },
      };
    } catch (error) {
      scope.release();
      throw error;
    } finally {
      stopWaiting();
    }
  }

  /** The next call opens new connections. Calls under way finish on theirs. */
  rotate(): void {
    if (this.#session !== undefined) this.#replace(this.#session);
  }

  /** Closes every connection; what is under way fails. */
  async close(): Promise<void> {
    // An agent that drains forgets its connections; only the calls themselves can end them.
    this.#over.abort(new Error("the client is closed"));
    const agents = [...this.#draining, ...(this.#session === undefined ? [] : [this.#session.agent])];
    this.#session = undefined;
    await Promise.all(agents.map((agent) => agent.destroy()));
  }

  /** Sends, and once more with newly read credentials if the first answer is a 401. */
  async #authorized<A extends Attempt>(scope: AbortScope, send: (session: Session) => Promise<A>): Promise<A> {
    const session = await orAbort(this.#connect(false), scope.signal);
    const first = await this.#heeding(session, send(session));
    if (first.status !== 401) return first;
    const renewed = await orAbort(this.#connect(true), scope.signal);
    if (renewed === session) return first;
    if (first.data !== undefined) discard(first.data);
    return this.#heeding(renewed, send(renewed));
  }

  #options({ body, headers, method, path }: HttpRequest, { credentials }: Session): Dispatcher.RequestOptions {
    const { authorization } = credentials;
    return {
      origin: this.#origin,
      path: `${this.#prefix}${path}`,
      method,
      headers: {
        "user-agent": this.#userAgent,
        ...headers,
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: body ?? null,
    };
  }

  /** Takes a timeout as a sign that the connections are dead. */
  async #heeding<T>(session: Session, work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof DeadlineExceeded || isConnectTimeout(error)) this.#replace(session);
      throw error;
    }
  }

  async #connect(refresh: boolean): Promise<Session> {
    const credentials = await this.#config.credentials(refresh);
    this.closed.throwIfAborted();
    if (this.#session?.credentials === credentials) return this.#session;
    if (this.#session !== undefined) this.#drain(this.#session.agent);
    this.#session = { agent: newAgent(credentials), credentials };
    return this.#session;
  }

  #replace(session: Session): void {
    if (this.#session !== session) return;
    this.#drain(session.agent);
    this.#session = { agent: newAgent(session.credentials), credentials: session.credentials };
  }

  #drain(agent: Agent): void {
    this.#draining.add(agent);
    agent
      .close()
      .catch(() => undefined)
      .finally(() => this.#draining.delete(agent));
  }
}
