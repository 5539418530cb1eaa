import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { POD } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import { type Client, createClient } from "../kube/client.ts";
import { LeadershipLost } from "./leader-election.ts";
import { whileLeading } from "./leader-gate.ts";

const WRITE = { fieldManager: "test" };
const REF = { namespace: "fruits", name: "a" };
const pod: KubeObject = { apiVersion: "v1", kind: "Pod", metadata: REF };

let server: ApiServer;
let client: Client;

beforeEach(async () => {
  server = await startApiServer();
  client = createClient(server.config(), { userAgent: "test" });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

describe("a client behind the gate of leadership", () => {
  it("writes while its replica leads", async () => {
    const gate = whileLeading(client, { leading: () => true });
    const created = await gate.create(POD, pod, WRITE);
    await gate.replace(POD, created, WRITE);
    await gate.delete(POD, REF, { gracePeriodSeconds: 0 });
    expect(server.writes.map(({ code }) => code)).toEqual([201, 200, 200]);
  });

  it("only reads when its replica leads no more", async () => {
    await client.create(POD, pod, WRITE);
    const gate = whileLeading(client, { leading: () => false });
    const writes = [
      () => gate.create(POD, pod, WRITE),
      () => gate.replace(POD, pod, WRITE),
      () => gate.replaceStatus(POD, pod, WRITE),
      () => gate.apply(POD, pod, WRITE),
      () => gate.jsonPatch(POD, REF, [], WRITE),
      () => gate.mergePatch(POD, REF, {}, WRITE),
      () => gate.delete(POD, REF),
    ];
    for (const write of writes) await expect(write()).rejects.toThrow(LeadershipLost);
    expect(server.writes).toHaveLength(1);
    expect((await gate.get(POD, REF)).metadata.name).toBe("a");
    expect((await gate.list(POD)).items).toHaveLength(1);
  });
});
