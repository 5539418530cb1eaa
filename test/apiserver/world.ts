/** The controllers' world over an API server, and a controller of one kind in it. */
import { createWorld, type World } from "../../src/controllers/world.ts";
import type { Client } from "../../src/kube/client.ts";
import { type Clock, systemClock } from "../../src/lib/clock.ts";
import { createLogger } from "../../src/lib/logger.ts";
import { Metrics } from "../../src/lib/metrics.ts";
import { createController, type Reconcile } from "../../src/runtime/controller.ts";
import type { Informer } from "../../src/runtime/informer.ts";

const logger = createLogger({ level: "silent" });

export class LiveWorld {
  readonly world: World;
  readonly metrics = new Metrics();
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  private constructor(client: Client) {
    this.world = createWorld({ client, clock: systemClock, logger, metrics: this.metrics });
  }

  /** `wanted`: which of the informers run. Synced when this resolves. */
  static async start(client: Client, wanted: (world: World) => readonly Informer<unknown>[]): Promise<LiveWorld> {
    const live = new LiveWorld(client);
    const informers = wanted(live.world);
    for (const informer of informers) live.#running.push(informer.start(live.#stop.signal));
    await Promise.all(informers.map((informer) => informer.waitForSync(live.#stop.signal, 20_000)));
    return live;
  }

  /** Reconciles what the informer shows, at every change of it and of `others`. */
  run(reconcile: Reconcile, informer: Informer<unknown>, clock: Clock, ...others: readonly Informer<unknown>[]): void {
    const seed = (): string[] => informer.store.keys();
    const controller = createController({
      name: informer.resource.kind,
      reconcile,
      concurrency: 1,
      clock,
      logger,
      metrics: new Metrics(),
      seed,
    });
    informer.onChange(({ key }) => controller.enqueue(key));
    for (const other of others) {
      other.onChange(() => {
        for (const key of informer.store.keys()) controller.enqueue(key);
      });
    }
    this.#running.push(controller.run(this.#stop.signal));
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("the test is over"));
    await Promise.allSettled(this.#running);
  }
}
