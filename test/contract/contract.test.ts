import { join } from "node:path";
import { Agent, request } from "undici";
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from "vitest";
import { NAMESPACE } from "../../src/api/kinds.ts";
import type { Client } from "../../src/kube/client.ts";
import { clientFrom, describeCluster, freshNamespace, sharedCluster } from "../cluster/harness.ts";
import { contract } from "./contract.ts";
import { installWidgets, WIDGET, type Widget } from "./widget.ts";

const endpoint = () => inject("cluster") ?? expect.fail("no cluster");

/** Drops etcd's history up to a version, as the API server itself does every few minutes. */
const compactEtcd = async (revision: string): Promise<void> => {
  const agent = new Agent({ connect: { socketPath: join(endpoint().directory, "etcd.sock") } });
  const answer = await request("http://etcd/v3/kv/compaction", {
    method: "POST",
    dispatcher: agent,
    body: JSON.stringify({ revision, physical: true }),
  });
  const text = await answer.body.text();
  await agent.close();
  expect(answer.statusCode, text).toBe(200);
};

const compactNow = async (client: Client): Promise<void> =>
  compactEtcd((await client.list(NAMESPACE, { limit: 1 })).resourceVersion);

/** The API server answers young tokens from memory, whatever etcd has forgotten; so the token must be an old one. */
const tokenOfTheFirstVersion = (token: string): string => {
  const content = JSON.parse(Buffer.from(token, "base64url").toString("utf8")) as { rv: number };
  return Buffer.from(JSON.stringify({ ...content, rv: 2 })).toString("base64url");
};

describeCluster("a real cluster", () => {
  contract("the real API server", async () => {
    const client = clientFrom(endpoint().kubeconfig);
    return {
      client,
      namespace: await freshNamespace(client, "contract"),
      bookmarkedSeconds: 5,
      compact: () => compactNow(client),
      expired: async (token) => {
        await compactNow(client);
        return tokenOfTheFirstVersion(token);
      },
      close: () => client.close(),
    };
  });
});

describeCluster("the schema of a kind", () => {
  let client: Client;
  let namespace: string;

  const created = (spec: object): Promise<Widget> =>
    client.create<Widget>(
      WIDGET,
      {
        apiVersion: WIDGET.apiVersion,
        kind: WIDGET.kind,
        metadata: { name: `w-${performance.now()}`, namespace },
        spec,
      },
      { fieldManager: "contract" },
    );

  beforeAll(async () => {
    client = clientFrom(endpoint().kubeconfig);
    namespace = await freshNamespace(client, "schema");
    await installWidgets(client);
  });

  afterAll(() => client.close());

  test("fills in defaults", async () => {
    expect((await created({ size: 1 })).spec).toEqual({ size: 1, color: "grey" });
  });

  test("refuses values outside of it and names the field", async () => {
    await expect(created({ size: -1 })).rejects.toMatchObject({
      code: 422,
      message: expect.stringContaining("spec.size"),
    });
  });

  test("refuses a field that it does not know, rather than dropping it", async () => {
    await expect(created({ size: 1, colour: "red" })).rejects.toMatchObject({
      code: 400,
      message: expect.stringContaining('unknown field "spec.colour"'),
    });
  });

  test("drops an unknown field of a client that does not ask to be told", async () => {
    const access = await sharedCluster();
    onTestFinished(() => access.close());
    const answer = await access.request("POST", `/apis/${WIDGET.apiVersion}/namespaces/${namespace}/widgets`, {
      apiVersion: WIDGET.apiVersion,
      kind: WIDGET.kind,
      metadata: { generateName: "pruned-" },
      spec: { size: 2, colour: "red" },
    });
    expect(answer.code).toBe(201);
    expect((JSON.parse(answer.body) as Widget).spec).toEqual({ size: 2, color: "grey" });
  });
});
