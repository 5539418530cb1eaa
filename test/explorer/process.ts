/** One life of the controller's process over the in-process server: the real informers and the real reconcilers. */
import { createControllers } from "../../src/controllers/index.ts";
import { createWorld, decisiveInformers, type World } from "../../src/controllers/world.ts";
import type { Clock } from "../../src/lib/clock.ts";
import { createLogger } from "../../src/lib/logger.ts";
import { Metrics } from "../../src/lib/metrics.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../src/resources/settings.ts";
import type { LocalClient, LocalServer } from "./server.ts";

/** There are no admission policies in the in-process server. */
export const SETTINGS: Settings = { ...DEFAULT_SETTINGS, admission: "Unchecked" };

const logger = createLogger({ level: "silent" });
const SYNC_MS = 60_000;
const CONCURRENCY = 4;

export class Process {
  readonly world: World;
  readonly #clock: Clock;
  readonly #client: LocalClient;
  readonly #stop = new AbortController();
  readonly #kill = new AbortController();
  readonly #support = new AbortController();
  #ended = false;
  /** When a store last changed; monotonic. */
  changedAt: number;

  /** Starts as the process does: the informers, then, once they are synced, the controllers. */
  constructor(server: LocalServer) {
    this.#clock = server.clock;
    this.changedAt = server.clock.monotonic();
    this.#client = server.client();
    const common = { client: this.#client, clock: server.clock, logger, metrics: new Metrics() };
    this.world = createWorld(common);
    const controllers = createControllers({
      ...common,
      world: this.world,
      settings: SETTINGS,
      events: { record: () => undefined },
      concurrency: CONCURRENCY,
    });
    const informers = decisiveInformers(this.world);
    for (const informer of informers) {
      informer.onChange(() => {
        this.changedAt = server.clock.monotonic();
      });
      void informer.start(this.#support.signal);
    }
    const control = async (): Promise<void> => {
      await Promise.all(informers.map((informer) => informer.waitForSync(this.#stop.signal, SYNC_MS)));
      if (!this.#stop.signal.aborted) {
        await Promise.all(controllers.map((it) => it.run(this.#stop.signal, this.#kill.signal)));
      }
      this.#ended = true;
    };
    void control();
  }

  get synced(): boolean {
    return decisiveInformers(this.world).every((informer) => informer.synced());
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Whether the stores have stood still for so long. */
  quietFor(ms: number): boolean {
    return this.#clock.monotonic() - this.changedAt >= ms;
  }

  /** Lets reconciles under way end in peace. */
  stop(): void {
    this.#stop.abort(new Error("stopping"));
  }

  /** Ends it at once: what it has sent may still arrive. */
  crash(): void {
    this.stop();
    this.#kill.abort(new Error("killed"));
    this.#support.abort(new Error("killed"));
    this.#client.kill();
  }
}

/** What a process would see that has just started and looked at everything; it changes nothing. */
export const readWorld = async (server: LocalServer, advance: (ms: number) => Promise<void>): Promise<World> => {
  const stop = new AbortController();
  const world = createWorld({ client: server.client(), clock: server.clock, logger, metrics: new Metrics() });
  for (const informer of decisiveInformers(world)) void informer.start(stop.signal);
  await advance(100);
  stop.abort(new Error("read"));
  return world;
};
