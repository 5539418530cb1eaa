import { afterEach, describe, expect, it, vi } from "vitest";
import { FakeClock, settle } from "../../test/gen/fake-clock.ts";
import { POD } from "../api/kinds.ts";
import { ApiError } from "../kube/errors.ts";
import { createLogger } from "../lib/logger.ts";
import { Metrics } from "../lib/metrics.ts";
import { type Controller, createController, type Reconcile, type ReconcileContext } from "./controller.ts";
import { DONE, type Outcome, requeueAfter, TerminalError, WaitingError } from "./outcome.ts";
import { OwnWrites } from "./own-writes.ts";

type Setup = {
  readonly controller: Controller;
  readonly clock: FakeClock;
  readonly metrics: Metrics;
  readonly lines: Record<string, unknown>[];
  readonly runs: string[];
  readonly stop: AbortController;
  readonly running: Promise<void>;
};

const stops: AbortController[] = [];
afterEach(() => {
  for (const stop of stops.splice(0)) stop.abort(new Error("the test is over"));
});

const setup = (
  reconcile: (key: string, ctx: ReconcileContext, nth: number) => Promise<Outcome>,
  { concurrency = 2, timeoutMs = 60_000, kill }: { concurrency?: number; timeoutMs?: number; kill?: AbortSignal } = {},
): Setup => {
  const clock = new FakeClock();
  const metrics = new Metrics();
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger({
    level: "debug",
    stream: { write: (line: string) => void lines.push(JSON.parse(line)) },
  });
  const runs: string[] = [];
  const counted: Reconcile = (key, ctx) => {
    runs.push(key);
    return reconcile(key, ctx, runs.filter((run) => run === key).length);
  };
  const ownWrites = new OwnWrites(logger, 5_000);
  const controller = createController({
    name: "fruit",
    reconcile: counted,
    concurrency,
    clock,
    logger,
    metrics,
    timeoutMs,
    ownWrites,
    random: () => 0,
  });
  const stop = new AbortController();
  stops.push(stop);
  const running = controller.run(stop.signal, kill);
  return { controller, clock, metrics, lines, runs, stop, running };
};

const total = ({ metrics }: Setup, result: string): Promise<number | undefined> =>
  metrics.value("packs_controller_reconcile_total", { controller: "fruit", result });

describe("a controller", () => {
  it("reconciles a key once for many changes, then rests", async () => {
    const it = setup(async () => DONE);
    for (const key of ["n/a", "n/a", "n/b", "n/a"]) it.controller.enqueue(key);
    await settle();
    expect(it.runs).toEqual(["n/a", "n/b"]);
    expect(it.controller.idle()).toBe(true);
    expect(await total(it, "success")).toBe(2);
    expect(it.lines).toEqual([]);
  });

  it("takes in a seed of very many keys without holding the event loop, and is not idle meanwhile", async () => {
    const keys = Array.from({ length: 5_000 }, (_, index) => `key-${index}`);
    const seen = new Set<string>();
    let given = 0;
    const controller = createController({
      name: "fruit",
      reconcile: async (key) => {
        seen.add(key);
        return DONE;
      },
      concurrency: 2,
      clock: new FakeClock(),
      logger: createLogger({ level: "silent" }),
      metrics: new Metrics(),
      seed: function* () {
        for (const key of keys) {
          given += 1;
          yield key;
        }
      },
    });
    const stop = new AbortController();
    stops.push(stop);
    const running = controller.run(stop.signal);
    expect(given).toBeLessThan(1_000);
    expect(controller.idle()).toBe(false);
    await vi.waitUntil(() => controller.idle(), { timeout: 10_000 });
    expect(seen.size).toBe(keys.length);
    stop.abort(new Error("enough"));
    await running;
  });

  it("with a seed keeps nothing before it runs, and then begins with the seed", async () => {
    const clock = new FakeClock();
    const metrics = new Metrics();
    const store = ["a"];
    const runs: string[] = [];
    const controller = createController({
      name: "fruit",
      reconcile: async (key) => {
        runs.push(key);
        return DONE;
      },
      concurrency: 1,
      clock,
      logger: createLogger({ level: "silent" }),
      metrics,
      seed: () => store,
    });
    controller.enqueue("gone");
    controller.enqueueAfter("gone", 1_000);
    store.push("b");
    expect(controller.idle()).toBe(true);
    expect(await metrics.value("workqueue_depth", { name: "fruit" })).toBe(0);
    const stop = new AbortController();
    stops.push(stop);
    void controller.run(stop.signal);
    controller.enqueue("c");
    await clock.advance(2_000);
    expect(runs).toEqual(["a", "b", "c"]);
  });

  it("never runs a key twice at once, and runs it again when it changed meanwhile", async () => {
    const gate = Promise.withResolvers<void>();
    let active = 0;
    const it = setup(async () => {
      active += 1;
      expect(active).toBe(1);
      await gate.promise;
      active -= 1;
      return DONE;
    });
    it.controller.enqueue("a");
    await settle();
    it.controller.enqueue("a");
    await settle();
    expect(it.runs).toEqual(["a"]);
    gate.resolve();
    await settle();
    expect(it.runs).toEqual(["a", "a"]);
  });

  it("works on no more keys at once than it may", async () => {
    const gate = Promise.withResolvers<void>();
    let active = 0;
    let most = 0;
    const it = setup(
      async () => {
        active += 1;
        most = Math.max(most, active);
        await gate.promise;
        active -= 1;
        return DONE;
      },
      { concurrency: 3 },
    );
    for (const key of ["a", "b", "c", "d", "e"]) it.controller.enqueue(key);
    await settle();
    expect(await it.metrics.value("packs_controller_active_workers", { controller: "fruit" })).toBe(3);
    gate.resolve();
    await settle();
    expect(it.runs.length).toBe(5);
    expect(most).toBe(3);
    expect(await it.metrics.value("packs_controller_active_workers", { controller: "fruit" })).toBe(0);
  });

  it("looks again exactly when a reconcile asks for it, or earlier when something changes", async () => {
    const it = setup(async (_, __, nth) => (nth < 3 ? requeueAfter(1_000, "Grace") : DONE));
    it.controller.enqueue("a");
    await it.clock.advance(999);
    expect(it.runs.length).toBe(1);
    await it.clock.advance(1);
    expect(it.runs.length).toBe(2);
    it.controller.enqueue("a");
    await it.clock.advance(10_000);
    expect(it.runs.length).toBe(3);
    expect(await total(it, "requeue_after")).toBe(2);
  });

  it("retries a failure with growing delays and says so with stable keys", async () => {
    const it = setup(async (_, ctx, nth) => {
      expect(ctx.failures).toBe(nth - 1);
      if (nth < 4) throw new ApiError("PUT x", 500, { reason: "InternalError" });
      return DONE;
    });
    it.controller.enqueue("n/a");
    await it.clock.advance(5 + 10 + 20);
    expect(it.runs.length).toBe(4);
    expect(await total(it, "error")).toBe(3);
    expect(await it.metrics.value("packs_controller_reconcile_errors_total", { controller: "fruit" })).toBe(3);
    expect(it.lines).toHaveLength(3);
    expect(it.lines[0]).toMatchObject({
      level: "error",
      controller: "fruit",
      namespace: "n",
      name: "a",
      reason: "InternalError",
      msg: "reconcile failed; trying again",
      err: { message: expect.stringContaining("500") },
    });
    expect(it.lines[0]?.reconcileID).not.toBe(it.lines[1]?.reconcileID);
  });

  it("survives a reconcile that throws before it returns a promise", async () => {
    const it = setup((_, __, nth) => {
      if (nth === 1) throw new TypeError("boom");
      return Promise.resolve(DONE);
    });
    it.controller.enqueue("a");
    await it.clock.advance(10);
    expect(it.runs.length).toBe(2);
  });

  it("does not retry what only a change can help, and tries again when something changes", async () => {
    const it = setup(async () => {
      throw new TerminalError("Bad", "the name is bad");
    });
    it.controller.enqueue("a");
    await it.clock.advance(3_600_000);
    expect(it.runs.length).toBe(1);
    expect(await it.metrics.value("packs_controller_reconcile_terminal_errors_total", { controller: "fruit" })).toBe(1);
    expect(it.lines).toMatchObject([{ level: "warn", reason: "Bad" }]);
    it.controller.enqueue("a");
    await settle();
    expect(it.runs.length).toBe(2);
  });

  it("takes waiting for no failure", async () => {
    const it = setup(async (_, __, nth) => {
      if (nth === 1) throw new WaitingError("NotYet", "the pod is not there yet", 500);
      return DONE;
    });
    it.controller.enqueue("a");
    await it.clock.advance(500);
    expect(it.runs.length).toBe(2);
    expect(await total(it, "error")).toBe(0);
    expect(it.lines).toMatchObject([{ level: "debug", reason: "NotYet" }]);
  });

  it("retries a conflict without a word above debug", async () => {
    const it = setup(async (_, __, nth) => {
      if (nth === 1) throw new ApiError("PUT x", 409, { reason: "Conflict" });
      return DONE;
    });
    it.controller.enqueue("a");
    await it.clock.advance(10);
    expect(it.runs.length).toBe(2);
    expect(it.lines.map(({ level }) => level)).toEqual(["debug"]);
    expect(await total(it, "requeue")).toBe(1);
    expect(await total(it, "error")).toBe(0);
  });

  it("waits as long as the server asked for", async () => {
    const it = setup(async (_, __, nth) => {
      if (nth === 1) throw new ApiError("PUT x", 429, { reason: "TooManyRequests" }, 3_000);
      return DONE;
    });
    it.controller.enqueue("a");
    await it.clock.advance(2_999);
    expect(it.runs.length).toBe(1);
    await it.clock.advance(1);
    expect(it.runs.length).toBe(2);
  });

  it("aborts a reconcile that takes too long, and retries it", async () => {
    const it = setup(
      (_, { signal }, nth) =>
        nth > 1
          ? Promise.resolve(DONE)
          : new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
      { timeoutMs: 1_000 },
    );
    it.controller.enqueue("a");
    await it.clock.advance(1_010);
    expect(it.runs.length).toBe(2);
    expect(it.lines[0]).toMatchObject({
      err: { message: expect.stringContaining("the reconcile took more than 1000 ms") },
    });
  });

  it("lets reconciles under way end when it is told to stop, and starts none", async () => {
    const gate = Promise.withResolvers<void>();
    const kill = new AbortController();
    let killed = false;
    const it = setup(
      async (_, { signal }) => {
        signal.addEventListener("abort", () => {
          killed = true;
        });
        await gate.promise;
        return DONE;
      },
      { concurrency: 1, kill: kill.signal },
    );
    it.controller.enqueue("a");
    it.controller.enqueue("b");
    await settle();
    it.stop.abort(new Error("SIGTERM"));
    await settle();
    expect(killed).toBe(false);
    gate.resolve();
    await it.running;
    expect(it.runs).toEqual(["a"]);
  });

  it("aborts reconciles under way when it is killed, without calling that an error", async () => {
    const kill = new AbortController();
    const it = setup(
      (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true })),
      { kill: kill.signal },
    );
    it.controller.enqueue("a");
    await settle();
    it.stop.abort(new Error("lost"));
    kill.abort(new Error("lost"));
    await it.running;
    expect(it.lines).toEqual([]);
  });

  it("has all its series before the first event", async () => {
    const it = setup(async () => DONE);
    const text = await it.metrics.text();
    for (const result of ["success", "error", "requeue", "requeue_after"]) {
      expect(text).toContain(`packs_controller_reconcile_total{controller="fruit",result="${result}"} 0`);
    }
    expect(text).toContain('packs_controller_max_concurrent_reconciles{controller="fruit"} 2');
    expect(text).toContain('packs_controller_reconcile_time_seconds_count{controller="fruit"} 0');
    expect(text).toContain('workqueue_depth{name="fruit"} 0');
  });

  it("gives the event loop back between reconciles that do nothing but compute", async () => {
    const it = setup(async () => DONE);
    for (let index = 0; index < 100; index++) it.controller.enqueue(`k${index}`);
    let turns = 0;
    while (it.runs.length < 100) {
      await new Promise((resolve) => setImmediate(resolve));
      turns += 1;
    }
    expect(turns).toBeGreaterThan(10);
  });
});

/** A store that lags: it has seen a write once it is told so. */
const laggingInformer = () => {
  const seen = new Set<string>();
  const waiting: { version: string; resolve: (met: boolean) => void }[] = [];
  return {
    resource: POD,
    hasSeen: (_: string, version: string) => seen.has(version),
    isAbsent: (_: string, uid: string) => seen.has(uid),
    waitForVersion: (_: string, version: string) =>
      new Promise<boolean>((resolve) => waiting.push({ version, resolve })),
    waitForAbsence: (_: string, uid: string) =>
      new Promise<boolean>((resolve) => waiting.push({ version: uid, resolve })),
    show: (version: string, met = true) => {
      seen.add(version);
      for (const each of waiting) if (each.version === version) each.resolve(met);
    },
  };
};

describe("reading one's own writes", () => {
  it("holds a key back until the stores show what it wrote, and blocks nobody else", async () => {
    const informer = laggingInformer();
    const it = setup(
      async (key, { ownWrites }, nth) => {
        if (key === "a" && nth === 1) {
          ownWrites.wrote(key, informer, "n/pod", "17");
          ownWrites.deleted(key, informer, "n/old", "uid-1");
        }
        return DONE;
      },
      { concurrency: 1 },
    );
    it.controller.enqueue("a");
    await settle();
    it.controller.enqueue("a");
    it.controller.enqueue("b");
    await settle();
    expect(it.runs).toEqual(["a", "b"]);
    informer.show("17");
    await settle();
    expect(it.runs).toEqual(["a", "b"]);
    informer.show("uid-1");
    await settle();
    expect(it.runs).toEqual(["a", "b", "a"]);
  });

  it("adds no delay when the stores are up to date", async () => {
    const informer = laggingInformer();
    informer.show("17");
    const it = setup(async (key, { ownWrites }, nth) => {
      ownWrites.wrote(key, informer, "n/pod", "17");
      if (nth === 1) it.controller.enqueue(key);
      return DONE;
    });
    it.controller.enqueue("a");
    await settle();
    expect(it.runs).toEqual(["a", "a"]);
  });

  it("goes on after a while, and says so", async () => {
    const informer = laggingInformer();
    const it = setup(async (key, { ownWrites }, nth) => {
      if (nth === 1) ownWrites.wrote(key, informer, "n/pod", "17");
      return DONE;
    });
    it.controller.enqueue("a");
    await settle();
    it.controller.enqueue("a");
    informer.show("17", false);
    await settle();
    expect(it.runs).toEqual(["a", "a"]);
    expect(it.lines).toMatchObject([{ level: "warn", resource: "pods", key: "n/pod" }]);
  });
});
