import { setImmediate } from "node:timers/promises";
import type { Clock } from "../lib/clock.ts";

/**
 * Gives the event loop back now and then. Promise chains that never do I/O would otherwise starve timers, probes and
 * lease renewals.
 */
export class Breather {
  readonly #clock: Clock;
  readonly #sliceMs: number;
  #since: number;

  constructor(clock: Clock, sliceMs = 10) {
    this.#clock = clock;
    this.#sliceMs = sliceMs;
    this.#since = clock.monotonic();
  }

  /** Waits for one turn of the event loop if the last one is longer ago than a slice. */
  async breathe(): Promise<void> {
    if (this.#clock.monotonic() - this.#since < this.#sliceMs) return;
    await setImmediate();
    this.#since = this.#clock.monotonic();
  }
}
