import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { PACK_INSTALL } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import { type Client, createClient } from "../kube/client.ts";
import { addFinalizer, hasFinalizer, removeFinalizer } from "./finalizer.ts";
import { guardedPatch } from "./guarded-patch.ts";
import { ConflictError } from "./outcome.ts";

const OURS = "packs.dev/uninstall";
const WRITE = { fieldManager: "test" };
const meta = (finalizers?: string[], more = {}) => ({
  metadata: { uid: "u", ...(finalizers === undefined ? {} : { finalizers }), ...more },
});

describe("the patch for a finalizer", () => {
  it("is empty when there is nothing to do", () => {
    expect(addFinalizer(meta([OURS]), OURS)).toEqual([]);
    expect(addFinalizer(meta([], { deletionTimestamp: "now" }), OURS)).toEqual([]);
    expect(removeFinalizer(meta(["other"]), OURS)).toEqual([]);
    expect(removeFinalizer(meta(), OURS)).toEqual([]);
  });

  it("tests the UID and the list before it adds", () => {
    expect(addFinalizer(meta(["other"]), OURS)).toEqual([
      { op: "test", path: "/metadata/uid", value: "u" },
      { op: "test", path: "/metadata/finalizers", value: ["other"] },
      { op: "add", path: "/metadata/finalizers/-", value: OURS },
    ]);
  });

  it("tests the UID and the place before it removes", () => {
    expect(removeFinalizer(meta(["other", OURS]), OURS)).toEqual([
      { op: "test", path: "/metadata/uid", value: "u" },
      { op: "test", path: "/metadata/finalizers/1", value: OURS },
      { op: "remove", path: "/metadata/finalizers/1" },
    ]);
  });
});

describe("a finalizer on a server", () => {
  let server: ApiServer;
  let client: Client;

  beforeAll(async () => {
    server = await startApiServer();
    client = createClient(server.config(), { userAgent: "test" });
  });

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  const create = (name: string, finalizers: string[] = []): Promise<KubeObject> => {
    const { apiVersion, kind } = PACK_INSTALL;
    return client.create(PACK_INSTALL, { apiVersion, kind, metadata: { name, namespace: "n", finalizers } }, WRITE);
  };
  const patch = (object: KubeObject, operations: ReturnType<typeof addFinalizer>): Promise<KubeObject | undefined> =>
    guardedPatch(client, PACK_INSTALL, { namespace: "n", name: object.metadata.name }, operations, WRITE);

  it("is added to an empty list and to a list with a neighbour, and removed without touching the neighbour", async () => {
    for (const finalizers of [[], ["example.com/neighbour"]]) {
      const created = await create(`a${finalizers.length}`, finalizers);
      const added = (await patch(created, addFinalizer(created, OURS))) as KubeObject;
      expect(added.metadata.finalizers).toEqual([...finalizers, OURS]);
      expect(hasFinalizer(added, OURS)).toBe(true);
      const removed = (await patch(added, removeFinalizer(added, OURS))) as KubeObject;
      expect(removed.metadata.finalizers ?? []).toEqual(finalizers);
    }
  });

  it("is a conflict, and nothing is touched, when a neighbour came or went in between", async () => {
    const created = await create("b");
    await patch(created, addFinalizer(created, "example.com/neighbour"));
    await expect(patch(created, addFinalizer(created, OURS))).rejects.toThrow(ConflictError);
    const stale = meta([OURS], { uid: created.metadata.uid });
    await expect(patch(created, removeFinalizer(stale, OURS))).rejects.toThrow(ConflictError);
    const now = await client.get(PACK_INSTALL, { namespace: "n", name: "b" });
    expect(now.metadata.finalizers).toEqual(["example.com/neighbour"]);
  });

  it("is a conflict when the object is another one or gone", async () => {
    const created = await create("c");
    const other = { metadata: { ...created.metadata, uid: "other" } };
    await expect(patch(created, addFinalizer(other, OURS))).rejects.toThrow(ConflictError);
    await client.delete(PACK_INSTALL, { namespace: "n", name: "c" });
    await expect(patch(created, addFinalizer(created, OURS))).rejects.toThrow(ConflictError);
  });

  it("costs no request when there is nothing to do", async () => {
    const created = await create("d", [OURS]);
    const before = server.handled.length;
    expect(await patch(created, addFinalizer(created, OURS))).toBeUndefined();
    expect(server.handled.length).toBe(before);
  });
});
