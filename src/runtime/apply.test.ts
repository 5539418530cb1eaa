import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { PACK_GRANT } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import { type Client, createClient } from "../kube/client.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import { decideWrite, ensure } from "./apply.ts";
import { ConflictError } from "./outcome.ts";
import type { Entry } from "./store.ts";

type Grant = KubeObject & { readonly spec: { readonly hosts: readonly string[] } };

const grant = (name: string, ...hosts: string[]): Grant => ({
  apiVersion: PACK_GRANT.apiVersion,
  kind: PACK_GRANT.kind,
  metadata: { name, namespace: "n" },
  spec: { hosts },
});
const entryOf = (object: Grant): Entry<Grant> => ({
  key: keyOf(object),
  uid: object.metadata.uid ?? "",
  resourceVersion: object.metadata.resourceVersion ?? "",
  deleting: false,
  value: object,
});
const equal = (desired: Grant, actual: Grant): boolean => deepEqual(desired.spec, actual.spec);

describe("the decision to write", () => {
  const actual = entryOf({ ...grant("a", "x"), metadata: { name: "a", uid: "u", resourceVersion: "7" } });

  it("is to create what is not there, to replace what differs in that version, and to leave alone what is equal", () => {
    expect(decideWrite(grant("a", "x"), undefined, equal)).toEqual({ kind: "create" });
    expect(decideWrite(grant("a", "y"), actual, equal)).toEqual({ kind: "replace", uid: "u", resourceVersion: "7" });
    expect(decideWrite(grant("a", "x"), actual, equal)).toEqual({ kind: "none" });
  });
});

describe("ensuring an object", () => {
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

  const run = (desired: Grant, actual: Entry<Grant> | undefined) =>
    ensure({ client, resource: PACK_GRANT, desired, actual, equal, write: { fieldManager: "test" } });

  it("creates it, then writes nothing, then replaces it", async () => {
    const created = await run(grant("a", "x"), undefined);
    if (created.kind !== "create") throw new Error(created.kind);
    const writes = server.writes.length;
    expect(await run(grant("a", "x"), entryOf(created.object))).toEqual({ kind: "none" });
    expect(server.writes.length).toBe(writes);
    const replaced = await run(grant("a", "y"), entryOf(created.object));
    expect(replaced).toMatchObject({ kind: "replace", object: { spec: { hosts: ["y"] } } });
  });

  it("is a conflict when the store did not show yet that it exists", async () => {
    await run(grant("b", "x"), undefined);
    await expect(run(grant("b", "x"), undefined)).rejects.toThrow(ConflictError);
  });

  it("is a conflict when the store shows an old version, another object, or one that is gone", async () => {
    const created = await run(grant("c", "x"), undefined);
    if (created.kind !== "create") throw new Error(created.kind);
    const stale = entryOf(created.object);
    await run(grant("c", "y"), stale);
    await expect(run(grant("c", "z"), stale)).rejects.toThrow(ConflictError);
    await client.delete(PACK_GRANT, { namespace: "n", name: "c" });
    await expect(run(grant("c", "z"), stale)).rejects.toThrow(ConflictError);
    await run(grant("c", "x"), undefined);
    await expect(run(grant("c", "z"), stale)).rejects.toThrow(ConflictError);
  });

  it("passes other refusals on", async () => {
    server.faults.add({ verb: "create" }, { kind: "status", code: 403 }, 1);
    await expect(run(grant("d", "x"), undefined)).rejects.toMatchObject({ code: 403 });
  });
});
