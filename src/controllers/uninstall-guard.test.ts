import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/gen/fake-clock.ts";
import {
  boundTo,
  type Change,
  changed,
  forUsers,
  inNamespace,
  installedBy,
  NOW,
  ofGeneration,
  organization,
  organizedBy,
  packConfiguration,
  packDefinition,
  packInstall,
  withGrace,
  withMeta,
} from "../../test/gen/objects.ts";
import type { Resource } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import { ANNOTATION } from "../api/names.ts";
import type { PackConfiguration, PackInstall, PackOrganization, UninstallGuardState } from "../api/v1alpha1/index.ts";
import type { Client, WatchEvent, WatchOptions } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { createLogger } from "../lib/logger.ts";
import { Metrics } from "../lib/metrics.ts";
import { evaluateInstall } from "../policy/evaluate.ts";
import { conditionOf } from "../resources/conditions.ts";
import { desiredObjects } from "../resources/desired.ts";
import { installStatus } from "../resources/install-status.ts";
import { DEFAULT_SETTINGS } from "../resources/settings.ts";
import { createController, type Reconcile } from "../runtime/controller.ts";
import type { EventNote } from "../runtime/events.ts";
import { DONE, requeueAfter } from "../runtime/outcome.ts";
import { gatherInput } from "./gather.ts";
import { createOrganizationReconcile, observeOrganization } from "./pack-organization.ts";
import { type Hold, UninstallGuard } from "./uninstall-guard.ts";
import { createWorld, decisiveInformers, type World } from "./world.ts";

const SETTINGS = { ...DEFAULT_SETTINGS, admission: "Unchecked" } as const;

/** The objects of a cluster, told to whoever watches. It outlives the processes that look at it. */
class Cluster implements Pick<Client, "list" | "watch" | "replaceStatus"> {
  readonly #objects = new Map<string, KubeObject>();
  readonly #watchers = new Set<(event: WatchEvent<KubeObject>) => void>();
  #version = 0;
  writes = 0;

  list = (): Promise<never> => Promise.reject(new Error("lists are streamed"));

  watch = async <T extends KubeObject>({ kind }: Resource, { signal }: WatchOptions) =>
    this.#events(kind, signal) as AsyncIterable<WatchEvent<T>>;

  replaceStatus = async <T extends KubeObject>(_: Resource, object: T): Promise<T> => {
    const stored = this.get<T & { status?: object }>(object.kind, keyOf(object));
    this.writes += 1;
    return this.apply({ ...stored, status: (object as { status?: object }).status } as unknown as T);
  };

  get<T extends KubeObject>(kind: string, key: string): T {
    const object = this.#objects.get(`${kind}|${key}`);
    if (object === undefined) throw new Error(`there is no ${kind} '${key}'`);
    return object as T;
  }

  apply<T extends KubeObject>(object: T): T {
    this.#version += 1;
    const stored = changed(object, withMeta({ resourceVersion: String(this.#version) }));
    this.#objects.set(`${object.kind}|${keyOf(object)}`, stored);
    for (const tell of this.#watchers) tell({ type: "MODIFIED", object: stored });
    return stored;
  }

  remove(object: KubeObject): void {
    this.#version += 1;
    this.#objects.delete(`${object.kind}|${keyOf(object)}`);
    const gone = changed(object, withMeta({ resourceVersion: String(this.#version) }));
    for (const tell of this.#watchers) tell({ type: "DELETED", object: gone });
  }

  async *#events(kind: string, signal: AbortSignal): AsyncGenerator<WatchEvent<KubeObject>> {
    const metadata = {
      name: "",
      resourceVersion: String(this.#version),
      annotations: { "k8s.io/initial-events-end": "true" },
    };
    const queue: WatchEvent<KubeObject>[] = [...this.#objects.values()].map((object) => ({ type: "ADDED", object }));
    queue.push({ type: "BOOKMARK", object: { apiVersion: "", kind, metadata } });
    let wake = (): void => undefined;
    const tell = (event: WatchEvent<KubeObject>): void => {
      queue.push(event);
      wake();
    };
    this.#watchers.add(tell);
    signal.addEventListener("abort", () => wake());
    while (!signal.aborted) {
      for (const event of queue.splice(0)) if ("kind" in event.object && event.object.kind === kind) yield event;
      await new Promise<void>((resolve) => {
        wake = resolve;
        if (signal.aborted || queue.length > 0) resolve();
      });
    }
    this.#watchers.delete(tell);
  }
}

/** A controller process, as far as the guard is concerned: it evaluates installs and writes their status, nothing else. */
class Process {
  readonly world: World;
  readonly guard: UninstallGuard;
  readonly metrics = new Metrics();
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[] = [];

  constructor(cluster: Cluster, clock: Clock, events: EventNote[] = []) {
    this.#cluster = cluster;
    this.#clock = clock;
    const logger = createLogger({ level: "silent" });
    const { metrics } = this;
    this.world = createWorld({ client: cluster, clock, logger, metrics });
    this.guard = new UninstallGuard({ world: this.world, settings: SETTINGS, clock });
    observeOrganization(this.world, SETTINGS, metrics);
    const { guard, world } = this;
    const record = (note: EventNote): void => void events.push(note);
    const organizations = createOrganizationReconcile({
      client: cluster,
      world,
      settings: SETTINGS,
      clock,
      events: { record },
      guard,
    });
    const base = { clock, logger, metrics, concurrency: 2 };
    const controllers = {
      installs: createController({ ...base, name: "installs", reconcile: this.#install, seed: this.#keys }),
      organizations: createController({ ...base, name: "organizations", concurrency: 1, reconcile: organizations }),
    };
    const woken = guard.attach(controllers);
    world.installs.onChange(({ key }) => woken.installs.enqueue(key));
    world.organizations.onChange(({ key, before, after }) => {
      woken.organizations.enqueue(key);
      if (before?.metadata.generation !== after?.metadata.generation) this.#wakeAll(woken.installs);
    });
    world.configurations.onChange(() => this.#wakeAll(woken.installs));
    this.#running.push(...decisiveInformers(world).map((informer) => informer.start(this.#stop.signal)));
    this.controllers = controllers;
  }

  readonly controllers: { readonly [name: string]: ReturnType<typeof createController> };

  async synced(): Promise<this> {
    while (!decisiveInformers(this.world).every((informer) => informer.synced())) await nextTurn();
    return this;
  }

  async started(): Promise<this> {
    await this.synced();
    for (const controller of Object.values(this.controllers)) this.#running.push(controller.run(this.#stop.signal));
    return this;
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error("the process ends"));
    await Promise.all(this.#running);
  }

  /** Evaluates one install, as its reconcile would, and asks. */
  ask(key: string): Hold | undefined {
    const install = this.world.installs.store.get(key);
    if (install === undefined) throw new Error(`there is no install '${key}'`);
    const evaluation = evaluateInstall(gatherInput(this.world, install, SETTINGS, this.#clock.now()));
    this.guard.evaluated(install, evaluation);
    return this.guard.hold(install, evaluation);
  }

  readonly #keys = (): readonly string[] => this.world.installs.store.keys();

  #wakeAll(installs: { enqueue(key: string): void }): void {
    for (const key of this.#keys()) installs.enqueue(key);
  }

  readonly #install: Reconcile = async (key, ctx) => {
    const install = this.world.installs.store.get(key);
    if (install === undefined) return DONE;
    const input = gatherInput(this.world, install, SETTINGS, this.#clock.now());
    const first = evaluateInstall(input);
    this.guard.evaluated(install, first);
    const hold = this.guard.hold(install, first);
    const evaluation = hold === undefined ? first : evaluateInstall({ ...input, held: hold.why });
    const desired = desiredObjects(input, evaluation, SETTINGS);
    const status = installStatus({
      world: input,
      evaluation,
      desired,
      pod: undefined,
      trials: undefined,
      obstacle: undefined,
    });
    if (JSON.stringify(status) !== JSON.stringify(install.status)) {
      const written = await this.#cluster.replaceStatus(this.world.installs.resource, { ...install, status });
      ctx.ownWrites.wrote(key, this.world.installs, key, written.metadata.resourceVersion);
    }
    if (hold?.afterMs !== undefined) return requeueAfter(hold.afterMs, "Held");
    return evaluation.outcome === "Uninstalling" && hold === undefined
      ? requeueAfter(Math.max(evaluation.deadline - input.now, 1), "GracePeriod")
      : DONE;
  };
}

const user = (index: number): string => `user-${index}@example.com`;
const key = (index: number): string => `team-${index}/crm`;
const numbers = (count: number, from = 0): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

const running: Process[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((process) => process.stop()));
});

/** A cluster in which so many installs, each by a user of its own, are bound to the configuration `members`. */
class Scene {
  readonly cluster = new Cluster();
  readonly clock: FakeClock;
  readonly events: EventNote[] = [];
  readonly count: number;
  #generation = 1;

  constructor(count: number, clock = new FakeClock(NOW), ...changes: readonly Change<PackConfiguration>[]) {
    this.count = count;
    this.clock = clock;
    const configuration = packConfiguration("members", forUsers(...numbers(count).map(user)), ...changes);
    this.cluster.apply(organization());
    this.cluster.apply(packDefinition("crm"));
    this.cluster.apply(configuration);
    for (const index of numbers(count)) {
      this.cluster.apply(
        packInstall("crm", inNamespace(`team-${index}`), installedBy(user(index)), boundTo(configuration), (it) =>
          withMeta({ uid: `uid-${index}` })(it),
        ),
      );
    }
  }

  process(clock: Clock = this.clock): Process {
    const process = new Process(this.cluster, clock, this.events);
    running.push(process);
    return process;
  }

  async start(): Promise<Process> {
    const process = await this.process().started();
    await this.pass(2_000);
    this.cluster.writes = 0;
    return process;
  }

  /** Time goes on, in steps so small that a busy process keeps up. */
  async pass(ms: number): Promise<void> {
    const steps = 150;
    for (let step = 0; step < steps; step += 1) await this.clock.advance(ms / steps);
  }

  /** Only these may use the pack from now on. */
  admit(users: readonly number[]): void {
    this.#generation += 1;
    const before = this.cluster.get<PackConfiguration>("PackConfiguration", "members");
    this.cluster.apply(changed(before, forUsers(...users.map(user)), ofGeneration(this.#generation)));
  }

  /** As `packctl uninstall resume` does. */
  resume(mark: string): void {
    const annotations = { [ANNOTATION.uninstallResumeRequestedAt]: mark };
    this.cluster.apply(changed(this.organization(), withMeta({ annotations })));
  }

  limit(uninstallGuard: object): void {
    this.#generation += 1;
    this.cluster.apply(changed(this.organization(), organizedBy({ uninstallGuard }), ofGeneration(this.#generation)));
  }

  organization(): PackOrganization {
    return this.cluster.get<PackOrganization>("PackOrganization", "default");
  }

  guard(): UninstallGuardState | undefined {
    return this.organization().status?.uninstallGuard;
  }

  install(index: number): PackInstall {
    return this.cluster.get<PackInstall>("PackInstall", key(index));
  }

  /** How many installs have their `Ready` for this reason. */
  ready(reason: string): number {
    return numbers(this.count).filter((index) => conditionOf(this.install(index), "Ready")?.reason === reason).length;
  }

  gone(): number {
    return numbers(this.count).filter((index) => this.install(index).status?.uninstalled !== undefined).length;
  }

  leaving(): number {
    return numbers(this.count).filter((index) => this.install(index).status?.pendingUninstall !== undefined).length;
  }
}

describe("a mistaken edit that makes too many leave", () => {
  it("stops all of them: they are revoked, keep their binding, and say why", async () => {
    const scene = new Scene(30);
    await scene.start();
    scene.admit(numbers(5));
    await scene.pass(2_000);
    expect([scene.gone(), scene.leaving(), scene.ready("UninstallPaused")]).toEqual([0, 25, 25]);
    const { status } = scene.install(29);
    expect(status?.boundConfiguration?.name).toBe("members");
    expect(conditionOf({ status: status ?? {} }, "Ready")?.message).toMatch(
      /^neither the installer 'user-29@example.com'.*25 of 30 packs would be uninstalled within 300 seconds.*`packctl uninstall resume` lets them go\.$/,
    );
    expect(conditionOf({ status: status ?? {} }, "Reconciling")).toBeUndefined();
  });

  it("shows in one condition, one event and one metric", async () => {
    const scene = new Scene(30);
    const { metrics } = await scene.start();
    scene.events.splice(0);
    scene.admit(numbers(5));
    await scene.pass(20_000);
    expect(scene.guard()).toMatchObject({ paused: true, waiting: 25 });
    expect(conditionOf(scene.organization(), "UninstallPaused")?.message).toContain("25 InstallerAccessLost 'members'");
    expect(conditionOf(scene.organization(), "Ready")).toMatchObject({ status: "False", reason: "UninstallPaused" });
    expect(scene.events.map(({ reason, type }) => [type, reason])).toEqual([["Warning", "UninstallPaused"]]);
    expect(await metrics.value("packs_uninstall_guard_paused")).toBe(1);
    expect(await metrics.value("packs_uninstall_guard_waiting")).toBe(25);
  });

  it("costs nobody anything once it is undone, and the pause ends by itself", async () => {
    const scene = new Scene(30);
    const { metrics } = await scene.start();
    scene.admit([]);
    await scene.pass(2_000);
    scene.admit(numbers(30));
    await scene.pass(2_000);
    expect([scene.gone(), scene.leaving(), scene.ready("UninstallPaused")]).toEqual([0, 0, 0]);
    expect(scene.guard()).toEqual({ paused: false });
    expect(conditionOf(scene.organization(), "UninstallPaused")).toBeUndefined();
    expect(await metrics.value("packs_uninstall_guard_paused")).toBe(0);
  });

  it("is settled after a few writes, and then nothing is written any more", async () => {
    const scene = new Scene(30);
    await scene.start();
    scene.admit([]);
    await scene.pass(5_000);
    scene.cluster.writes = 0;
    await scene.pass(3_600_000);
    expect(scene.cluster.writes).toBe(0);
  });

  it("lets them go when an administrator resumes", async () => {
    const scene = new Scene(30);
    await scene.start();
    scene.admit([]);
    await scene.pass(2_000);
    scene.resume("now");
    await scene.pass(2_000);
    expect(scene.gone()).toBe(30);
    expect(scene.guard()).toMatchObject({ paused: false, lastHandledResumeAt: "now" });
  });

  it("is no reason to stop those that leave after a resume", async () => {
    const scene = new Scene(60);
    await scene.start();
    scene.admit(numbers(30));
    await scene.pass(2_000);
    scene.resume("now");
    await scene.pass(10_000);
    scene.admit(numbers(25));
    await scene.pass(2_000);
    expect([scene.gone(), scene.guard()?.paused]).toEqual([35, false]);
  });

  it("stops the next ones, too, for a resume counts once", async () => {
    const scene = new Scene(60);
    await scene.start();
    scene.admit(numbers(40));
    await scene.pass(2_000);
    scene.resume("now");
    await scene.pass(10_000);
    scene.admit(numbers(20));
    await scene.pass(2_000);
    expect([scene.gone(), scene.guard()?.paused, scene.guard()?.waiting]).toEqual([20, true, 20]);
  });

  it("is not let go by a resume that came while nothing was stopped", async () => {
    const scene = new Scene(30);
    await scene.start();
    scene.resume("too early");
    await scene.pass(2_000);
    scene.admit([]);
    await scene.pass(10_000);
    expect([scene.gone(), scene.guard()?.lastHandledResumeAt]).toEqual([0, "too early"]);
  });

  it("stops them when their grace period ends, however long it was", async () => {
    const scene = new Scene(30, new FakeClock(NOW), withGrace(3_600));
    await scene.start();
    scene.admit([]);
    await scene.pass(3_590_000);
    expect([scene.leaving(), scene.guard()?.paused]).toEqual([30, false]);
    await scene.pass(20_000);
    expect([scene.gone(), scene.guard()?.paused]).toEqual([0, true]);
  });
});

describe("half of a repair", () => {
  it("lets nobody go, though those that are left are within the limits", async () => {
    const scene = new Scene(30);
    await scene.start();
    scene.admit([]);
    await scene.pass(2_000);
    scene.admit(numbers(27));
    await scene.pass(200_000);
    expect([scene.gone(), scene.leaving()]).toEqual([0, 3]);
    expect(scene.guard()).toMatchObject({ paused: true, waiting: 3 });
  });

  it("lets the rest go after a whole window in which nobody came back", async () => {
    const scene = new Scene(30);
    await scene.start();
    scene.admit([]);
    await scene.pass(2_000);
    scene.admit(numbers(27));
    await scene.pass(310_000);
    expect([scene.gone(), scene.guard()]).toEqual([3, { paused: false }]);
  });
});

describe("a few that leave", () => {
  it("leave within two seconds of the change", async () => {
    const scene = new Scene(60);
    await scene.start();
    scene.admit(numbers(50));
    await scene.pass(1_500);
    expect([scene.gone(), scene.guard()?.paused]).toEqual([10, false]);
  });

  it("are revoked first, while it is counted who leaves with them", async () => {
    const scene = new Scene(60);
    await scene.start();
    scene.admit(numbers(59));
    await scene.pass(100);
    expect([scene.gone(), scene.leaving(), scene.ready("Uninstalling")]).toEqual([0, 1, 1]);
  });

  it("leave at once in a cluster so small that the minimum protects everybody", async () => {
    const scene = new Scene(10);
    await scene.start();
    scene.admit([]);
    await scene.pass(0);
    expect(scene.gone()).toBe(10);
  });

  it("leave at once where every share is allowed", async () => {
    const scene = new Scene(30);
    await scene.start();
    scene.limit({ maxPercent: 100 });
    await scene.pass(1_000);
    scene.admit([]);
    await scene.pass(0);
    expect([scene.gone(), scene.guard()?.paused]).toEqual([30, false]);
  });

  it("are not kept waiting by others that follow one by one", async () => {
    const scene = new Scene(100);
    await scene.start();
    for (const index of numbers(8)) {
      scene.admit(numbers(99 - index));
      await scene.pass(200);
    }
    expect(scene.install(99).status?.uninstalled).toBeDefined();
  });

  it("count again when many follow within the window", async () => {
    const scene = new Scene(100);
    await scene.start();
    for (const index of numbers(10)) {
      scene.admit(numbers(95 - 5 * index));
      await scene.pass(3_000);
    }
    expect(scene.gone()).toBe(20);
    expect(scene.guard()).toMatchObject({ paused: true, waiting: 30 });
  });

  it("are stopped together with others that follow on their heels, as when several groups are synced", async () => {
    const scene = new Scene(100);
    await scene.start();
    for (const step of numbers(5)) {
      scene.admit(numbers(94 - 6 * step));
      await scene.pass(100);
    }
    await scene.pass(2_000);
    expect([scene.gone(), scene.guard()?.waiting]).toEqual([0, 30]);
  });

  it("are forgotten after the window", async () => {
    const scene = new Scene(100);
    await scene.start();
    scene.admit(numbers(85));
    await scene.pass(2_000);
    await scene.pass(300_000);
    scene.admit(numbers(70));
    await scene.pass(2_000);
    expect([scene.gone(), scene.guard()?.paused]).toEqual([30, false]);
  });
});

describe("a controller that starts again", () => {
  it("goes on with a pause, without a write", async () => {
    const scene = new Scene(30);
    const first = await scene.start();
    scene.admit([]);
    await scene.pass(2_000);
    await first.stop();
    scene.cluster.writes = 0;
    await scene.start();
    await scene.pass(60_000);
    expect([scene.gone(), scene.guard()?.paused, scene.cluster.writes]).toEqual([0, true, 0]);
  });

  it("knows a pause even if those that are left are within the limits", async () => {
    const scene = new Scene(30);
    const first = await scene.start();
    scene.admit([]);
    await scene.pass(2_000);
    await first.stop();
    scene.admit(numbers(27));
    await scene.start();
    await scene.pass(60_000);
    expect([scene.gone(), scene.guard()?.paused, scene.guard()?.waiting]).toEqual([0, true, 3]);
  });

  it("counts those that left before", async () => {
    const scene = new Scene(100);
    const first = await scene.start();
    scene.admit(numbers(85));
    await scene.pass(2_000);
    await first.stop();
    scene.admit(numbers(70));
    await scene.start();
    expect([scene.gone(), scene.guard()?.paused]).toEqual([15, true]);
  });

  it("goes on with a resume", async () => {
    const scene = new Scene(30);
    const first = await scene.start();
    scene.admit([]);
    await scene.pass(2_000);
    await first.stop();
    scene.resume("while nobody looked");
    await scene.start();
    expect([scene.gone(), scene.guard()?.paused]).toEqual([30, false]);
  });
});

describe("what is counted", () => {
  it("is everybody whom the change wakes, before the first of them leaves", async () => {
    const scene = new Scene(30);
    const process = await scene.process().synced();
    for (const index of numbers(30)) process.ask(key(index));
    scene.admit([]);
    await scene.pass(0);
    process.ask(key(7));
    await scene.pass(5_000);
    expect(process.ask(key(7))?.why.reason).toBe("UninstallPaused");
    expect(process.guard.review().pause?.waiting).toBe(30);
  });

  it("leaves out installs that are being deleted or gone", async () => {
    const scene = new Scene(24);
    const process = await scene.process().synced();
    for (const index of numbers(24)) process.ask(key(index));
    scene.admit(numbers(9));
    for (const index of numbers(3, 9)) scene.cluster.remove(scene.install(index));
    const deletionTimestamp = "2026-01-02T12:00:00Z";
    for (const index of numbers(2, 12)) {
      scene.cluster.apply(changed(scene.install(index), withMeta({ deletionTimestamp })));
    }
    await scene.pass(0);
    process.ask(key(20));
    await scene.pass(5_000);
    expect(process.ask(key(20))).toBeUndefined();
  });

  it("is counted in slices, so that nothing else has to wait", async () => {
    const scene = new Scene(30);
    const slow = new (class extends FakeClock {
      override monotonic(): number {
        this.freeze(1);
        return super.monotonic();
      }
    })(NOW);
    const process = await scene.process(slow).synced();
    scene.admit([]);
    await scene.pass(0);
    const first = process.ask(key(0));
    expect(first).toMatchObject({ afterMs: 1, why: { reason: "Uninstalling" } });
    let asked = 1;
    while (process.ask(key(0))?.afterMs === 1) asked += 1;
    expect(asked).toBeGreaterThan(5);
    slow.freeze(5_000);
    expect(process.ask(key(0))?.why.reason).toBe("UninstallPaused");
  });
});

describe("in whatever order installs ask", () => {
  const bursts = fc.record({
    installs: fc.integer({ min: 11, max: 40 }),
    leavers: fc.integer({ min: 1, max: 40 }),
    asks: fc.array(fc.record({ who: fc.nat(), pauseMs: fc.constantFrom(0, 0, 10, 100, 300) }), { maxLength: 40 }),
  });

  it("either all of one burst leave, or none", { timeout: 60_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(bursts, async ({ asks, installs, leavers }) => {
        const scene = new Scene(installs);
        const process = await scene.process().synced();
        for (const index of numbers(installs)) process.ask(key(index));
        const leave = Math.min(leavers, installs);
        scene.admit(numbers(installs - leave));
        await settle(20);
        const released = new Set<number>();
        const ask = (index: number): void => {
          if (process.ask(key(index)) === undefined) released.add(index);
        };
        for (const { pauseMs, who } of asks) {
          ask(installs - 1 - (who % leave));
          if (pauseMs > 0) await scene.clock.advance(pauseMs);
        }
        for (const _ of numbers(2)) {
          for (const index of numbers(leave, installs - leave)) ask(index);
          await scene.clock.advance(1_000);
        }
        const allowed = Math.max(10, Math.floor(installs / 5));
        expect(released.size).toBe(leave > allowed ? 0 : leave);
        await process.stop();
      }),
      { numRuns: 60 },
    );
  });
});
