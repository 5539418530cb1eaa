/** The events of one watch, from the bytes of its answer. */
import { abortScope, DeadlineExceeded, orAbort } from "../lib/abort.ts";
import type { Clock } from "../lib/clock.ts";
import type { WatchEvent } from "./client.ts";
import { TransportError } from "./errors.ts";
import { LineSplitter } from "./lines.ts";
import type { HttpStream } from "./transport.ts";

const TYPES: ReadonlySet<unknown> = new Set(["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]);

const parseEvent = <T>(line: string): WatchEvent<T> => {
  let event: { type?: unknown; object?: unknown } | null;
  try {
    event = JSON.parse(line);
  } catch {
    throw new Error(`a line of the watch is not JSON (${line.length} characters)`);
  }
  if (!TYPES.has(event?.type) || typeof event?.object !== "object" || event.object === null) {
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
  for (;;) {
    const scope = abortScope(clock, signal, idleMs);
    const read = await orAbort(chunks.next(), scope.signal).finally(() => scope.release());
    if (read.done) break;
    yield* lines.push(read.value);
  }
  const rest = lines.end();
  if (rest !== "") yield rest;
}

/**
 * Ends when the server ends the watch cleanly or when the signal aborts; the connection is gone by then.
 * @throws TransportError when it is cut, silent for `idleMs` (new calls then use new connections), or not a watch
 */
export async function* watchEvents<T>(
  title: string,
  stream: HttpStream,
  clock: Clock,
  { idleMs, signal }: { readonly idleMs: number; readonly signal: AbortSignal },
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
    throw new TransportError(title, new Error(`not a byte for ${idleMs} ms`));
  } finally {
    stream.close();
  }
}
