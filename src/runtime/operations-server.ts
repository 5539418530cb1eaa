/** What probes and Prometheus ask: `/healthz`, `/readyz`, `/metrics`. Plain HTTP, GET only. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "../lib/metrics.ts";

export type ReadinessCheck = {
  readonly name: string;
  /** Undefined when ready; otherwise why not, in a few words. */
  readonly problem: () => string | undefined;
};

export type OperationsServerOptions = {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly metrics: Metrics;
  readonly checks: readonly ReadinessCheck[];
};

type Answer = { readonly status: number; readonly type: string; readonly body: string };

const TEXT = "text/plain; charset=utf-8";

/** One line a check, as the API server's own `/readyz?verbose` prints it; 200 or 503. */
export const readiness = (checks: readonly ReadinessCheck[]): Answer => {
  const results = checks.map(({ name, problem }) => ({ name, problem: problem() }));
  const lines = results.map(({ name, problem }) => (problem === undefined ? `[+]${name} ok` : `[-]${name} ${problem}`));
  const ready = results.every(({ problem }) => problem === undefined);
  const body = [...lines, ready ? "readyz check passed" : "readyz check failed", ""].join("\n");
  return { status: ready ? 200 : 503, type: TEXT, body };
};

export class OperationsServer {
  readonly #options: OperationsServerOptions;
  readonly #server: Server;

  constructor(options: OperationsServerOptions) {
    this.#options = options;
    this.#server = createServer((request, response) => {
      this.#respond(request, response).catch(() => response.destroy());
    });
    this.#server.requestTimeout = 10_000;
    this.#server.headersTimeout = 5_000;
  }

  /** Resolves with the address once it listens. Rejects if the port is taken. */
  listen(): Promise<AddressInfo> {
    const { host, port } = this.#options;
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => resolve(this.#server.address() as AddressInfo));
    });
  }

  /** Ends open connections too. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type, body } = await this.#answer(request);
    response.writeHead(status, { "content-type": type });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  async #answer({ method, url = "" }: IncomingMessage): Promise<Answer> {
    const { metrics, checks } = this.#options;
    if (method !== "GET" && method !== "HEAD") return { status: 405, type: TEXT, body: "method not allowed\n" };
    switch (url.split("?", 1)[0]) {
      case "/healthz":
        return { status: 200, type: TEXT, body: "ok\n" };
      case "/readyz":
        return readiness(checks);
      case "/metrics":
        return { status: 200, type: metrics.contentType, body: await metrics.text() };
      default:
        return { status: 404, type: TEXT, body: "not found\n" };
    }
  }
}
