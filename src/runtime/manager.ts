/**
 * The life of a process: started in order, stopped in reverse.
 *
 * Start: operations server, background work and informers, wait for all lists, leadership, controllers.
 * Stop: controllers (reconciles under way may end in peace for `drainMs`, then they are killed), background work and
 * informers, leadership, operations server. Leadership is released only if no reconcile is left; otherwise the lease
 * runs out by itself. Whenever leadership is lost, reconciles are killed at once.
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
  run(signal: AbortSignal, lead: (signal: AbortSignal, lost: AbortSignal) => Promise<void>): Promise<ElectionEnd>;
};

export type ManagerOptions = {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly server: { readonly host: string; readonly port: number };
  /** What the controllers decide by: they start once these are synced. Others can be {@link ManagerOptions.background}. */
  readonly informers: readonly Informer<unknown>[];
  /**
   * The controllers start after this long even if an informer is not synced, as when a CustomResourceDefinition is
   * missing: they must take such a store for unknown. The process does not become ready. 60,000.
   */
  readonly startAnywayMs?: number;
  /** Runs on every replica, from the start. */
  readonly background?: readonly Runnable[];
  /** Absent: this process is the only one. */
  readonly elector?: Elector;
  /** Runs on the leader, once the informers are synced or `startAnywayMs` have passed. */
  readonly controllers: readonly Runnable[];
  /** On top of one check for each informer. */
  readonly checks?: readonly ReadinessCheck[];
  /** How long reconciles under way may take to end in peace; 8,000. */
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

const DRAIN_MS = 8_000;
/** What still runs so long after it was killed ends with the process. */
const KILLED_MS = 2_000;
const SYNC_REPORT_MS = 30_000;
/** How long an informer may have for its first list before the next one starts. */
const TURN_MS = 5_000;
const START_ANYWAY_MS = 60_000;
/** Bookmarks come about once a minute; a watch without any is given up after three. */
const OUT_OF_TOUCH_MS = 300_000;

/** An informer whose list nobody waits for, and whose state does not count for readiness. */
export const informing = (informer: Informer<unknown>): Runnable => ({
  name: informer.resource.plural,
  run: (signal) => informer.start(signal),
});

/**
 * Starts each informer once the one before it has its first list, has failed, or has had its time. Lists that arrive together
 * would hold memory, and the event loop, for all of them at once.
 */
const inTurn = (informers: readonly Informer<unknown>[]): readonly Runnable[] => {
  let turn: Promise<void> = Promise.resolve();
  return informers.map((informer) => {
    const before = turn;
    const { promise, resolve } = Promise.withResolvers<void>();
    turn = promise;
    return {
      name: informer.resource.plural,
      run: async (signal) => {
        await before;
        const running = informer.start(signal);
        void informer.waitForFirstTry(signal, TURN_MS).then(() => resolve());
        return running;
      },
    };
  });
};

export const createManager = (options: ManagerOptions): Manager => new OrderedManager(options);

class OrderedManager implements Manager {
  readonly #options: ManagerOptions;
  readonly #server: OperationsServer;
  #address: AddressInfo | undefined;

  constructor(options: ManagerOptions) {
    const { metrics, server, informers, checks = [] } = options;
    this.#options = options;
    this.#server = new OperationsServer({ ...server, metrics, checks: [...informers.map(touchCheck), ...checks] });
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
    const running = runAll([...inTurn(informers), ...background], support.signal, support.signal, stop);
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

  /** Waits for the first lists, within reason, and says for which. */
  async #waitForSync(signal: AbortSignal): Promise<void> {
    const { clock, informers, logger, startAnywayMs = START_ANYWAY_MS } = this.#options;
    const deadline = clock.monotonic() + startAnywayMs;
    for (;;) {
      const patienceMs = Math.min(SYNC_REPORT_MS, deadline - clock.monotonic());
      const synced = await Promise.all(informers.map((informer) => informer.waitForSync(signal, patienceMs)));
      if (signal.aborted || synced.every(Boolean)) return;
      const resources = informers.filter((_, index) => synced[index] === false).map(({ resource }) => resource.plural);
      if (clock.monotonic() >= deadline) return logger.error({ resources }, "starting without some of the first lists");
      logger.warn({ resources }, "still waiting for the first lists");
    }
  }

  async #elect(stop: AbortScope, stopSupport: () => Promise<void>): Promise<void> {
    const { elector } = this.#options;
    let ended = false;
    const lead = async (signal: AbortSignal, lost: AbortSignal): Promise<void> => {
      await this.#control(signal, lost, stop);
      ended = true;
      await stopSupport();
    };
    if (elector === undefined) return lead(stop.signal, new AbortController().signal);
    const end = await elector.run(stop.signal, lead);
    // Who was asked to stop, and has, needs no lease.
    if (end === "lost" && !(ended && stop.signal.aborted)) throw new LeadershipLost("leadership was lost");
  }

  /** Runs the controllers; when they must stop, lets them end what they are doing, unless they lead no more. */
  async #control(signal: AbortSignal, lost: AbortSignal, stop: AbortScope): Promise<void> {
    const { clock, controllers, drainMs = DRAIN_MS } = this.#options;
    const kill = abortScope(clock, lost);
    const running = runAll(controllers, signal, kill.signal, stop);
    try {
      await whenAborted(signal);
      if (await within(clock, drainMs, running, lost)) return;
      kill.abort(new Error("the drain deadline is over"));
      if (await within(clock, KILLED_MS, running)) return;
    } finally {
      kill.release();
    }
    throw new Error(`reconciles did not end within ${KILLED_MS} ms of being killed`);
  }
}

const touchCheck = (informer: Informer<unknown>): ReadinessCheck => ({
  name: informer.resource.plural,
  problem: () => {
    if (!informer.synced()) return "not synced";
    const silentMs = informer.outOfTouchMs();
    return silentMs < OUT_OF_TOUCH_MS ? undefined : `nothing heard for ${Math.round(silentMs / 1000)} s`;
  },
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

/** Whether the work ends within `ms`, and before the signal aborts. */
const within = async (clock: Clock, ms: number, work: Promise<void>, signal?: AbortSignal): Promise<boolean> => {
  const scope = abortScope(clock, signal);
  const late = sleep(clock, ms, scope.signal).then(
    () => false,
    () => false,
  );
  const inTime = await Promise.race([work.then(() => true), late]);
  scope.abort(new Error("over"));
  scope.release();
  return inTime;
};
