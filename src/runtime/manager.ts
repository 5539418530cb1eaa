/**
 * The life of a process: started in order, stopped in reverse.
 *
 * Start: operations server, background work and informers, wait for all lists, leadership, controllers.
 * Stop: controllers (reconciles under way may end, for `drainMs`), background work and informers, leadership,
 * operations server. Leadership is released only if no reconcile is left; otherwise the lease runs out by itself.
 */
import type { AddressInfo } from "node:net";
import { type AbortScope, abortScope } from "../lib/abort.ts";
import { type Clock, sleep } from "../lib/clock.ts";
import type { Logger } from "../lib/logger.ts";
import type { Metrics } from "../lib/metrics.ts";
import type { Informer } from "./informer.ts";
import { type ElectionEnd, LeadershipLost } from "./leader-election.ts";
import { OperationsServer, type ReadinessCheck } from "./operations-server.ts";

/** Something that works until its signal aborts, and may have until `kill` to end what it is doing. */
export type Runnable = {
  readonly name: string;
  run(signal: AbortSignal, kill: AbortSignal): Promise<void>;
};

export type Elector = {
  run(signal: AbortSignal, lead: (signal: AbortSignal) => Promise<void>): Promise<ElectionEnd>;
};

export type ManagerOptions = {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly server: { readonly host: string; readonly port: number };
  readonly informers: readonly Informer<unknown>[];
  /** Runs on every replica, from the start. */
  readonly background?: readonly Runnable[];
  /** Absent: this process is the only one. */
  readonly elector?: Elector;
  /** Runs on the leader, once the informers are synced. */
  readonly controllers: readonly Runnable[];
  /** On top of one check for each informer. */
  readonly checks?: readonly ReadinessCheck[];
  /** How long reconciles under way may take to end; 10,000. */
  readonly drainMs?: number;
};

export type Manager = {
  /** Where the operations server listens; undefined before it does. */
  readonly address: AddressInfo | undefined;
  /**
   * Runs until the signal aborts and everything has stopped.
   * @throws LeadershipLost, or what made a part end that should not: the process must exit, with a failure
   */
  run(signal: AbortSignal): Promise<void>;
};

const DRAIN_MS = 10_000;
/** Another replica may lead soon: what still runs after this ends with the process. */
const LOST_DRAIN_MS = 2_000;
const SYNC_REPORT_MS = 30_000;

export const createManager = (options: ManagerOptions): Manager => new OrderedManager(options);

class OrderedManager implements Manager {
  readonly #options: ManagerOptions;
  readonly #server: OperationsServer;
  #address: AddressInfo | undefined;

  constructor(options: ManagerOptions) {
    const { metrics, server, informers, checks = [] } = options;
    this.#options = options;
    this.#server = new OperationsServer({ ...server, metrics, checks: [...informers.map(syncCheck), ...checks] });
  }

  get address(): AddressInfo | undefined {
    return this.#address;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.#address = await this.#server.listen();
    this.#options.logger.info({ address: this.#address.address, port: this.#address.port }, "listening");
    try {
      await this.#runParts(signal);
    } finally {
      await this.#server.close();
    }
  }

  async #runParts(signal: AbortSignal): Promise<void> {
    const { clock, informers, background = [] } = this.#options;
    const stop = abortScope(clock, signal);
    const support = abortScope(clock);
    const parts = [
      ...informers.map((informer) => ({
        name: informer.resource.plural,
        run: (until: AbortSignal) => informer.start(until),
      })),
      ...background,
    ];
    const running = runAll(parts, support.signal, support.signal, stop);
    const stopSupport = async (): Promise<void> => {
      support.abort(new Error("stopping"));
      await running;
    };
    try {
      await this.#waitForSync(stop.signal);
      if (!stop.signal.aborted) await this.#elect(stop, stopSupport);
    } finally {
      await stopSupport();
      stop.release();
    }
    if (stop.signal.reason instanceof PartFailed) throw stop.signal.reason;
  }

  /** Waits as long as it takes, and says for what. */
  async #waitForSync(signal: AbortSignal): Promise<void> {
    const { informers, logger } = this.#options;
    for (;;) {
      const synced = await Promise.all(informers.map((informer) => informer.waitForSync(signal, SYNC_REPORT_MS)));
      if (signal.aborted || synced.every(Boolean)) return;
      const missing = informers.filter((_, index) => synced[index] === false).map(({ resource }) => resource.plural);
      logger.warn({ resources: missing }, "still waiting for the first lists");
    }
  }

  async #elect(stop: AbortScope, stopSupport: () => Promise<void>): Promise<void> {
    const lead = async (signal: AbortSignal): Promise<void> => {
      await this.#control(signal, stop);
      await stopSupport();
    };
    const { elector } = this.#options;
    if (elector === undefined) return lead(stop.signal);
    const end = await elector.run(stop.signal, lead);
    if (end === "lost") throw new LeadershipLost("leadership was lost");
  }

  /** Runs the controllers; when they must stop, lets them end what they are doing, unless they lead no more. */
  async #control(signal: AbortSignal, stop: AbortScope): Promise<void> {
    const { clock, controllers, drainMs = DRAIN_MS } = this.#options;
    const kill = abortScope(clock);
    const running = runAll(controllers, signal, kill.signal, stop);
    await whenAborted(signal);
    const lost = signal.reason instanceof LeadershipLost;
    if (lost) kill.abort(signal.reason);
    const patienceMs = lost ? LOST_DRAIN_MS : drainMs;
    if (await within(clock, patienceMs, running)) return;
    kill.abort(new Error("the drain deadline is over"));
    throw new Error(`reconciles did not end within ${patienceMs} ms`);
  }
}

const syncCheck = (informer: Informer<unknown>): ReadinessCheck => ({
  name: informer.resource.plural,
  problem: () => (informer.synced() ? undefined : "not synced"),
});

class PartFailed extends Error {
  override readonly name = "PartFailed";
}

/** Runs all; one that ends before it was asked to stops everything. Never rejects. */
const runAll = async (
  parts: readonly Runnable[],
  signal: AbortSignal,
  kill: AbortSignal,
  stop: AbortScope,
): Promise<void> => {
  const runOne = async (part: Runnable): Promise<void> => {
    try {
      await part.run(signal, kill);
      if (!signal.aborted) stop.abort(new PartFailed(`${part.name} ended`));
    } catch (cause) {
      stop.abort(new PartFailed(`${part.name} failed`, { cause }));
    }
  };
  await Promise.all(parts.map(runOne));
};

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** Whether the work ends within `ms`. */
const within = async (clock: Clock, ms: number, work: Promise<void>): Promise<boolean> => {
  const scope = abortScope(clock);
  const late = sleep(clock, ms, scope.signal).then(
    () => false,
    () => false,
  );
  const inTime = await Promise.race([work.then(() => true), late]);
  scope.abort(new Error("over"));
  return inTime;
};
