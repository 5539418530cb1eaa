import type { Clock } from "./clock.ts";

export type BackoffOptions = {
  /** The longest first delay, milliseconds. */
  readonly initialMs: number;
  /** No delay is longer, milliseconds. */
  readonly maxMs: number;
  /** Growth from one attempt to the next; 2 unless told. */
  readonly factor?: number;
  /** The share of each delay that is left to chance, 0 to 1; 1 ("full jitter") unless told. */
  readonly jitter?: number;
};

/**
 * The delay before retry number `attempt` (0 is the first), in milliseconds.
 * @param random uniform in [0, 1)
 */
export const backoffDelay = (options: BackoffOptions, attempt: number, random: () => number): number => {
  const { initialMs, maxMs, factor = 2, jitter = 1 } = options;
  const ceiling = Math.min(maxMs, initialMs * factor ** attempt);
  return ceiling * (1 - jitter * random());
};

/** Counts failures in a row and says how long to wait. Forgets them after a quiet time. */
export class Backoff {
  readonly #options: BackoffOptions;
  readonly #resetAfterMs: number;
  readonly #clock: Clock;
  readonly #random: () => number;
  #attempt = 0;
  #lastFailure = Number.NEGATIVE_INFINITY;

  /** @param resetAfterMs without a failure for this long the next delay is a first one again */
  constructor(options: BackoffOptions, resetAfterMs: number, clock: Clock, random: () => number = Math.random) {
    this.#options = options;
    this.#resetAfterMs = resetAfterMs;
    this.#clock = clock;
    this.#random = random;
  }

  /** Notes a failure; returns the delay before the next attempt, milliseconds. */
  next(): number {
    const now = this.#clock.monotonic();
    if (now - this.#lastFailure > this.#resetAfterMs) this.#attempt = 0;
    this.#lastFailure = now;
    return backoffDelay(this.#options, this.#attempt++, this.#random);
  }

  reset(): void {
    this.#attempt = 0;
  }
}
