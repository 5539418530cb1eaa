import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FakeClock, settle } from "../../test/gen/fake-clock.ts";
import type { Resource } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { Lease } from "../api/wire.ts";
import type { CallOptions, Client } from "../kube/client.ts";
import { ApiError } from "../kube/errors.ts";
import { createLogger } from "../lib/logger.ts";
import { Metrics } from "../lib/metrics.ts";
import { decideClaim, type ElectionEnd, LeaderElector, LeadershipLost } from "./leader-election.ts";

const logger = createLogger({ level: "silent" });
const metrics = new Metrics();

/** The API server's side of one Lease: compare and swap by resource version. */
class LeaseServer {
  lease: Lease | undefined;
  #version = 0;

  get(): Lease {
    if (this.lease === undefined) throw new ApiError("get", 404, { reason: "NotFound" });
    return this.lease;
  }

  create(lease: Lease): Lease {
    if (this.lease !== undefined) throw new ApiError("create", 409, { reason: "AlreadyExists" });
    return this.#store(lease);
  }

  replace(lease: Lease): Lease {
    if (lease.metadata.resourceVersion !== this.get().metadata.resourceVersion) {
      throw new ApiError("replace", 409, { reason: "Conflict" });
    }
    return this.#store(lease);
  }

  #store(lease: Lease): Lease {
    this.#version += 1;
    this.lease = { ...lease, metadata: { ...lease.metadata, resourceVersion: String(this.#version) } };
    return this.lease;
  }
}

/** A replica with its own clock and its own, breakable way to the server. */
class Replica {
  readonly clock: FakeClock;
  readonly elector: LeaderElector;
  readonly stop = new AbortController();
  /** Nothing gets through in this direction. */
  requestsLost = false;
  answersLost = false;
  paused = false;
  /** What the replica does when it must stop leading; `undefined` while it does not lead. */
  leadSignal: AbortSignal | undefined;
  lostSignal: AbortSignal | undefined;
  end: ElectionEnd | undefined;
  terms = 0;
  work: Promise<void> | undefined;
  readonly #server: LeaseServer;

  constructor(
    identity: string,
    server: LeaseServer,
    { wall = 0, random = () => 0 }: { wall?: number; random?: () => number } = {},
  ) {
    this.clock = new FakeClock(wall);
    this.#server = server;
    this.elector = new LeaderElector({
      client: this.#client(),
      namespace: "packs-system",
      name: "packs-controller",
      identity,
      fieldManager: "test",
      clock: this.clock,
      logger,
      metrics,
      random,
    });
  }

  start(): this {
    const lead = async (signal: AbortSignal, lost: AbortSignal): Promise<void> => {
      this.terms += 1;
      this.leadSignal = signal;
      this.lostSignal = lost;
      await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      await this.work;
      this.leadSignal = undefined;
    };
    this.elector.run(this.stop.signal, lead).then((end) => {
      this.end = end;
    });
    return this;
  }

  #client(): Pick<Client, "get" | "create" | "replace"> {
    const call = async <T>(options: CallOptions | undefined, work: () => Lease): Promise<T> => {
      if (this.requestsLost) await forever(options?.signal);
      const answer = work();
      while (this.paused) await settle(1);
      if (this.answersLost) await forever(options?.signal);
      return answer as T;
    };
    return {
      get: <T extends KubeObject>(_: Resource, __: unknown, options?: CallOptions) =>
        call<T>(options, () => this.#server.get()),
      create: <T extends KubeObject>(_: Resource, lease: T, options: CallOptions) =>
        call<T>(options, () => this.#server.create(lease as unknown as Lease)),
      replace: <T extends KubeObject>(_: Resource, lease: T, options: CallOptions) =>
        call<T>(options, () => this.#server.replace(lease as unknown as Lease)),
    };
  }
}

const forever = (signal: AbortSignal | undefined): Promise<never> =>
  new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason), { once: true }));

const advance = async (replicas: readonly Replica[], ms: number, stepMs = 500): Promise<void> => {
  for (let passed = 0; passed < ms; passed += stepMs) {
    for (const { clock, paused } of replicas) {
      if (paused) clock.freeze(stepMs);
      else await clock.advance(stepMs);
    }
  }
};

const leaders = (replicas: readonly Replica[]): Replica[] => replicas.filter(({ elector }) => elector.leading());

describe("the claim to a lease", () => {
  const held = { holderIdentity: "other", leaseDurationSeconds: 15 };
  it.each([
    ["is a renewal if it is ours", { holderIdentity: "me" }, 0, "renew"],
    ["is free if nobody holds it", {}, 0, "take"],
    ["is free if its holder was cleared", { holderIdentity: "" }, 0, "take"],
    ["waits while the record has changed lately", held, 14_999, "wait"],
    ["is free when the record has not changed for the lease's duration", held, 15_000, "take"],
    ["waits for a longer promise of the holder", { ...held, leaseDurationSeconds: 60 }, 20_000, "wait"],
    ["does not trust a shorter promise of the holder", { ...held, leaseDurationSeconds: 1 }, 5_000, "wait"],
  ] as const)("%s", (_, spec, unchangedMs, claim) => {
    expect(decideClaim(spec, "me", unchangedMs, 15_000)).toBe(claim);
  });
});

describe("leader election", () => {
  it("makes the first candidate the leader, with the record that kubectl shows", async () => {
    const server = new LeaseServer();
    const a = new Replica("a", server, { wall: Date.UTC(2026, 0, 1) }).start();
    await advance([a], 500);
    expect(a.elector.leading()).toBe(true);
    expect(server.lease?.spec).toEqual({
      holderIdentity: "a",
      leaseDurationSeconds: 15,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:00.000000Z",
      leaseTransitions: 0,
    });
    expect(await metrics.value("leader_election_master_status", { name: "packs-controller" })).toBe(1);
  });

  it("keeps its leader while it renews", async () => {
    const server = new LeaseServer();
    const replicas = [new Replica("a", server).start(), new Replica("b", server).start()];
    await advance(replicas, 120_000);
    expect(replicas.map(({ terms }) => terms)).toEqual([1, 0]);
    expect(server.lease?.spec.leaseTransitions).toBe(0);
  });

  it("stops the leader before its deadline when it cannot renew, and only then starts another", async () => {
    const server = new LeaseServer();
    const [a, b] = [new Replica("a", server).start(), new Replica("b", server).start()];
    await advance([a, b], 4_000);
    a.requestsLost = true;
    await advance([a, b], 10_000);
    expect(a.end).toBe("lost");
    expect(a.leadSignal).toBeUndefined();
    expect(b.elector.leading()).toBe(false);
    await advance([a, b], 8_000);
    expect(b.elector.leading()).toBe(true);
    expect(server.lease?.spec).toMatchObject({ holderIdentity: "b", leaseTransitions: 1 });
  });

  it("does not lose its leader to a short outage", async () => {
    const server = new LeaseServer();
    const a = new Replica("a", server).start();
    await advance([a], 4_000);
    a.answersLost = true;
    await advance([a], 6_000);
    a.answersLost = false;
    await advance([a], 60_000);
    expect(a.elector.leading()).toBe(true);
    expect(a.terms).toBe(1);
  });

  it("does not look at wall clocks", async () => {
    const server = new LeaseServer();
    const [a, b] = [new Replica("a", server, { wall: 0 }).start(), new Replica("b", server, { wall: 1e12 }).start()];
    await advance([a, b], 60_000);
    expect(leaders([a, b])).toEqual([a]);
    b.clock.setWall(0);
    a.clock.setWall(2e12);
    await advance([a, b], 60_000);
    expect(leaders([a, b])).toEqual([a]);
  });

  it("takes a paused leader for stopped at the moment it wakes", async () => {
    const server = new LeaseServer();
    const [a, b] = [new Replica("a", server).start(), new Replica("b", server).start()];
    await advance([a, b], 4_000);
    a.paused = true;
    await advance([a, b], 30_000);
    expect(b.elector.leading()).toBe(true);
    expect(a.elector.leading()).toBe(false);
    a.paused = false;
    await advance([a, b], 500);
    expect(a.end).toBe("lost");
  });

  it("renews until the work has ended, then releases, and the next one starts at once", async () => {
    const server = new LeaseServer();
    const [a, b] = [new Replica("a", server).start(), new Replica("b", server).start()];
    await advance([a, b], 4_000);
    const { promise, resolve } = Promise.withResolvers<void>();
    a.work = promise;
    a.stop.abort(new Error("SIGTERM"));
    await advance([a, b], 30_000);
    expect(a.elector.leading()).toBe(true);
    resolve();
    await advance([a, b], 500);
    expect(a.end).toBe("stopped");
    expect(server.lease?.spec.holderIdentity).toBeUndefined();
    await advance([a, b], 2_500);
    expect(b.elector.leading()).toBe(true);
  });

  it("tells work that is ending that leadership was lost, and does not release the lease of somebody else", async () => {
    const server = new LeaseServer();
    const [a, b] = [new Replica("a", server).start(), new Replica("b", server).start()];
    await advance([a, b], 4_000);
    const { promise, resolve } = Promise.withResolvers<void>();
    a.work = promise;
    a.stop.abort(new Error("SIGTERM"));
    await advance([a, b], 1_000);
    expect(a.lostSignal?.aborted).toBe(false);
    a.requestsLost = true;
    await advance([a, b], 10_000);
    expect(a.lostSignal?.reason).toBeInstanceOf(LeadershipLost);
    expect(b.elector.leading()).toBe(false);
    resolve();
    await advance([a, b], 500);
    expect(a.end).toBe("lost");
    expect(server.lease?.spec.holderIdentity).toBe("a");
  });

  it("releases the lease also if a renewal was under way that arrived all the same", async () => {
    const server = new LeaseServer();
    const a = new Replica("a", server).start();
    await advance([a], 1_500);
    a.answersLost = true;
    await advance([a], 1_000);
    a.stop.abort(new Error("SIGTERM"));
    a.answersLost = false;
    await advance([a], 500);
    expect(a.end).toBe("stopped");
    expect(server.lease?.spec.holderIdentity).toBeUndefined();
  });

  it("gives up the release when nobody answers", async () => {
    const server = new LeaseServer();
    const a = new Replica("a", server).start();
    await advance([a], 500);
    a.requestsLost = true;
    a.stop.abort(new Error("SIGTERM"));
    await advance([a], 5_500);
    expect(a.end).toBe("stopped");
    expect(server.lease?.spec.holderIdentity).toBe("a");
  });

  it("does not release the lease if the work failed to end", async () => {
    const server = new LeaseServer();
    const a = new Replica("a", server);
    const stop = new AbortController();
    const running = a.elector.run(stop.signal, async () => {
      throw new Error("still busy");
    });
    await expect(running).rejects.toThrow("still busy");
    expect(server.lease?.spec.holderIdentity).toBe("a");
  });

  it("ends a candidate on request", async () => {
    const server = new LeaseServer();
    const [a, b] = [new Replica("a", server).start(), new Replica("b", server).start()];
    await advance([a, b], 4_000);
    b.stop.abort(new Error("SIGTERM"));
    await advance([a, b], 1_000);
    expect(b.end).toBe("stopped");
    expect(b.terms).toBe(0);
  });

  it("does not give a deleted lease to somebody else while its holder may still lead", async () => {
    const server = new LeaseServer();
    const [a, b] = [new Replica("a", server).start(), new Replica("b", server).start()];
    await advance([a, b], 6_000);
    a.requestsLost = true;
    server.lease = undefined;
    for (let ms = 0; ms < 20_000; ms += 500) {
      await advance([a, b], 500);
      expect(leaders([a, b]).length).toBeLessThanOrEqual(1);
    }
    expect(b.elector.leading()).toBe(true);
  });

  it("refuses times that cannot work", () => {
    const options = { namespace: "n", name: "l", identity: "a", fieldManager: "f", logger, metrics };
    const client = {} as never;
    const build = () =>
      new LeaderElector({
        ...options,
        client,
        clock: new FakeClock(),
        leaseDurationMs: 10_000,
        renewDeadlineMs: 10_000,
      });
    expect(build).toThrow(RangeError);
  });
});

describe("three replicas under partitions, lost answers, pauses and clocks of different speed", () => {
  const replica = fc.nat({ max: 2 });
  const trouble = fc.record({
    replica,
    kind: fc.constantFrom("requests", "answers", "pause", "heal", "stop"),
    ms: fc.integer({ min: 1, max: 24 }).map((steps) => steps * 1000),
  });

  it("never have two leaders at once, and have one again when the trouble is over", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(trouble, { maxLength: 8 }),
        fc.infiniteStream(fc.double({ min: 0, max: 0.99, noNaN: true })),
        async (troubles, dice) => {
          const server = new LeaseServer();
          const random = () => dice.next().value as number;
          const walls = [0, 1e12, 5e11];
          const rates = [1, 1.05, 0.95];
          let replicas = walls.map((wall, index) => new Replica(`r${index}`, server, { wall, random }).start());
          const pass = async (ms: number) => {
            for (let passed = 0; passed < ms; passed += 500) {
              for (const [index, { clock, paused }] of replicas.entries()) {
                const step = 500 * (rates[index] ?? 1);
                if (paused) clock.freeze(step);
                else await clock.advance(step);
              }
              expect(leaders(replicas).length).toBeLessThanOrEqual(1);
              // Who has lost is restarted, as a cluster does.
              replicas = replicas.map((each, index) =>
                each.end === undefined
                  ? each
                  : new Replica(`${each.terms}-${index}-${random()}`, server, {
                      wall: walls[index] ?? 0,
                      random,
                    }).start(),
              );
            }
          };
          await pass(3_000);
          for (const { replica: index, kind, ms } of troubles) {
            const target = replicas[index] as Replica;
            if (kind === "requests") target.requestsLost = true;
            else if (kind === "answers") target.answersLost = true;
            else if (kind === "pause") target.paused = true;
            else if (kind === "stop") target.stop.abort(new Error("SIGTERM"));
            else Object.assign(target, { requestsLost: false, answersLost: false, paused: false });
            await pass(ms);
          }
          for (const each of replicas) Object.assign(each, { requestsLost: false, answersLost: false, paused: false });
          await pass(40_000);
          expect(leaders(replicas).length).toBe(1);
          for (const each of replicas) each.stop.abort(new Error("over"));
        },
      ),
      { numRuns: 150 },
    );
  });
});
