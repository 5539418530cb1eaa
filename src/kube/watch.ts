/** The events of one watch, from the bytes of its answer. */
import { abortScope, DeadlineExceeded, orAbort } from "../lib/abort.ts";
import type { Clock } from "../lib/clock.ts";
import { hasMetadata, isNamedObject } from "./answers.ts";
import type { WatchEvent } from "./client.ts";
import { StreamSilent, TransportError } from "./errors.ts";
import { LineSplitter } from "./lines.ts";
import type { HttpStream } from "./transport.ts";

/** What the object of an event must be, by the event's type. */
const OBJECT_CHECKS: ReadonlyMap<unknown, (object: unknown) => boolean> = new Map([
  ["ADDED", isNamedObject],
  ["MODIFIED", isNamedObject],
  ["DELETED", isNamedObject],
  ["BOOKMARK", hasMetadata],
  ["ERROR", (object: unknown) => typeof object === "object" && object !== null],
]);

const parseEvent = <T>(line: string): WatchEvent<T> => {
  let event: { type?: unknown; object?: unknown } | null;
  try {
    event = JSON.parse(line);
  } catch {
    throw new Error(`a line of the watch is not JSON (${line.length} characters)`);
  }
  if (!OBJECT_CHECKS.get(event?.type)?.(event?.object)) {
    throw new Error(`a line of the watch is not an event (${line.length} characters)`);
  }
  return event as WatchEvent<T>;
};

/** The lines of a stream as they come. Throws after `idleMs` without a byte; the wait for a slow consumer does not count. */
async function* readLines(
  stream: HttpStream,
  clock: Clock,
  idleMs: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const lines = new LineSplitter();
  const chunks = stream.chunks[Symbol.asyncIterator]();
  const scope = abortScope(clock, signal);
  const silence = new Silence(clock, idleMs, () => scope.abort(new DeadlineExceeded(idleMs)));
  try {
    for (;;) {
      silence.begin();
      const read = await orAbort(chunks.next(), scope.signal);
      silence.end();
      if (read.done) break;
      yield* lines.push(read.value);
    }
  } finally {
    silence.stop();
    scope.release();
  }
  const rest = lines.end();
  if (rest !== "") yield rest;
}

/** Calls back when one silence lasts too long. One timer for all of them: there is one before each event. */
class Silence {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #tooLong: () => void;
  #since: number | undefined;
  #cancel: () => void;

  constructor(clock: Clock, limitMs: number, tooLong: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#tooLong = tooLong;
    this.#cancel = this.#lookIn(limitMs);
  }

  begin(): void {
    this.#since = this.#clock.monotonic();
  }

  end(): void {
    this.#since = undefined;
  }

  stop(): void {
    this.#cancel();
  }

  #lookIn(ms: number): () => void {
    return this.#clock.after(ms, () => {
      const now = this.#clock.monotonic();
      const leftMs = (this.#since ?? now) + this.#limitMs - now;
      if (leftMs <= 0) this.#tooLong();
      else this.#cancel = this.#lookIn(leftMs);
    });
  }
}

type Limits = { readonly idleMs: number; readonly signal: AbortSignal };

/**
 * Ends when the server ends the watch cleanly or when the signal aborts; the connection is gone by then, also if the
 * iterator is returned before anything was asked of it.
 * @throws TransportError when it is cut, silent for `idleMs` (new calls then use new connections), or not a watch
 */
export const watchEvents = <T>(
  title: string,
  stream: HttpStream,
  clock: Clock,
  limits: Limits,
): AsyncIterableIterator<WatchEvent<T>, void, undefined> => {
  const events = readEvents<T>(title, stream, clock, limits);
  let started = false;
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      started = true;
      return events.next();
    },
    return() {
      // A generator that has not started has no `finally` to run.
      if (!started) stream.close();
      return events.return();
    },
  };
};

async function* readEvents<T>(
  title: string,
  stream: HttpStream,
  clock: Clock,
  { idleMs, signal }: Limits,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  try {
    for await (const line of readLines(stream, clock, idleMs, signal)) {
      if (signal.aborted) return;
      yield parseEvent<T>(line);
    }
  } catch (error) {
    if (signal.aborted) return;
    if (!(error instanceof DeadlineExceeded)) throw new TransportError(title, error);
    stream.silent();
    throw new TransportError(title, new StreamSilent(idleMs));
  } finally {
    stream.close();
  }
}
