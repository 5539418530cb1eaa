import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { LiveWorld } from "../../test/apiserver/world.ts";
import { eventually } from "../../test/cluster/eventually.ts";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { ANN, BEN, NOW } from "../../test/gen/objects.ts";
import { API_VERSION, PACK_GROUP } from "../api/kinds.ts";
import type { PackGroup, PackGroupSpec } from "../api/v1alpha1/index.ts";
import { type Client, createClient } from "../kube/client.ts";
import { isConflict } from "../kube/errors.ts";
import { toTimestamp } from "../lib/clock.ts";
import { conditionOf } from "../resources/conditions.ts";
import { createGroupReconcile } from "./pack-group.ts";

const AGE_MS = 3_600_000;
const SOURCE = { fieldManager: "scim" };

let server: ApiServer;
let client: Client;
let live: LiveWorld;
let clock: FakeClock;
/** While it is there, the controller's writes wait for it. */
let gate: Promise<void> | undefined;
let held: number;

beforeEach(async () => {
  gate = undefined;
  held = 0;
  server = await startApiServer({
    intercept: ({ fieldManager, verb }) => {
      if (gate === undefined || verb !== "update" || !fieldManager.endsWith("/group")) return undefined;
      held += 1;
      return gate;
    },
  });
  client = createClient(server.config(), { userAgent: "test" });
  clock = new FakeClock(NOW);
  live = await LiveWorld.start(client, ({ groups }) => [groups]);
  live.run(createGroupReconcile({ client, world: live.world, clock }), live.world.groups, clock);
});

afterEach(async () => {
  await live.stop();
  await client.close();
  await server.close();
});

const create = (spec: PackGroupSpec, name = "sales"): Promise<PackGroup> =>
  client.create(PACK_GROUP, { apiVersion: API_VERSION, kind: "PackGroup", metadata: { name }, spec }, SOURCE);

const get = (name = "sales"): Promise<PackGroup> => client.get(PACK_GROUP, { name });

/** As a source does: it reads, and writes the time; it starts over if somebody else was faster. */
const report = async (syncTime: string): Promise<void> => {
  for (;;) {
    const group = await get();
    try {
      await client.replaceStatus(PACK_GROUP, { ...group, status: { ...group.status, syncTime } }, SOURCE);
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
};

const until = (fresh: "True" | "False"): Promise<PackGroup> =>
  eventually(`the group has Fresh=${fresh}`, async () => {
    const group = await get();
    return conditionOf(group, "Fresh")?.status === fresh && group;
  });

/** Waits until the store shows what the server has, and the controller has looked at it. */
const settled = (): Promise<unknown> =>
  eventually("the controller has nothing to do", async () => {
    const { metadata } = await get();
    if (live.world.groups.store.entry("sales")?.resourceVersion !== metadata.resourceVersion) return false;
    return clock.pending > 0;
  });

const DATED: PackGroupSpec = { members: [ANN, BEN], source: { name: "scim", maxAgeSeconds: AGE_MS / 1000 } };
const writes = (): number => server.writes.filter(({ fieldManager }) => fieldManager.endsWith("/group")).length;

describe("a group", () => {
  it("is counted, and fresh for ever without a source", async () => {
    await create({ members: [ANN, BEN] });
    const group = await until("True");
    expect(group.status).toMatchObject({ observedGeneration: 1, memberCount: 2 });
    expect(group.spec).toEqual({ members: [ANN, BEN] });
    await clock.advance(10 * 365 * 86_400_000);
    expect(conditionOf(await get(), "Fresh")?.status).toBe("True");
    expect(writes()).toBe(1);
  });

  it("keeps members of its own in the store, though as JSON all sets look alike", async () => {
    await create({ members: [ANN] });
    await create({ members: [BEN] }, "marketing");
    const { store } = live.world.groups;
    await eventually("both are there", () => store.size === 2);
    expect([...(store.get("sales")?.part.members ?? [])]).toEqual([ANN]);
    expect([...(store.get("marketing")?.part.members ?? [])]).toEqual([BEN]);
  });

  it("is stale until its source reports, and what that writes is not overwritten", async () => {
    await create(DATED);
    await until("False");
    await report("2026-01-02T12:00:00.5Z");
    const group = await until("True");
    expect(group.status?.syncTime).toBe("2026-01-02T12:00:00.5Z");
  });

  it("becomes stale at the very moment, and fresh when its source reports again", async () => {
    await create(DATED);
    await report(toTimestamp(NOW));
    await until("True");
    await settled();
    await clock.advance(AGE_MS);
    expect(conditionOf(await get(), "Fresh")?.status).toBe("True");
    await clock.advance(1);
    expect(conditionOf(await until("False"), "Fresh")?.lastTransitionTime).toBe(toTimestamp(NOW + AGE_MS));
    await report(toTimestamp(NOW + AGE_MS));
    await until("True");
  });

  it("is written once for each change of what it says, not for each report", async () => {
    await create(DATED);
    await report(toTimestamp(NOW));
    await until("True");
    await settled();
    const before = writes();
    for (let minute = 1; minute <= 5; minute++) {
      await clock.advance(60_000);
      await report(toTimestamp(NOW + minute * 60_000));
    }
    await settled();
    expect(writes()).toBe(before);
  });

  it("becomes stale within a minute when somebody sets the clock, and fresh when he sets it back", async () => {
    await create(DATED);
    await report(toTimestamp(NOW));
    await until("True");
    await settled();
    clock.setWall(NOW + 86_400_000);
    await clock.advance(60_000);
    await until("False");
    await settled();
    clock.setWall(NOW);
    await clock.advance(60_000);
    await until("True");
  });

  it("loses no report that comes between the controller's look and its write", async () => {
    await create(DATED);
    await report(toTimestamp(NOW - 2 * AGE_MS));
    await until("False");
    const hold = Promise.withResolvers<void>();
    gate = hold.promise;
    await client.mergePatch(PACK_GROUP, { name: "sales" }, { spec: { members: [ANN] } }, SOURCE);
    await eventually("the controller's write is on its way", () => held === 1);
    await report(toTimestamp(NOW));
    gate = undefined;
    hold.resolve();
    const group = await eventually("both have been written", async () => {
      await clock.advance(1_000);
      const it = await get();
      return it.status?.memberCount === 1 && conditionOf(it, "Fresh")?.status === "True" && it;
    });
    expect(group.status?.syncTime).toBe(toTimestamp(NOW));
    expect(server.writes.filter(({ code }) => code === 409)).toHaveLength(1);
  });
});
