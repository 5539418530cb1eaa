import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { CUSTOM_RESOURCE_DEFINITION, crdName, PACK_INSTALL, PACK_KINDS } from "../api/kinds.ts";
import { type Client, createClient } from "../kube/client.ts";
import { createKindsServed } from "./kinds-served.ts";

const NOTHING_LOST = () => 0;
const { signal } = new AbortController();

let server: ApiServer;
let client: Client;

beforeEach(async () => {
  server = await startApiServer();
  client = createClient(server.config(), { userAgent: "test" });
  const { apiVersion, kind } = CUSTOM_RESOURCE_DEFINITION;
  for (const resource of PACK_KINDS) {
    const crd = { apiVersion, kind, metadata: { name: crdName(resource) } };
    await client.create(CUSTOM_RESOURCE_DEFINITION, crd, { fieldManager: "test" });
  }
});

afterEach(async () => {
  await client.close();
  await server.close();
});

const asked = (): number => server.handled.filter(({ verb }) => verb === "get").length;

describe("whether the kinds are served", () => {
  it("is asked once for all who ask at the same time, and again once something has gone away", async () => {
    let losses = 0;
    const served = createKindsServed(client, () => losses);
    expect(await Promise.all([served(signal), served(signal)])).toEqual([undefined, undefined]);
    expect(await served(signal)).toBeUndefined();
    expect(asked()).toBe(PACK_KINDS.length);
    await client.delete(CUSTOM_RESOURCE_DEFINITION, { name: crdName(PACK_INSTALL) });
    losses += 1;
    expect(await served(signal)).toContain(`'${crdName(PACK_INSTALL)}' is missing`);
  });

  it("is asked again when something goes away while the answer is under way", async () => {
    let losses = 0;
    const served = createKindsServed(client, () => losses);
    const first = served(signal);
    await vi.waitFor(() => expect(asked()).toBeGreaterThan(0), { interval: 1 });
    losses += 1;
    await first;
    await served(signal);
    expect(asked()).toBe(2 * PACK_KINDS.length);
  });

  it("is asked for as long as the answer is no", async () => {
    const served = createKindsServed(client, NOTHING_LOST);
    await client.delete(CUSTOM_RESOURCE_DEFINITION, { name: crdName(PACK_INSTALL) });
    expect(await served(signal)).toContain("is missing");
    expect(await served(signal)).toContain("is missing");
    expect(asked()).toBe(2 * PACK_KINDS.length);
  });

  it("is not waited for by who must stop, while the others get their answer", async () => {
    const served = createKindsServed(client, NOTHING_LOST);
    server.faults.add({ verb: "get" }, { kind: "slow", ms: 50 });
    const stop = new AbortController();
    const stopped = served(stop.signal);
    const other = served(signal);
    stop.abort(new Error("stop"));
    await expect(stopped).rejects.toThrow("stop");
    expect(await other).toBeUndefined();
  });

  it("is given up soon when the server does not answer, or wants a long pause", async () => {
    const disarm = server.faults.add({ verb: "get" }, { kind: "status", code: 429, retryAfter: "28" });
    await expect(createKindsServed(client, NOTHING_LOST)(signal)).rejects.toThrow("429");
    disarm();
    server.faults.add({ verb: "get" }, { kind: "blackHole" });
    const timeouts: unknown[] = [];
    const getMetadata: Client["getMetadata"] = (resource, ref, options) => {
      timeouts.push(options?.timeoutMs);
      return client.getMetadata(resource, ref, { ...options, timeoutMs: 50 });
    };
    await expect(createKindsServed({ getMetadata }, NOTHING_LOST)(signal)).rejects.toThrow("no answer within 50 ms");
    expect(new Set(timeouts)).toEqual(new Set([5_000]));
  });
});
