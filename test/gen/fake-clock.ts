import type { Clock } from "../../src/lib/clock.ts";

type Timer = { readonly at: number; readonly order: number; readonly callback: () => void };

/** Lets everything that is ready to run do so: promises, and I/O callbacks that are due. */
export const settle = async (rounds = 3): Promise<void> => {
  for (let round = 0; round < rounds; round++) await new Promise((resolve) => setImmediate(resolve));
};

/** A clock that stands still until it is told to move. */
export class FakeClock implements Clock {
  #elapsed = 0;
  #wallOffset: number;
  #order = 0;
  readonly #timers = new Set<Timer>();

  /** `wall`: the wall clock at the start, milliseconds since 1970. */
  constructor(wall: number = Date.UTC(2026, 0, 1)) {
    this.#wallOffset = wall;
  }

  now(): number {
    return this.#wallOffset + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#elapsed + Math.max(0, ms), order: this.#order++, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time on; every timer fires at its own moment, and what it started has settled before time goes on. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms;
    await settle();
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#elapsed = Math.max(this.#elapsed, timer.at);
      this.#fire(timer);
      await settle();
    }
    this.#elapsed = end;
    await settle();
  }

  /** Moves time on without letting anything run: the process was paused. Due timers fire, late, on the next `advance`. */
  freeze(ms: number): void {
    this.#elapsed += ms;
  }

  /** Somebody sets the wall clock. Durations do not notice. */
  setWall(ms: number): void {
    this.#wallOffset = ms - this.#elapsed;
  }

  #next(end: number): Timer | undefined {
    return [...this.#timers]
      .filter((timer) => timer.at <= end)
      .sort((a, b) => a.at - b.at || a.order - b.order)
      .at(0);
  }

  #fire(timer: Timer): void {
    this.#timers.delete(timer);
    timer.callback();
  }
}
