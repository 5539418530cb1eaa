/** Time as a parameter. Tests pass a clock of their own (test/gen/fake-clock.ts). */
export type Clock = {
  /** Wall clock, milliseconds since 1970. For what people read. */
  now(): number;
  /** Never goes back. For durations and deadlines. Milliseconds. */
  monotonic(): number;
  /**
   * Calls back once after `ms`; the returned function cancels. The timer keeps no process alive. It may fire early where
   * more than 24 days are asked for: look at {@link Clock.monotonic} then.
   */
  after(ms: number, callback: () => void): () => void;
};

/** The longest that Node can wait; it takes anything longer for 1 ms. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, Math.min(ms, MAX_TIMER_MS));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** RFC 3339 with seconds, as the API server writes `metav1.Time`. */
export const toTimestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Milliseconds since 1970 of an RFC 3339 time. Throws RangeError on anything else. */
export const parseTimestamp = (text: string): number => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new RangeError(`not an RFC 3339 time: '${text}'`);
  return ms;
};

/** RFC 3339 with microseconds, as the API server writes `metav1.MicroTime`. */
export const toMicroTimestamp = (ms: number): string => new Date(ms).toISOString().replace(/Z$/, "000Z");

/** Resolves after `ms`, or rejects with the signal's reason. */
export const sleep = (clock: Clock, ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = (): void => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
