import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { LEASE, NETWORK_POLICY, POD, type Resource } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { Lease } from "../api/wire.ts";
import { type Client, createClient } from "../kube/client.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { createLogger } from "../lib/logger.ts";
import { Metrics } from "../lib/metrics.ts";
import { createInformer, type Informer } from "./informer.ts";
import { LeaderElector, LeadershipLost } from "./leader-election.ts";
import { createManager, informing, type Manager, type ManagerOptions, type Runnable } from "./manager.ts";

let server: ApiServer;
let client: Client;
let metrics: Metrics;
let stop: AbortController;
let story: string[];
const logger = createLogger({ level: "silent" });

beforeEach(async () => {
  server = await startApiServer();
  client = createClient(server.config(), { userAgent: "test" });
  metrics = new Metrics();
  stop = new AbortController();
  story = [];
});

afterEach(async () => {
  stop.abort(new Error("the test is over"));
  await client.close();
  await server.close();
});

const informerOf = (resource: Resource, clock: Clock = systemClock): Informer<unknown> =>
  createInformer<KubeObject>({ client, resource, clock, logger, metrics, random: () => 0.9 });

const electorOf = (identity = "me", more = {}): LeaderElector =>
  new LeaderElector({
    client,
    namespace: "packs-system",
    name: "packs-controller",
    identity,
    fieldManager: "test",
    clock: systemClock,
    logger,
    metrics,
    ...more,
  });

/** Works until it is told to stop, then ends once `end` resolves or it is killed. */
const part = (name: string, end: Promise<void> = Promise.resolve()): Runnable => ({
  name,
  run: async (signal, kill) => {
    story.push(`${name} started`);
    await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
    const killed = new Promise<void>((resolve) => {
      if (kill.aborted) resolve();
      kill.addEventListener("abort", () => resolve(), { once: true });
    });
    await Promise.race([end, killed]);
    story.push(`${name} ended${kill.aborted && kill !== signal ? ", killed" : ""}`);
  },
});

const managerOf = (more: Partial<ManagerOptions> = {}): Manager =>
  createManager({
    clock: systemClock,
    logger,
    metrics,
    server: { host: "127.0.0.1", port: 0 },
    informers: [informerOf(POD)],
    controllers: [part("controller")],
    ...more,
  });

const never = new Promise<void>(() => undefined);

/** What `/readyz` says. */
const ready = async (manager: Manager): Promise<{ readonly status: number; readonly body: string }> => {
  const response = await fetch(`http://127.0.0.1:${manager.address?.port}/readyz`);
  return { status: response.status, body: await response.text() };
};

const told = (line: string): Promise<void> =>
  vi.waitFor(() => expect(story).toContain(line), { timeout: 5_000, interval: 5 });
const holder = async (): Promise<string | undefined> =>
  (await client.get<Lease>(LEASE, { namespace: "packs-system", name: "packs-controller" })).spec.holderIdentity;

describe("a manager", () => {
  it("lists one kind after another, so that their lists are never in memory together", async () => {
    server.faults.add({ verb: "list", resource: "pods" }, { kind: "slow", ms: 100 }, 1);
    const seen: boolean[] = [];
    const pods = informerOf(POD);
    const policies = informerOf(NETWORK_POLICY);
    const watching = new Proxy(policies, {
      get: (informer, key) => {
        if (key === "start") seen.push(pods.synced());
        const value: unknown = Reflect.get(informer, key, informer);
        return typeof value === "function" ? value.bind(informer) : value;
      },
    });
    const running = managerOf({ informers: [pods, watching] }).run(stop.signal);
    await told("controller started");
    expect(seen).toEqual([true]);
    stop.abort(new Error("enough"));
    await running;
  });

  it("starts in order and stops in reverse, releasing leadership last", async () => {
    const informer = informerOf(POD);
    const elector = electorOf();
    const background: Runnable = {
      name: "background",
      run: async (signal) => {
        story.push("background started");
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        story.push(`background ended, holder ${await holder()}`);
      },
    };
    const controller: Runnable = {
      name: "controller",
      run: async (signal) => {
        story.push(`controller started, synced ${informer.synced()}, leading ${elector.leading()}`);
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
        story.push(`controller ended, watches ${server.watches.count()}, holder ${await holder()}`);
      },
    };
    const manager = managerOf({ informers: [informer], background: [background], controllers: [controller], elector });
    const running = manager.run(stop.signal);
    await told("controller started, synced true, leading true");
    await vi.waitFor(() => expect(server.watches.count()).toBe(1));
    stop.abort(new Error("SIGTERM"));
    await running;
    expect(story).toEqual([
      "background started",
      "controller started, synced true, leading true",
      "controller ended, watches 1, holder me",
      "background ended, holder me",
    ]);
    expect(await holder()).toBeUndefined();
  });

  it("is not ready until every list is there, and says which is missing", async () => {
    const disarm = server.faults.add({ resource: "networkpolicies" }, { kind: "status", code: 500 });
    const manager = managerOf({ informers: [informerOf(POD), informerOf(NETWORK_POLICY)] });
    const running = manager.run(stop.signal);
    await vi.waitFor(async () => expect((await ready(manager)).body).toContain("[+]pods ok"), { timeout: 5_000 });
    expect(await ready(manager)).toMatchObject({
      status: 503,
      body: expect.stringContaining("[-]networkpolicies not synced"),
    });
    expect(story).toEqual([]);
    disarm();
    await vi.waitFor(async () => expect((await ready(manager)).status).toBe(200), { timeout: 5_000 });
    await told("controller started");
    stop.abort(new Error("SIGTERM"));
    await running;
  });

  it("starts its controllers in the end without a list that does not come, but is not ready", async () => {
    server.faults.add({ resource: "networkpolicies" }, { kind: "status", code: 404 });
    const manager = managerOf({ informers: [informerOf(POD), informerOf(NETWORK_POLICY)], startAnywayMs: 150 });
    const start = performance.now();
    const running = manager.run(stop.signal);
    await told("controller started");
    expect(performance.now() - start).toBeGreaterThan(140);
    expect((await ready(manager)).status).toBe(503);
    stop.abort(new Error("SIGTERM"));
    await running;
  });

  it("waits for no list that nothing is decided by", async () => {
    server.faults.add({ resource: "networkpolicies" }, { kind: "status", code: 404 });
    const manager = managerOf({ background: [informing(informerOf(NETWORK_POLICY))] });
    const running = manager.run(stop.signal);
    await told("controller started");
    expect((await ready(manager)).status).toBe(200);
    stop.abort(new Error("SIGTERM"));
    await running;
  });

  it("is no longer ready when it has heard nothing for five minutes", async () => {
    const clock = new FakeClock();
    const manager = managerOf({ informers: [informerOf(POD, clock)] });
    const running = manager.run(stop.signal);
    await told("controller started");
    clock.freeze(299_000);
    expect((await ready(manager)).status).toBe(200);
    clock.freeze(1_000);
    expect(await ready(manager)).toMatchObject({
      status: 503,
      body: expect.stringContaining("[-]pods nothing heard for 300 s"),
    });
    stop.abort(new Error("SIGTERM"));
    await running;
  });

  it("does not start controllers on a replica that does not lead, but is ready", async () => {
    const spec = { holderIdentity: "other", leaseDurationSeconds: 15 };
    const lease = {
      apiVersion: LEASE.apiVersion,
      kind: LEASE.kind,
      metadata: { namespace: "packs-system", name: "packs-controller" },
      spec,
    };
    await client.create(LEASE, lease, { fieldManager: "test" });
    const manager = managerOf({ elector: electorOf() });
    const running = manager.run(stop.signal);
    await vi.waitFor(async () => expect((await ready(manager)).status).toBe(200));
    stop.abort(new Error("SIGTERM"));
    await running;
    expect(story).toEqual([]);
    expect(await holder()).toBe("other");
  });

  it("lets reconciles end before it stops", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const running = managerOf({ controllers: [part("controller", promise)] }).run(stop.signal);
    await told("controller started");
    stop.abort(new Error("SIGTERM"));
    resolve();
    await running;
    expect(story).toEqual(["controller started", "controller ended"]);
  });

  it("kills what does not end in time, and has then stopped as asked", async () => {
    const running = managerOf({ controllers: [part("controller", never)], elector: electorOf(), drainMs: 30 }).run(
      stop.signal,
    );
    await told("controller started");
    stop.abort(new Error("SIGTERM"));
    await running;
    expect(story.at(-1)).toBe("controller ended, killed");
    expect(await holder()).toBeUndefined();
  });

  it("fails when something does not even end when it is killed, and lets the lease run out by itself", async () => {
    const deaf: Runnable = { name: "deaf", run: () => never };
    const running = managerOf({ controllers: [deaf, part("controller")], elector: electorOf(), drainMs: 30 }).run(
      stop.signal,
    );
    await told("controller started");
    stop.abort(new Error("SIGTERM"));
    await expect(running).rejects.toThrow("did not end within 2000 ms of being killed");
    expect(await holder()).toBe("me");
  });

  it("kills reconciles at once when leadership is lost while they are to end", async () => {
    const elector = electorOf("me", { leaseDurationMs: 600, renewDeadlineMs: 300, retryPeriodMs: 50 });
    const manager = managerOf({ controllers: [part("controller", never)], elector, drainMs: 60_000 });
    const running = manager.run(stop.signal);
    await told("controller started");
    stop.abort(new Error("SIGTERM"));
    server.faults.add({ resource: "leases" }, { kind: "status", code: 500 });
    await running;
    expect(story.at(-1)).toBe("controller ended, killed");
    server.faults.clear();
    expect(await holder()).toBe("me");
  });

  it("kills reconciles at once and fails when leadership is lost", async () => {
    const elector = electorOf("me", { leaseDurationMs: 600, renewDeadlineMs: 300, retryPeriodMs: 50 });
    const running = managerOf({ controllers: [part("controller", never)], elector }).run(stop.signal);
    await told("controller started");
    server.faults.add({ resource: "leases" }, { kind: "status", code: 500 });
    await expect(running).rejects.toThrow(LeadershipLost);
    expect(story.at(-1)).toBe("controller ended, killed");
  });

  it("stops everything and fails when a part ends that should not", async () => {
    const broken: Runnable = { name: "broken", run: async () => Promise.reject(new Error("boom")) };
    await expect(managerOf({ background: [broken] }).run(stop.signal)).rejects.toThrow("broken failed");
    const quitter: Runnable = { name: "quitter", run: async () => undefined };
    const running = managerOf({ controllers: [quitter, part("controller")], elector: electorOf() }).run(stop.signal);
    await expect(running).rejects.toThrow("quitter ended");
    expect(story.at(-1)).toBe("controller ended");
    expect(await holder()).toBeUndefined();
  });

  it("stops while it still waits for its first lists", async () => {
    server.faults.add({ verb: "list" }, { kind: "blackHole" });
    const manager = managerOf();
    const running = manager.run(stop.signal);
    await vi.waitFor(() => expect(manager.address).toBeDefined());
    stop.abort(new Error("SIGTERM"));
    await running;
    expect(story).toEqual([]);
  });
});
