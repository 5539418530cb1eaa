/** The statuses of groups and docs on a real API server: written without the spec, beside a source that writes, too. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "vitest";
import { API_VERSION, PACK_DOC, PACK_GROUP } from "../../src/api/kinds.ts";
import type { PackDoc, PackGroup } from "../../src/api/v1alpha1/index.ts";
import { createGroupReconcile } from "../../src/controllers/pack-group.ts";
import type { Client } from "../../src/kube/client.ts";
import { isConflict } from "../../src/kube/errors.ts";
import { systemClock, toTimestamp } from "../../src/lib/clock.ts";
import { MAX_GROUPS, MAX_USERS } from "../../src/policy/doc-restriction.ts";
import { conditionOf } from "../../src/resources/conditions.ts";
import { LiveWorld } from "../apiserver/world.ts";
import { eventually } from "../cluster/eventually.ts";
import { clientFrom, describeCluster, freshNamespace, sharedCluster } from "../cluster/harness.ts";
import { installCrds } from "../cluster/manifests.ts";

const SOURCE = { fieldManager: "scim" };
const SPEC = { members: ["ann@example.com"], source: { name: "scim", maxAgeSeconds: 3_600 } };

describeCluster("the status of a group", () => {
  let client: Client;
  let live: LiveWorld;
  const name = `sales-${randomBytes(4).toString("hex")}`;

  beforeAll(async () => {
    const cluster = await sharedCluster();
    client = clientFrom(cluster.endpoint.kubeconfig);
    await cluster.close();
    await installCrds(client);
    live = await LiveWorld.start(client, ({ groups }) => [groups]);
    const { groups } = live.world;
    live.run(createGroupReconcile({ client, world: live.world, clock: systemClock }), groups, systemClock);
  });

  afterAll(async () => {
    await client.delete(PACK_GROUP, { name }).catch(() => undefined);
    await live.stop();
    await client.close();
  });

  const get = (): Promise<PackGroup> => client.get(PACK_GROUP, { name });
  const until = (fresh: "True" | "False"): Promise<PackGroup> =>
    eventually(`the group has Fresh=${fresh}`, async () => {
      const group = await get();
      return conditionOf(group, "Fresh")?.status === fresh && group;
    });

  it("is written without the spec, which stays as it is", async () => {
    await client.create(
      PACK_GROUP,
      { apiVersion: API_VERSION, kind: "PackGroup", metadata: { name }, spec: SPEC },
      SOURCE,
    );
    const group = await until("False");
    expect(group.spec).toEqual(SPEC);
    expect(group.status).toMatchObject({ observedGeneration: 1, memberCount: 1 });
    expect(group.metadata.generation).toBe(1);
  });

  it("keeps every report of a source that writes at the same time", async () => {
    for (let round = 0; round < 20; round++) {
      const syncTime = toTimestamp(systemClock.now() - round * 1_000);
      const members = [`user-${round}@example.com`];
      const report = async (): Promise<void> => {
        const group = await get();
        try {
          await client.replaceStatus(PACK_GROUP, { ...group, status: { ...group.status, syncTime } }, SOURCE);
        } catch (error) {
          if (!isConflict(error)) throw error;
          await report();
        }
      };
      await Promise.all([client.mergePatch(PACK_GROUP, { name }, { spec: { members } }, SOURCE), report()]);
      const group = await eventually("the controller has looked at it", async () => {
        const it = await get();
        return it.status?.observedGeneration === it.metadata.generation && it;
      });
      expect(group.status?.syncTime).toBe(syncTime);
    }
    await until("True");
  });

  it("leaves room for the longest restriction of a doc", async () => {
    const namespace = await freshNamespace(client, "docs");
    const metadata = { name: "plan", namespace };
    const doc: PackDoc = { apiVersion: API_VERSION, kind: "PackDoc", metadata, spec: { owner: "ann@example.com" } };
    const stored = await client.create(PACK_DOC, doc, SOURCE);
    const names = (count: number) => Array.from({ length: count }, (_, index) => `${index}`.padStart(512, "x"));
    const restriction = {
      users: names(MAX_USERS),
      usersFrom: [...Array.from({ length: 200 }, (_, index) => `d${index}.example.com`), "system:serviceaccounts"],
      groups: names(MAX_GROUPS),
      domains: Array.from({ length: 200 }, (_, index) => `d${index}.example.com`),
      by: ["c"],
    };
    const { spec: _, ...withoutSpec } = stored;
    const next = { ...withoutSpec, status: { observedGeneration: 1, restriction } } as unknown as PackDoc;
    const written = await client.replaceStatus(PACK_DOC, next, SOURCE);
    expect(written.status?.restriction).toEqual(restriction);
    expect(written.spec).toEqual(doc.spec);
  });
});
