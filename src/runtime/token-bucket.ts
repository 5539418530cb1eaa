import type { Clock } from "../lib/clock.ts";

/** Allows `burst` at once and one more every `refillMs`. */
export class TokenBucket {
  readonly #clock: Clock;
  readonly #burst: number;
  readonly #refillMs: number;
  #tokens: number;
  #at: number;

  constructor(clock: Clock, burst: number, refillMs: number) {
    this.#clock = clock;
    this.#burst = burst;
    this.#refillMs = refillMs;
    this.#tokens = burst;
    this.#at = clock.monotonic();
  }

  /** Whether nothing was taken for so long that the bucket is as good as new. */
  get full(): boolean {
    this.#refill();
    return this.#tokens >= this.#burst;
  }

  get empty(): boolean {
    this.#refill();
    return this.#tokens < 1;
  }

  /** Takes a token if there is one. */
  take(): boolean {
    if (this.empty) return false;
    this.#tokens -= 1;
    return true;
  }

  #refill(): void {
    const now = this.#clock.monotonic();
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#at) / this.#refillMs);
    this.#at = now;
  }
}
