/** What can go wrong on demand. A fault meets the requests that it matches, as often as it is told to. */
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";

export type RequestInfo = {
  readonly method: string;
  readonly verb: "get" | "list" | "watch" | "create" | "update" | "patch" | "delete";
  readonly path: string;
  readonly apiVersion: string;
  /** The plural; empty for paths that name no kind. */
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  readonly userAgent: string;
  readonly fieldManager: string;
  readonly resourceVersion: string;
  /** The query as it was sent. */
  readonly search: string;
};

/** All given fields must be equal. */
export type Matcher = Partial<RequestInfo> | ((request: RequestInfo) => boolean);

export type WireEvent = { readonly type: string; readonly json: string };

export type Fault =
  /** Refused with a Status before anything happens. */
  | {
      readonly kind: "status";
      readonly code: number;
      readonly message?: string;
      readonly reason?: string;
      readonly retryAfter?: string;
    }
  /** An answer that no API server would give, before anything happens. */
  | { readonly kind: "garbage"; readonly status?: number; readonly contentType?: string; readonly body?: string }
  /** The connection is reset before anything happens. */
  | { readonly kind: "reset" }
  /** The request is processed; the connection is cut after so many bytes of the answer's body, 0 for no answer at all. */
  | { readonly kind: "cut"; readonly afterBytes: number }
  /** Accepted, perhaps processed, never answered. */
  | { readonly kind: "blackHole"; readonly processed?: boolean }
  /** Answered late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The watch is accepted and at once gets an ERROR event. */
  | { readonly kind: "watchError"; readonly code: number; readonly message?: string }
  /** Changes what an accepted watch delivers: from the next event, or `undefined` at its end, to what is sent now. */
  | { readonly kind: "events"; readonly tamper: () => (event: WireEvent | undefined) => readonly WireEvent[] };

/** Every event twice. */
export const duplicated: Fault = {
  kind: "events",
  tamper: () => (event) => (event === undefined ? [] : [event, event]),
};

/** Each pair of events in the wrong order. */
export const reordered: Fault = {
  kind: "events",
  tamper: () => {
    let held: WireEvent | undefined;
    return (event) => {
      const previous = held;
      held = previous === undefined ? event : undefined;
      if (previous === undefined) return [];
      return event === undefined ? [previous] : [event, previous];
    };
  },
};

export const matches = (matcher: Matcher, request: RequestInfo): boolean => {
  if (typeof matcher === "function") return matcher(request);
  return Object.entries(matcher).every(([key, value]) => request[key as keyof RequestInfo] === value);
};

type Armed = { readonly matcher: Matcher; readonly fault: Fault; left: number };

export class Faults {
  #armed: Armed[] = [];

  /** Arms a fault for the next `times` matching requests. Returns what disarms it. */
  add(matcher: Matcher, fault: Fault, times = Number.POSITIVE_INFINITY): () => void {
    const armed: Armed = { matcher, fault, left: times };
    this.#armed.push(armed);
    return () => {
      this.#armed = this.#armed.filter((other) => other !== armed);
    };
  }

  clear(): void {
    this.#armed = [];
  }

  /** The fault that this request meets; the first that was armed wins. */
  meet(request: RequestInfo): Fault | undefined {
    const armed = this.#armed.find(({ matcher, left }) => left > 0 && matches(matcher, request));
    if (armed === undefined) return undefined;
    armed.left--;
    return armed.fault;
  }
}

/** Resets a connection: the peer sees ECONNRESET, or with TLS an end without a goodbye. */
export const reset = (socket: Socket | null): void => {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
};

/** Sends a part of an answer's body, or nothing at all, then resets the connection. */
export const cutAfter = (response: ServerResponse, body: string, bytes: number): void => {
  if (bytes === 0) reset(response.socket);
  else response.write(Buffer.from(body).subarray(0, bytes), () => reset(response.socket));
};
