import { Backoff } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";

const DELAYS = { initialMs: 1_000, maxMs: 300_000, jitter: 0.2 };
const QUIET_MS = 600_000;

/**
 * How often a sandbox's pod may be replaced. The first replacement is immediate; a pod that fails again and again, or
 * that an admission policy rewrites each time, waits longer and longer.
 */
export class PodRenewals {
  readonly #clock: Clock;
  readonly #installs = new Map<string, { readonly backoff: Backoff; notBefore: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the pod of this install may be replaced; 0: now. */
  waits(key: string): number {
    return Math.max(0, (this.#installs.get(key)?.notBefore ?? 0) - this.#clock.monotonic());
  }

  /** The pod was replaced. */
  renewed(key: string): void {
    const entry = this.#installs.get(key) ?? { backoff: new Backoff(DELAYS, QUIET_MS, this.#clock), notBefore: 0 };
    entry.notBefore = this.#clock.monotonic() + entry.backoff.next();
    this.#installs.set(key, entry);
  }

  forget(key: string): void {
    this.#installs.delete(key);
  }
}
