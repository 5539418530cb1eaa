/**
 * The loop around a reconcile: keys in, one worker per key, failures treated by their kind.
 *
 * A reconcile gets a key and nothing about why: it looks at the whole world, makes it right, and answers one
 * {@link Outcome}. It must be idempotent, and heed `ctx.signal`.
 */
import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { abortScope, DeadlineExceeded } from "../lib/abort.ts";
import type { Clock } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "../lib/metrics.ts";
import { type Outcome, type Treatment, treatError, treatOutcome } from "./outcome.ts";
import { OwnWrites } from "./own-writes.ts";
import { type AddOptions, type RetryDelays, WorkQueue } from "./work-queue.ts";

export type ReconcileContext = {
  /** Carries `controller`, `namespace`, `name` and `reconcileID`. */
  readonly logger: Logger;
  readonly reconcileID: string;
  /** Aborts when the reconcile takes too long or must stop at once. Pass it to every call. */
  readonly signal: AbortSignal;
  /** How often in a row this key has failed before. */
  readonly failures: number;
  /** Where the reconcile notes what it wrote. */
  readonly ownWrites: OwnWrites;
};

export type Reconcile = (key: string, ctx: ReconcileContext) => Promise<Outcome>;

export type ControllerOptions = {
  /** A label in logs and metrics. */
  readonly name: string;
  readonly reconcile: Reconcile;
  /** How many keys may be in work at once. */
  readonly concurrency: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /**
   * All keys there are, asked for when {@link Controller.run} begins. With it, what is enqueued before is ignored: a
   * replica that does not lead keeps no queue. Without it, every key that is ever enqueued waits for `run`.
   */
  readonly seed?: () => Iterable<string>;
  /** How long one reconcile may take; 60,000. */
  readonly timeoutMs?: number;
  readonly ownWrites?: OwnWrites;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly retry?: RetryDelays;
};

export type Controller = {
  readonly name: string;
  enqueue(key: string, options?: AddOptions): void;
  /** After `ms`, unless the key waits already or is due earlier. */
  enqueueAfter(key: string, ms: number, options?: AddOptions): void;
  /** Nothing waits, is in work, or is due later. */
  idle(): boolean;
  /**
   * Takes in the seed, bit by bit, and works until `signal` aborts; resolves when the reconciles under way have ended. They may end in peace unless
   * `kill` aborts, which is `signal` itself if not given. Once only.
   */
  run(signal: AbortSignal, kill?: AbortSignal): Promise<void>;
};

const TIMEOUT_MS = 60_000;
/** Keys of the seed that are enqueued in one turn of the event loop. */
const SOWN_AT_ONCE = 500;

export const createController = (options: ControllerOptions): Controller => new QueueController(options);

class QueueController implements Controller {
  readonly name: string;
  readonly #options: ControllerOptions;
  readonly #queue: WorkQueue;
  readonly #ownWrites: OwnWrites;
  readonly #logger: Logger;
  readonly #meter: Meter;
  #listens: boolean;
  #sowing = false;

  constructor(options: ControllerOptions) {
    this.name = options.name;
    this.#options = options;
    this.#listens = options.seed === undefined;
    this.#queue = new WorkQueue(options);
    this.#logger = options.logger.child({ controller: options.name });
    this.#ownWrites = options.ownWrites ?? new OwnWrites(this.#logger);
    this.#meter = createMeter(options);
  }

  enqueue(key: string, options?: AddOptions): void {
    if (this.#listens) this.#queue.add(key, options);
  }

  enqueueAfter(key: string, ms: number, options?: AddOptions): void {
    if (this.#listens) this.#queue.addAfter(key, ms, options);
  }

  idle(): boolean {
    return this.#queue.idle && !this.#sowing;
  }

  async run(signal: AbortSignal, kill: AbortSignal = signal): Promise<void> {
    const stop = (): void => void this.#queue.shutDown();
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    this.#listens = true;
    const workers = Array.from({ length: this.#options.concurrency }, () => this.#work(kill));
    await Promise.all([this.#sow(), ...workers]);
  }

  /** Lets others run now and then: there may be very many keys. */
  async #sow(): Promise<void> {
    let sown = 0;
    this.#sowing = true;
    for (const key of this.#options.seed?.() ?? []) {
      this.enqueue(key);
      sown += 1;
      if (sown % SOWN_AT_ONCE === 0) await setImmediate();
    }
    this.#sowing = false;
  }

  async #work(kill: AbortSignal): Promise<void> {
    for (let key = await this.#queue.take(); key !== undefined; key = await this.#queue.take()) {
      await this.#process(key, kill);
    }
  }

  async #process(key: string, kill: AbortSignal): Promise<void> {
    const reconcileID = randomUUID();
    const logger = this.#logger.child({ ...nameOf(key), reconcileID });
    const finish = this.#meter.started();
    const treatment = await this.#reconcile(key, { reconcileID, logger }, kill);
    finish(treatment);
    this.#treat(key, treatment);
    this.#queue.done(key, this.#ownWrites.settled(key));
  }

  async #reconcile(
    key: string,
    identity: { readonly reconcileID: string; readonly logger: Logger },
    kill: AbortSignal,
  ): Promise<Treatment> {
    const { clock, reconcile, timeoutMs = TIMEOUT_MS } = this.#options;
    const scope = abortScope(clock, kill, timeoutMs);
    try {
      const failures = this.#queue.failures(key);
      const ctx = { ...identity, signal: scope.signal, failures, ownWrites: this.#ownWrites };
      return treatOutcome(await reconcile(key, ctx));
    } catch (thrown) {
      const late = scope.signal.reason instanceof DeadlineExceeded;
      const error = late ? new Error(`the reconcile took more than ${timeoutMs} ms`, { cause: thrown }) : thrown;
      const treatment = treatError(error);
      if (!kill.aborted) logFailure(identity.logger, error, treatment);
      return treatment;
    } finally {
      scope.release();
    }
  }

  #treat(key: string, treatment: Treatment): void {
    switch (treatment.kind) {
      case "forget":
      case "giveUp":
        this.#queue.forget(key);
        break;
      case "requeueAfter":
        this.#queue.forget(key);
        this.#queue.addAfter(key, treatment.ms);
        break;
      case "retryQuietly":
        this.#queue.addRateLimited(key);
        break;
      case "retry":
        this.#queue.addRateLimited(key, treatment.atLeastMs);
        break;
    }
  }
}

const nameOf = (key: string): { readonly namespace?: string; readonly name: string } => {
  const slash = key.indexOf("/");
  return slash === -1 ? { name: key } : { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
};

const logFailure = (logger: Logger, err: unknown, treatment: Treatment): void => {
  if (treatment.kind === "retry") logger.error({ reason: treatment.reason, err }, "reconcile failed; trying again");
  else if (treatment.kind === "giveUp") {
    logger.warn({ reason: treatment.reason, err }, "reconcile failed; waiting for a change");
  } else if (treatment.kind === "requeueAfter") {
    logger.debug({ reason: treatment.reason, afterMs: treatment.ms, err }, "reconcile waits");
  } else logger.debug({ err }, "reconcile met a conflict; starting over");
};

type Meter = { started(): (treatment: Treatment) => void };

const TIME_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const RESULTS: readonly Treatment["result"][] = ["success", "requeue_after", "requeue", "error"];

const createMeter = ({ metrics, name: controller, concurrency, clock }: ControllerOptions): Meter => {
  const labels = { controller };
  const total = metrics.counter("packs_controller_reconcile_total", "Reconciles, by result.", ["controller", "result"]);
  const errors = metrics.counter("packs_controller_reconcile_errors_total", "Reconciles that failed.", ["controller"]);
  const terminal = metrics.counter(
    "packs_controller_reconcile_terminal_errors_total",
    "Reconciles that failed in a way that only a change can help.",
    ["controller"],
  );
  const time = metrics.histogram(
    "packs_controller_reconcile_time_seconds",
    "How long reconciles take.",
    ["controller"],
    TIME_BUCKETS,
  );
  const active = metrics.gauge("packs_controller_active_workers", "Reconciles under way.", ["controller"]);
  metrics
    .gauge("packs_controller_max_concurrent_reconciles", "Reconciles that may be under way at once.", ["controller"])
    .set(labels, concurrency);
  for (const result of RESULTS) total.inc({ controller, result }, 0);
  errors.inc(labels, 0);
  terminal.inc(labels, 0);
  active.set(labels, 0);
  time.zero(labels);
  return {
    started: () => {
      const start = clock.monotonic();
      active.inc(labels);
      return ({ kind, result }) => {
        time.observe(labels, (clock.monotonic() - start) / 1000);
        active.dec(labels);
        total.inc({ controller, result });
        if (result === "error") errors.inc(labels);
        if (kind === "giveUp") terminal.inc(labels);
      };
    },
  };
};
