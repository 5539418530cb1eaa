import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { POD } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import { type Client, createClient, type JsonPatchOperation } from "../kube/client.ts";
import { ApiError } from "../kube/errors.ts";
import { guardedPatch } from "./guarded-patch.ts";
import { ConflictError } from "./outcome.ts";

const WRITE = { fieldManager: "test" };
const REF = { namespace: "fruits", name: "a" };

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

const patch = (uid: string, to: Pick<Client, "jsonPatch"> = client): Promise<KubeObject | undefined> => {
  const operations: JsonPatchOperation[] = [
    { op: "test", path: "/metadata/uid", value: uid },
    { op: "add", path: "/metadata/labels", value: { color: "red" } },
  ];
  return guardedPatch(to, POD, REF, operations, WRITE);
};

describe("a guarded patch", () => {
  it("changes the object that was looked at, and no other", async () => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: REF };
    const { metadata } = await client.create<KubeObject>(POD, pod, WRITE);
    await expect(patch("another")).rejects.toThrow(ConflictError);
    expect((await patch(metadata.uid ?? ""))?.metadata.labels).toEqual({ color: "red" });
  });

  it("of an object that is gone is a conflict", async () => {
    await expect(patch("any")).rejects.toThrow(ConflictError);
  });

  it("whose result is refused says so: nothing has changed that would help", async () => {
    const body = { reason: "Invalid", message: "is invalid", details: { causes: [{ field: "metadata.labels" }] } };
    const refusal = new ApiError("patch", 422, body);
    await expect(patch("any", { jsonPatch: () => Promise.reject(refusal) })).rejects.toBe(refusal);
  });

  it("without operations sends nothing", async () => {
    expect(await guardedPatch(client, POD, REF, [], WRITE)).toBeUndefined();
    expect(server.handled).toEqual([]);
  });
});
