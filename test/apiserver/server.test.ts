import { beforeEach, describe, expect, test } from "vitest";
import { CUSTOM_RESOURCE_DEFINITION, PACK_GRANT, POD } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { type Client, createClient } from "../../src/kube/client.ts";
import { isNotFound, isNotServed } from "../../src/kube/errors.ts";
import { FakeClock } from "../gen/fake-clock.ts";
import { type ApiServer, startApiServer } from "./server.ts";

const ME = { fieldManager: "test" };

const grant = (name: string): KubeObject => ({
  apiVersion: PACK_GRANT.apiVersion,
  kind: PACK_GRANT.kind,
  metadata: { namespace: "a", name },
});

const problemOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined).catch((error) => error);

describe("the API server in this process", () => {
  let server: ApiServer;
  let client: Client;

  beforeEach(async () => {
    server = await startApiServer({ clock: new FakeClock() });
    client = createClient(server.config(), { userAgent: "packs-operator/test (a)" });
    return async () => {
      await client.close();
      await server.close();
    };
  });

  test("says the same to the same requests, identities, versions and times included", async () => {
    const story = async (): Promise<unknown[]> => {
      const made = await client.create(PACK_GRANT, grant("x"), ME);
      const changed = await client.mergePatch(PACK_GRANT, made.metadata as never, { spec: { a: 1 } }, ME);
      const { items } = await client.list(PACK_GRANT);
      return [made, changed, items];
    };
    const first = await story();
    server.reset();
    expect(await story()).toEqual(first);
  });

  test("is empty after a reset", async () => {
    await client.create(PACK_GRANT, grant("x"), ME);
    server.faults.add({}, { kind: "status", code: 500 });
    server.reset();
    expect((await client.list(PACK_GRANT)).items).toEqual([]);
    expect(server.writes).toEqual([]);
  });

  test("remembers who wrote what, and how it ended", async () => {
    await client.create(PACK_GRANT, grant("x"), ME);
    await client.get(PACK_GRANT, { namespace: "a", name: "x" });
    await problemOf(client.replaceStatus(PACK_GRANT, grant("y"), ME));
    const { userAgent, fieldManager } = { userAgent: "packs-operator/test (a)", fieldManager: "test" };
    expect(server.writes).toMatchObject([
      { verb: "create", resource: "packgrants", subresource: "", name: "x", code: 201, userAgent, fieldManager },
      { verb: "update", resource: "packgrants", subresource: "status", name: "y", code: 404, userAgent, fieldManager },
    ]);
  });

  test("serves a kind from the moment its definition is there until it is gone", async () => {
    const resource = { apiVersion: "example.com/v1", kind: "Thing", plural: "things", namespaced: false };
    expect(isNotServed(await problemOf(client.list(resource)))).toBe(true);
    const definition = {
      apiVersion: CUSTOM_RESOURCE_DEFINITION.apiVersion,
      kind: CUSTOM_RESOURCE_DEFINITION.kind,
      metadata: { name: "things.example.com" },
      spec: {
        group: "example.com",
        scope: "Cluster",
        names: { kind: "Thing", plural: "things" },
        versions: [{ name: "v1", served: true, storage: true }],
      },
    };
    await client.create(CUSTOM_RESOURCE_DEFINITION, definition, ME);
    expect((await client.list(resource)).items).toEqual([]);
    await client.delete(CUSTOM_RESOURCE_DEFINITION, { name: "things.example.com" });
    expect(isNotServed(await problemOf(client.list(resource)))).toBe(true);
  });

  test("ends a pod that runs on a node gracefully, one that waits for a node at once", async () => {
    const pod = (name: string, spec: object): KubeObject =>
      ({ apiVersion: "v1", kind: "Pod", metadata: { namespace: "a", name }, spec }) as KubeObject;
    const ref = (name: string) => ({ namespace: "a", name });
    await client.create(POD, pod("waiting", {}), ME);
    await client.create(POD, pod("running", { nodeName: "n" }), ME);
    await client.delete(POD, ref("waiting"));
    await client.delete(POD, ref("running"));
    expect(isNotFound(await problemOf(client.get(POD, ref("waiting"))))).toBe(true);
    expect(await client.get(POD, ref("running"))).toMatchObject({ metadata: { deletionGracePeriodSeconds: 30 } });
    await client.delete(POD, ref("running"), { gracePeriodSeconds: 0 });
    expect(isNotFound(await problemOf(client.get(POD, ref("running"))))).toBe(true);
  });

  test("can hold requests back, to order a race by hand", async () => {
    const gate = Promise.withResolvers<void>();
    const ordered = await startApiServer({
      intercept: ({ name }) => (name === "slow" ? gate.promise : undefined),
    });
    const racer = createClient(ordered.config(), { userAgent: "test" });
    const slow = racer.create(PACK_GRANT, grant("slow"), ME);
    await racer.create(PACK_GRANT, grant("fast"), ME);
    gate.resolve();
    await slow;
    expect(ordered.writes.map(({ name }) => name)).toEqual(["fast", "slow"]);
    await racer.close();
    await ordered.close();
  });
});
