import { setImmediate } from "node:timers";
import { backoffDelay } from "../lib/backoff.ts";
import type { Clock } from "../lib/clock.ts";
import type { Metrics } from "../lib/metrics.ts";
import { Heap } from "./heap.ts";

/** `change`: something happened; `resync`: a look for its own sake, after all changes. */
export type Priority = "change" | "resync";

export type AddOptions = { readonly priority?: Priority };

/** First and longest delay between retries of a key, milliseconds. */
export type RetryDelays = { readonly initialMs: number; readonly maxMs: number };

export type WorkQueueOptions = {
  readonly name: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** 5 ms to 15 min unless told. */
  readonly retry?: RetryDelays;
};

type Delayed = { readonly key: string; readonly at: number; readonly order: number; readonly priority: Priority };
type Queued = { readonly priority: Priority; readonly since: number };

const RETRY: RetryDelays = { initialMs: 5, maxMs: 15 * 60_000 };
const JITTER = 0.2;
const PRIORITIES: readonly Priority[] = ["change", "resync"];

/**
 * Keys that wait for work.
 *
 * Guarantees: a key waits at most once and is handed out to one worker at a time; what is added while it is being
 * worked on makes it wait again afterwards, so no change is lost; of two moments the earlier one counts, of two
 * priorities the higher one; within a priority, first in, first out.
 */
export class WorkQueue {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #retry: RetryDelays;
  readonly #meter: Meter;
  readonly #ready = new Map<Priority, Map<string, Queued>>(PRIORITIES.map((priority) => [priority, new Map()]));
  /** Keys that were added while they were being worked on. */
  readonly #dirty = new Map<string, Queued>();
  /** Keys in work, and since when. */
  readonly #processing = new Map<string, number>();
  /** Keys that are worked on no more, but not to be handed out yet. */
  readonly #held = new Set<string>();
  readonly #delayed = new Map<string, Delayed>();
  readonly #schedule = new Heap<Delayed>((a, b) => a.at < b.at || (a.at === b.at && a.order < b.order));
  readonly #failures = new Map<string, number>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  readonly #idle: (() => void)[] = [];
  #cancelTimer: (() => void) | undefined;
  #order = 0;
  #waking = false;
  #closed = false;

  constructor({ name, clock, metrics, random = Math.random, retry = RETRY }: WorkQueueOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#retry = retry;
    this.#meter = createMeter(metrics, name, {
      depth: () => this.depth,
      unfinished: () => this.#workSeconds().reduce((sum, seconds) => sum + seconds, 0),
      longest: () => Math.max(0, ...this.#workSeconds()),
    });
  }

  /** Keys that could be handed out now. */
  get depth(): number {
    return PRIORITIES.reduce((sum, priority) => sum + this.#lane(priority).size, 0);
  }

  /** Moments that are kept: when keys are due, and some that were overtaken. */
  get moments(): number {
    return this.#schedule.size;
  }

  /** Nothing waits, nothing is in work and nothing is due later. */
  get idle(): boolean {
    return this.depth + this.#processing.size + this.#held.size + this.#delayed.size === 0;
  }

  add(key: string, { priority = "change" }: AddOptions = {}): void {
    if (this.#closed) return;
    this.#delayed.delete(key);
    const since = this.#clock.monotonic();
    if (this.#isTaken(key)) this.#dirty.set(key, this.#merge(this.#dirty.get(key), { priority, since }));
    else this.#makeReady(key, { priority, since });
    this.#wakeTakers();
  }

  /** Adds the key after `ms`, unless it waits already or is due earlier. */
  addAfter(key: string, ms: number, { priority = "change" }: AddOptions = {}): void {
    if (ms <= 0) {
      this.add(key, { priority });
      return;
    }
    if (this.#closed || this.#isReady(key) || this.#dirty.has(key)) return;
    const at = this.#clock.monotonic() + ms;
    const known = this.#delayed.get(key);
    if (known !== undefined && known.at <= at) return;
    const delayed = { key, at, order: this.#order++, priority };
    this.#delayed.set(key, delayed);
    this.#schedule.push(delayed);
    this.#compact();
    this.#arm();
  }

  /**
   * Adds the key after a delay that doubles with every call, from 5 ms to 15 min, until {@link forget}, and that is
   * `atLeastMs` long. Returns the delay.
   */
  addRateLimited(key: string, atLeastMs = 0): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const ms = Math.max(atLeastMs, backoffDelay({ ...this.#retry, jitter: JITTER }, failures, this.#random));
    this.#meter.retried();
    this.addAfter(key, ms);
    return ms;
  }

  /** Ends the growth of the key's delays. */
  forget(key: string): void {
    this.#failures.delete(key);
  }

  /** How often in a row the key failed. */
  failures(key: string): number {
    return this.#failures.get(key) ?? 0;
  }

  /** The next key, once there is one; undefined after {@link shutDown}. Every key taken must be given to {@link done}. */
  take(): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    this.#takers.push(resolve);
    this.#wakeTakers();
    return promise;
  }

  /** The work on a key is over. It is not handed out again before `held` settles. */
  done(key: string, held?: Promise<unknown>): void {
    const since = this.#processing.get(key);
    if (since === undefined) return;
    this.#processing.delete(key);
    this.#meter.worked(this.#secondsSince(since));
    this.#tellIdle();
    const release = (): void => {
      this.#held.delete(key);
      this.#release(key);
    };
    if (held === undefined) {
      release();
      return;
    }
    this.#held.add(key);
    held.then(release, release);
  }

  /** Drops what waits, hands out nothing any more, and resolves when the last key in work is done. */
  async shutDown(): Promise<void> {
    this.#closed = true;
    this.#cancelTimer?.();
    this.#schedule.clear();
    this.#delayed.clear();
    this.#dirty.clear();
    for (const priority of PRIORITIES) this.#lane(priority).clear();
    for (const resolve of this.#takers.splice(0)) resolve(undefined);
    if (this.#processing.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.push(resolve);
    return promise;
  }

  #lane(priority: Priority): Map<string, Queued> {
    return this.#ready.get(priority) as Map<string, Queued>;
  }

  #isReady(key: string): boolean {
    return PRIORITIES.some((priority) => this.#lane(priority).has(key));
  }

  #isTaken(key: string): boolean {
    return this.#processing.has(key) || this.#held.has(key);
  }

  /** Whoever adds a key again keeps its place, but may raise its priority. */
  #merge(known: Queued | undefined, added: Queued): Queued {
    if (known === undefined) this.#meter.added();
    const priority = known?.priority === "change" ? "change" : added.priority;
    return { priority, since: known?.since ?? added.since };
  }

  #makeReady(key: string, added: Queued): void {
    const known = this.#lane("change").get(key) ?? this.#lane("resync").get(key);
    const queued = this.#merge(known, added);
    if (known !== undefined && known.priority !== queued.priority) this.#lane(known.priority).delete(key);
    this.#lane(queued.priority).set(key, queued);
  }

  #release(key: string): void {
    const added = this.#dirty.get(key);
    if (added === undefined) return;
    this.#dirty.delete(key);
    this.#lane(added.priority).set(key, added);
    this.#wakeTakers();
  }

  /**
   * Hands out at the end of this turn of the event loop: what was added several times in it is handed out once, and
   * work that never waits for anything cannot keep timers, probes and lease renewals from running.
   */
  #wakeTakers(): void {
    if (this.#waking || this.#takers.length === 0 || this.depth === 0) return;
    this.#waking = true;
    setImmediate(() => {
      this.#waking = false;
      this.#handOut();
    });
  }

  #handOut(): void {
    while (this.#takers.length > 0) {
      const lane = PRIORITIES.map((priority) => this.#lane(priority)).find(({ size }) => size > 0);
      const [next] = lane ?? [];
      if (lane === undefined || next === undefined) return;
      const [key, { since }] = next;
      lane.delete(key);
      this.#processing.set(key, this.#clock.monotonic());
      this.#meter.waited(this.#secondsSince(since));
      this.#takers.shift()?.(key);
    }
  }

  /** Drops what has been overtaken once it is most of the schedule: it may lie behind an early moment for long. */
  #compact(): void {
    if (this.#schedule.size <= 2 * this.#delayed.size + 64) return;
    this.#schedule.clear();
    for (const delayed of this.#delayed.values()) this.#schedule.push(delayed);
  }

  /** Sets the timer to the earliest moment, and leaves out what has been overtaken. */
  #arm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    let head = this.#schedule.peek();
    while (head !== undefined && this.#delayed.get(head.key) !== head) {
      this.#schedule.pop();
      head = this.#schedule.peek();
    }
    if (head === undefined) return;
    this.#cancelTimer = this.#clock.after(Math.max(0, head.at - this.#clock.monotonic()), () => this.#fire());
  }

  #fire(): void {
    const now = this.#clock.monotonic();
    for (let head = this.#schedule.peek(); head !== undefined && head.at <= now; head = this.#schedule.peek()) {
      this.#schedule.pop();
      if (this.#delayed.get(head.key) === head) this.add(head.key, { priority: head.priority });
    }
    this.#arm();
  }

  #tellIdle(): void {
    if (this.#processing.size > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
  }

  #secondsSince(moment: number): number {
    return (this.#clock.monotonic() - moment) / 1000;
  }

  #workSeconds(): number[] {
    return [...this.#processing.values()].map((since) => this.#secondsSince(since));
  }
}

type Meter = {
  added(): void;
  retried(): void;
  waited(seconds: number): void;
  worked(seconds: number): void;
};

type Readings = { depth(): number; unfinished(): number; longest(): number };

/** From 10 ns to 1,000 s, the buckets of client-go. */
const BUCKETS = Array.from({ length: 12 }, (_, power) => 10 ** (power - 8));

const createMeter = (metrics: Metrics, name: string, readings: Readings): Meter => {
  const labels = { name };
  const adds = metrics.counter("workqueue_adds_total", "Keys added.", ["name"]);
  const retries = metrics.counter("workqueue_retries_total", "Keys added again after a failure.", ["name"]);
  const waits = metrics.histogram("workqueue_queue_duration_seconds", "How long keys wait.", ["name"], BUCKETS);
  const works = metrics.histogram("workqueue_work_duration_seconds", "How long work takes.", ["name"], BUCKETS);
  metrics.sample("workqueue_depth", "Keys that wait.", labels, readings.depth);
  metrics.sample(
    "workqueue_unfinished_work_seconds",
    "How long the keys in work have been in work, together.",
    labels,
    readings.unfinished,
  );
  metrics.sample(
    "workqueue_longest_running_processor_seconds",
    "How long the oldest key in work has been in work.",
    labels,
    readings.longest,
  );
  adds.inc(labels, 0);
  retries.inc(labels, 0);
  waits.zero(labels);
  works.zero(labels);
  return {
    added: () => adds.inc(labels),
    retried: () => retries.inc(labels),
    waited: (seconds) => waits.observe(labels, seconds),
    worked: (seconds) => works.observe(labels, seconds),
  };
};
