/**
 * Stands between the controller and the API server: records every request, and can refuse, spoil or lose it. TLS on
 * both sides, with the API server's own certificate; whoever asks is passed on unchanged.
 */
import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Endpoint } from "../cluster/access.ts";

export type Seen = {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  /** 0: no answer was passed on. */
  status: number;
};

export type Treatment =
  | "forward"
  /** The request does not arrive. */
  | "lose"
  /** The request arrives, its answer does not. */
  | "loseAnswer"
  | { readonly status: number; readonly body?: string; readonly headers?: Readonly<Record<string, string>> };

export type Rule = (seen: Seen) => Treatment | Promise<Treatment>;

/** A request that changes an object; leases and events tell nothing about packs. */
export const isWrite = ({ method, path }: Pick<Seen, "method" | "path">): boolean =>
  method !== "GET" && !/\/(leases|events)(\/|$)/.test(path);

export class ApiProxy {
  readonly seen: Seen[] = [];
  /** What happens to each request; may be replaced at any time. */
  rule: Rule = () => "forward";
  /** After a request was forwarded and answered, before the answer is passed on. */
  answered: (seen: Seen) => void = () => undefined;
  readonly #server: Server;
  readonly #agent: Agent;
  readonly #target: URL;

  private constructor(endpoint: Endpoint, certificate: string, key: string) {
    this.#target = new URL(endpoint.url);
    this.#agent = new Agent({ ca: endpoint.ca, keepAlive: true });
    this.#server = createServer({ cert: certificate, key }, (incoming, outgoing) => {
      this.#handle(incoming, outgoing).catch(() => incoming.socket.destroy());
    });
  }

  static async open(endpoint: Endpoint): Promise<ApiProxy> {
    const file = (name: string) => readFile(join(endpoint.directory, "pki", name), "utf8");
    const proxy = new ApiProxy(endpoint, await file("apiserver.crt"), await file("apiserver.key"));
    await new Promise<void>((resolve) => proxy.#server.listen(0, "127.0.0.1", resolve));
    return proxy;
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get writes(): readonly Seen[] {
    return this.seen.filter(isWrite);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#agent.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #handle(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? "/", this.#target);
    const seen: Seen = { method: incoming.method ?? "GET", path: url.pathname, query: url.search, status: 0 };
    this.seen.push(seen);
    const treatment = await this.rule(seen);
    if (treatment === "lose") return void incoming.socket.destroy();
    if (typeof treatment === "object") {
      incoming.resume();
      seen.status = treatment.status;
      outgoing.writeHead(treatment.status, { "content-type": "application/json", ...treatment.headers });
      outgoing.end(treatment.body ?? "");
      return;
    }
    this.#forward(incoming, outgoing, seen, treatment === "loseAnswer");
  }

  #forward(incoming: IncomingMessage, outgoing: ServerResponse, seen: Seen, loseAnswer: boolean): void {
    const { hostname, port } = this.#target;
    const { method = "GET", url: path = "/", headers } = incoming;
    const upstream = request({ agent: this.#agent, hostname, port, method, path, headers }, (answer) => {
      seen.status = answer.statusCode ?? 0;
      this.answered(seen);
      if (loseAnswer) {
        answer.resume();
        incoming.socket.destroy();
        return;
      }
      outgoing.writeHead(seen.status, answer.headers);
      outgoing.flushHeaders();
      answer.pipe(outgoing);
      answer.once("error", () => outgoing.destroy());
    });
    upstream.once("error", () => incoming.socket.destroy());
    outgoing.once("close", () => upstream.destroy());
    incoming.pipe(upstream);
  }
}
