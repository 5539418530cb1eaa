import { mkdtemp, readFile, rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { duplicated, reordered } from "../../test/apiserver/faults.ts";
import { type ApiServer, type ApiServerOptions, startApiServer } from "../../test/apiserver/server.ts";
import { eventually } from "../../test/cluster/eventually.ts";
import { Pki } from "../../test/cluster/pki.ts";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { NETWORK_POLICY, PACK_GRANT } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import { type Client, type ClientOptions, createClient, type ObservedCall, type WatchEvent } from "./client.ts";
import { type ClusterConfig, fromParts, refreshing } from "./config.ts";
import { ApiError, isForbidden, isGone, TransportError } from "./errors.ts";
import { userAgent } from "./transport.ts";

const ME = { fieldManager: "test" };
const REF = { namespace: "packs-system", name: "x" };
const GRANT: KubeObject = { apiVersion: PACK_GRANT.apiVersion, kind: PACK_GRANT.kind, metadata: REF };

const serving = async (options: ApiServerOptions = {}): Promise<ApiServer> => {
  const server = await startApiServer(options);
  onTestFinished(() => server.close());
  return server;
};

const connected = (config: ClusterConfig, options: Partial<ClientOptions> = {}): Client => {
  const client = createClient(config, { userAgent: userAgent("1.2.3", "test"), random: () => 0, ...options });
  onTestFinished(() => client.close());
  return client;
};

/** Waits of retries, noted instead of waited for. */
const noted = (): { readonly pauses: number[]; readonly wait: (ms: number) => Promise<void> } => {
  const pauses: number[] = [];
  return { pauses, wait: async (ms) => void pauses.push(ms) };
};

const problemOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail("it succeeded"),
    (error: unknown) => error,
  );

let server: ApiServer;

beforeEach(async () => {
  server = await startApiServer();
  return () => server.close();
});

describe("a call", () => {
  test("says who is asking and whose fields are written, and has unknown fields refused", async () => {
    const client = connected(server.config());
    await client.create(PACK_GRANT, GRANT, ME);
    await client.replaceStatus(PACK_GRANT, GRANT, ME).catch(() => undefined);
    await client.apply(PACK_GRANT, GRANT, { ...ME, force: true, dryRun: true });
    expect(server.writes.every(({ userAgent }) => userAgent === "packs-operator/1.2.3 (test)")).toBe(true);
    expect(server.writes.map(({ search }) => search)).toEqual([
      "?fieldManager=test&fieldValidation=Strict",
      "?fieldManager=test&fieldValidation=Strict",
      "?fieldManager=test&fieldValidation=Strict&dryRun=All&force=true",
    ]);
  });

  test("that is refused says what was tried, on what, and why", async () => {
    const client = connected(server.config());
    const created = await client.create(PACK_GRANT, GRANT, ME);
    const stale = { ...created, metadata: { ...created.metadata, resourceVersion: "1" } };
    const error = await problemOf(client.replaceStatus(PACK_GRANT, stale, ME));
    expect(String(error)).toMatch(
      /^ApiError: PUT packs\.dev\/v1alpha1 packgrants\/status packs-system\/x: 409 Conflict: Operation cannot be fulfilled/,
    );
    const missing = await problemOf(client.list({ ...PACK_GRANT, plural: "nothings" }));
    expect(String(missing)).toBe("ApiError: GET packs.dev/v1alpha1 nothings: 404");
  });

  test("without a namespace is not sent where the kind has one", async () => {
    const client = connected(server.config());
    const homeless = { ...GRANT, metadata: { name: "x" } };
    for (const call of [
      () => client.create(PACK_GRANT, homeless, ME),
      () => client.replace(PACK_GRANT, homeless, ME),
      () => client.delete(PACK_GRANT, { name: "x" }),
    ]) {
      expect(await problemOf(call())).toBeInstanceOf(TypeError);
    }
    expect(server.handled).toEqual([]);
  });

  test("keeps the field names of the API, on the way there and back", async () => {
    const client = connected(server.config());
    const ingress = [{ from: [{ podSelector: {} }] }];
    const metadata = { namespace: "packs-sandboxes", name: "x" };
    const policy = { apiVersion: NETWORK_POLICY.apiVersion, kind: "NetworkPolicy", metadata, spec: { ingress } };
    await client.create(NETWORK_POLICY, policy, ME);
    expect(await client.get(NETWORK_POLICY, metadata)).toMatchObject({ spec: { ingress } });
  });

  test("is observed with verb, resource, code and duration, once for each request", async () => {
    const calls: ObservedCall[] = [];
    const client = connected(server.config(), { observe: (call) => calls.push(call), ...noted() });
    server.faults.add({}, { kind: "status", code: 429 }, 1);
    server.faults.add({}, { kind: "reset" }, 1);
    await client.list(PACK_GRANT);
    await problemOf(client.replaceStatus(PACK_GRANT, GRANT, ME));
    expect(calls.map(({ verb, method, resource, code }) => [verb, method, resource, code])).toEqual([
      ["list", "GET", "packgrants", "429"],
      ["list", "GET", "packgrants", "<error>"],
      ["list", "GET", "packgrants", "200"],
      ["update", "PUT", "packgrants/status", "404"],
    ]);
    expect(calls.every(({ seconds }) => seconds >= 0 && seconds < 10)).toBe(true);
  });

  test("uses a connection of a call before", async () => {
    const client = connected(server.config());
    for (let i = 0; i < 20; i++) await client.list(PACK_GRANT);
    expect(server.connections).toBeLessThanOrEqual(2);
  });

  test("works behind a path prefix", async () => {
    const client = connected(fromParts({ server: `${server.url}/clusters/c/` }));
    await problemOf(client.list(PACK_GRANT));
    expect(server.handled[0]?.path).toBe("/clusters/c/apis/packs.dev/v1alpha1/packgrants");
  });

  test("of another path answers with its text", async () => {
    const client = connected(server.config());
    expect(await client.raw("/readyz")).toBe("ok");
  });

  test("fails with the caller's own reason when the caller gives up", async () => {
    const client = connected(server.config());
    server.faults.add({}, { kind: "blackHole" });
    const stop = new AbortController();
    const call = client.get(PACK_GRANT, REF, { signal: stop.signal });
    await eventually("the call arrived", () => server.handled.length === 1);
    stop.abort(new Error("shutting down"));
    await expect(call).rejects.toThrow("shutting down");
    await expect(client.get(PACK_GRANT, REF, { signal: stop.signal })).rejects.toThrow("shutting down");
    expect(server.handled).toHaveLength(1);
  });

  test("fails when the client is closed, also if it comes later", async () => {
    const client = connected(server.config());
    server.faults.add({}, { kind: "blackHole" });
    const call = client.get(PACK_GRANT, REF);
    await eventually("the call arrived", () => server.handled.length === 1);
    const problem = problemOf(call);
    await client.close();
    expect(await problem).toBeInstanceOf(TransportError);
    expect(String(await problemOf(client.get(PACK_GRANT, REF)))).toContain("the client is closed");
  });

  test("fails when the client is closed, also on connections that were replaced before", async () => {
    const client = connected(server.config());
    server.faults.add({ name: "hung" }, { kind: "blackHole" });
    const problem = problemOf(client.get(PACK_GRANT, { ...REF, name: "hung" }));
    await eventually("the call arrived", () => server.handled.length === 1);
    await problemOf(client.get(PACK_GRANT, { ...REF, name: "hung" }, { timeoutMs: 50 }));
    await client.close();
    expect(String(await problem)).toContain("the client is closed");
    await eventually("its connection is gone", () => server.connections === 0);
  });

  test.each([
    ["nothing", "{}"],
    ["no name", '{"metadata":{}}'],
    ["null", "null"],
  ])("for a list refuses an answer with an item of %s", async (_what, item) => {
    const body = `{"kind":"PackGrantList","metadata":{"resourceVersion":"1"},"items":[${item}]}`;
    server.faults.add({ verb: "list" }, { kind: "garbage", status: 200, contentType: "application/json", body });
    const error = await problemOf(connected(server.config()).list(PACK_GRANT));
    expect(error).toBeInstanceOf(TransportError);
    expect(String(error)).toContain("an item without a name");
  });
});

describe("a retry", () => {
  test("of a read comes after the pause that the server asks for", async () => {
    const { pauses, wait } = noted();
    const client = connected(server.config(), { wait });
    server.faults.add({}, { kind: "status", code: 429, retryAfter: "3" }, 1);
    server.faults.add({}, { kind: "status", code: 503, retryAfter: "5" }, 1);
    await client.list(PACK_GRANT);
    expect(pauses).toEqual([3_000, 5_000]);
  });

  test("comes after a pause of our own when the server asks for none", async () => {
    const { pauses, wait } = noted();
    const client = connected(server.config(), { wait });
    server.faults.add({}, { kind: "status", code: 429, retryAfter: "0" }, 1);
    server.faults.add({}, { kind: "status", code: 503, retryAfter: new Date(0).toUTCString() }, 1);
    await client.list(PACK_GRANT);
    expect(pauses).toEqual([100, 200]);
  });

  test("does not come once the client is closed, and nobody waits for it", async () => {
    const client = connected(server.config());
    server.faults.add({}, { kind: "status", code: 429, retryAfter: "25" });
    const problem = problemOf(client.get(PACK_GRANT, REF));
    await eventually("it was refused", () => server.handled.length === 1);
    await client.close();
    expect(String(await problem)).toContain("the client is closed");
    expect(server.handled).toHaveLength(1);
  });

  test.each([
    ["a reset connection", { kind: "reset" }],
    ["an answer that is cut in its body", { kind: "cut", afterBytes: 20 }],
    ["an answer that is cut before its head", { kind: "cut", afterBytes: 0 }],
    ["a login page", { kind: "garbage" }],
    ["torn JSON", { kind: "garbage", contentType: "application/json", body: '{"items":[' }],
    ["an overloaded server", { kind: "status", code: 503 }],
  ] as const)("of a read comes after %s", async (_what, fault) => {
    const { pauses, wait } = noted();
    const client = connected(server.config(), { wait });
    server.faults.add({ verb: "list" }, fault, 2);
    expect((await client.list(PACK_GRANT)).items).toEqual([]);
    expect(pauses).toEqual([100, 200]);
  });

  test.each([
    ["a reset connection", { kind: "reset" }, TransportError],
    ["a processed write whose answer is lost", { kind: "cut", afterBytes: 0 }, TransportError],
    ["a login page", { kind: "garbage" }, TransportError],
    ["an overloaded server", { kind: "status", code: 503, retryAfter: "1" }, ApiError],
    ["a broken server", { kind: "status", code: 500 }, ApiError],
  ] as const)("of a write does not come after %s", async (_what, fault, type) => {
    const { pauses, wait } = noted();
    const client = connected(server.config(), { wait });
    server.faults.add({ verb: "create" }, fault);
    expect(await problemOf(client.create(PACK_GRANT, GRANT, ME))).toBeInstanceOf(type);
    expect(pauses).toEqual([]);
    expect(server.writes).toHaveLength(1);
  });

  test("of a write comes after 429, which says that nothing was processed", async () => {
    const client = connected(server.config(), noted());
    server.faults.add({}, { kind: "status", code: 429, retryAfter: "1" }, 1);
    await client.create(PACK_GRANT, GRANT, ME);
    expect(server.writes.map(({ code }) => code)).toEqual([429, 201]);
  });

  test("never comes after a refusal", async () => {
    const client = connected(server.config(), noted());
    server.faults.add({}, { kind: "status", code: 403 });
    expect(isForbidden(await problemOf(client.list(PACK_GRANT)))).toBe(true);
    expect(server.handled).toHaveLength(1);
  });

  test("gives up in the end, with the last error", async () => {
    const { pauses, wait } = noted();
    const client = connected(server.config(), { wait });
    server.faults.add({}, { kind: "garbage", body: "<html>secret</html>" });
    const error = await problemOf(client.get(PACK_GRANT, REF));
    expect(error).toBeInstanceOf(TransportError);
    expect(String(error)).toContain("GET packs.dev/v1alpha1 packgrants packs-system/x");
    expect(String(error)).not.toContain("secret");
    expect(pauses).toHaveLength(4);
  });

  test("does not come when the pause is longer than the call may last", async () => {
    const { pauses, wait } = noted();
    const client = connected(server.config(), { wait });
    server.faults.add({}, { kind: "status", code: 429, retryAfter: "60" });
    const error = await problemOf(client.list(PACK_GRANT, { timeoutMs: 10_000 }));
    expect(error).toMatchObject({ code: 429, retryAfterMs: 60_000 });
    expect(pauses).toEqual([]);
  });
});

describe("a deadline", () => {
  test("ends a call that is never answered, and the next call uses a new connection", async () => {
    const clock = new FakeClock();
    const client = connected(server.config(), { clock });
    await client.list(PACK_GRANT);
    server.faults.add({ verb: "get" }, { kind: "blackHole" }, 1);
    const call = problemOf(client.get(PACK_GRANT, REF));
    await eventually("the call arrived", () => server.handled.length === 2);
    await clock.advance(30_000);
    const error = await call;
    expect(error).toBeInstanceOf(TransportError);
    expect(String(error)).toContain("no answer within 30000 ms");
    await eventually("the dead connection is gone", () => server.connections === 0);
    await client.list(PACK_GRANT);
    expect(server.connections).toBe(1);
  });

  test("abandons idle connections with the one that died, while a watch on another goes on", async () => {
    const clock = new FakeClock();
    const client = connected(server.config(), { clock });
    const watch = await watching(client);
    server.faults.add({ verb: "list" }, { kind: "slow", ms: 10 }, 2);
    await Promise.all([client.list(PACK_GRANT), client.list(PACK_GRANT)]);
    expect(server.connections).toBe(3);
    server.faults.add({ verb: "get" }, { kind: "blackHole" }, 1);
    const call = problemOf(client.get(PACK_GRANT, REF, { timeoutMs: 1_000 }));
    await eventually("the call arrived", () => server.handled.some(({ verb }) => verb === "get"));
    await clock.advance(1_000);
    await call;
    await eventually("only the watch is left", () => server.connections === 1);
    await client.create(PACK_GRANT, GRANT, ME);
    await eventually("the watch goes on", () => watch.events.length === 1);
  });

  test("holds for connections that are never accepted", async () => {
    const deaf = createServer(() => undefined);
    await new Promise<void>((resolve) => deaf.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void deaf.close());
    const { port } = deaf.address() as AddressInfo;
    const client = connected(fromParts({ server: `https://127.0.0.1:${port}` }));
    const started = performance.now();
    const error = await problemOf(client.get(PACK_GRANT, REF, { timeoutMs: 200 }));
    expect(error).toBeInstanceOf(TransportError);
    expect(performance.now() - started).toBeLessThan(3_000);
  });

  test("covers the retries", async () => {
    const client = connected(server.config());
    server.faults.add({}, { kind: "reset" });
    const started = performance.now();
    await problemOf(client.get(PACK_GRANT, REF, { timeoutMs: 250 }));
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(server.handled.length).toBeLessThan(4);
  });
});

describe("credentials", () => {
  /** A token that is read again as the kubelet's is. */
  const rotating = (
    server: ApiServer,
    current: () => { token: string; ca?: string },
    clock: FakeClock,
  ): ClusterConfig => ({
    server: server.url,
    credentials: refreshing(async () => {
      const { token, ...tls } = current();
      return { ...tls, authorization: `Bearer ${token}` };
    }, clock),
  });

  test("are read again after a 401, and the call is sent once more", async () => {
    let valid = "Bearer one";
    const guarded = await serving({ authorized: (authorization) => authorization === valid });
    const clock = new FakeClock();
    let token = "one";
    const client = connected(
      rotating(guarded, () => ({ token }), clock),
      { clock },
    );
    await client.create(PACK_GRANT, GRANT, ME);
    valid = "Bearer two";
    token = "two";
    await clock.advance(1_000);
    await client.replaceStatus(PACK_GRANT, { ...(await client.get(PACK_GRANT, REF)) }, ME);
    expect(guarded.handled.map(({ code }) => code)).toEqual([201, 401, 200, 200]);
  });

  test("that are still refused end in the 401, after one more try at most", async () => {
    const guarded = await serving({ authorized: () => false });
    const clock = new FakeClock();
    const client = connected(
      rotating(guarded, () => ({ token: "wrong" }), clock),
      { clock },
    );
    await expect(client.list(PACK_GRANT)).rejects.toMatchObject({ code: 401 });
    expect(guarded.handled).toHaveLength(1);
  });

  test("that change move calls to new connections", async () => {
    const clock = new FakeClock();
    let token = "one";
    const client = connected(
      rotating(server, () => ({ token }), clock),
      { clock },
    );
    await client.list(PACK_GRANT);
    token = "two";
    await clock.advance(30_000);
    await client.list(PACK_GRANT);
    await eventually("the old connection is gone", () => server.connections === 1);
  });

  test("that cannot be had are a transport error", async () => {
    const config = { server: server.url, credentials: () => Promise.reject(new Error("no token file")) };
    const client = connected(config, noted());
    expect(String(await problemOf(client.list(PACK_GRANT)))).toContain("no token file");
  });

  test("follow the server to another certificate authority", async () => {
    const directories = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), "pki-"))));
    onTestFinished(async () => {
      await Promise.all(directories.map((directory) => rm(directory, { recursive: true })));
    });
    const [before, after] = await Promise.all(
      directories.map(async (directory) => {
        const pki = new Pki(join(directory, "pki"));
        await pki.create();
        const [cert, key] = await Promise.all(
          ["crt", "key"].map((end) => readFile(pki.path(`apiserver.${end}`), "utf8")),
        );
        return { ca: await pki.authority(), cert: cert ?? "", key: key ?? "" };
      }),
    );
    if (before === undefined || after === undefined) return expect.fail();
    const secure = await serving({ tls: before });
    const clock = new FakeClock();
    let ca = before.ca;
    const client = connected(
      rotating(secure, () => ({ token: "t", ca }), clock),
      { clock, ...noted() },
    );
    await client.list(PACK_GRANT);

    secure.useCertificate(after);
    secure.disconnect();
    expect(await problemOf(client.create(PACK_GRANT, GRANT, ME))).toBeInstanceOf(TransportError);
    expect(secure.writes).toEqual([]);

    ca = after.ca;
    await clock.advance(30_000);
    await client.create(PACK_GRANT, GRANT, ME);
    expect(secure.writes).toHaveLength(1);
  });
});

type Watched = {
  readonly events: WatchEvent<KubeObject>[];
  readonly ended: Promise<unknown>;
  stop(): void;
};

const watching = async (client: Client, resourceVersion = "1", idleMs = 60_000): Promise<Watched> => {
  const stop = new AbortController();
  const events: WatchEvent<KubeObject>[] = [];
  const { signal } = stop;
  const stream = await client.watch(PACK_GRANT, { resourceVersion, timeoutSeconds: 300, signal, idleMs });
  const ended = (async () => {
    for await (const event of stream) events.push(event);
  })().catch((error: unknown) => error);
  return { events, ended, stop: () => stop.abort() };
};

describe("a watch", () => {
  let client: Client;

  beforeEach(() => {
    client = connected(server.config());
  });

  const created = (name: string): Promise<KubeObject> =>
    client.create(PACK_GRANT, { ...GRANT, metadata: { namespace: "a", name } }, ME);

  const names = ({ events }: Watched): string[] => events.map(({ object }) => (object as KubeObject).metadata.name);

  test("ends without an error when the server ends it", async () => {
    const watch = await watching(client);
    await created("x");
    server.watches.end();
    expect(await watch.ended).toBeUndefined();
    expect(names(watch)).toEqual(["x"]);
  });

  test("ends at once when it is no longer wanted, and its connection is gone", async () => {
    const watch = await watching(client);
    await eventually("it is open", () => server.watches.count() === 1);
    watch.stop();
    expect(await watch.ended).toBeUndefined();
    await eventually("the connection is gone", () => server.connections === 0);
  });

  test("that nobody reads ends with its signal too", async () => {
    const stop = new AbortController();
    await client.watch(PACK_GRANT, { timeoutSeconds: 300, signal: stop.signal, idleMs: 60_000 });
    await eventually("it is open", () => server.watches.count() === 1);
    stop.abort();
    await eventually("the connection is gone", () => server.connections === 0);
  });

  test("that is left before anything was asked of it closes its connection", async () => {
    const { signal } = new AbortController();
    const watch = await client.watch(PACK_GRANT, { timeoutSeconds: 300, signal, idleMs: 60_000 });
    await eventually("it is open", () => server.watches.count() === 1);
    await watch[Symbol.asyncIterator]().return?.();
    await eventually("the connection is gone", () => server.connections === 0);
  });

  test("that is left in the middle closes its connection", async () => {
    const { signal } = new AbortController();
    await created("x");
    for await (const event of await client.watch(PACK_GRANT, { timeoutSeconds: 300, signal, idleMs: 60_000 })) {
      expect(event.type).toBe("ADDED");
      break;
    }
    await eventually("only the connection of the call is left", () => server.connections === 1);
  });

  test("that is cut ends with a transport error, after all that had come", async () => {
    const watch = await watching(client);
    await created("x");
    await eventually("the event came", () => watch.events.length === 1);
    server.watches.drop();
    expect(await watch.ended).toBeInstanceOf(TransportError);
  });

  test.each([
    ["torn JSON", '{"type":"ADDED","object":{"metadata":{"name":"secret\n'],
    ["another kind of line", '{"secret":1}\n'],
    ["an event without an object", '{"type":"ADDED"}\n'],
    ["an object without metadata", '{"type":"ADDED","object":{}}\n'],
    ["an object without a name", '{"type":"DELETED","object":{"metadata":{}}}\n'],
    ["a bookmark without metadata", '{"type":"BOOKMARK","object":{}}\n'],
    ["a login page", "<html>secret</html>\n"],
    ["null", "null\n"],
  ])("that receives %s ends with a transport error that does not repeat it", async (_what, text) => {
    const watch = await watching(client);
    await eventually("it is open", () => server.watches.count() === 1);
    server.watches.raw(text);
    const error = await watch.ended;
    expect(error).toBeInstanceOf(TransportError);
    expect(String(error)).not.toContain("secret");
  });

  test("that falls silent ends after its idle time, and calls use new connections", async () => {
    const clock = new FakeClock();
    client = connected(server.config(), { clock });
    await client.list(PACK_GRANT);
    const watch = await watching(client, "1", 180_000);
    await eventually("it is open", () => server.watches.count() === 1);
    server.watches.silence();
    await created("unseen");
    await clock.advance(179_999);
    expect(server.watches.count()).toBe(1);
    await clock.advance(1);
    expect(String(await watch.ended)).toContain("not a byte for 180000 ms");
    expect(watch.events).toEqual([]);
    await eventually("all old connections are gone", () => server.connections === 0);
    await client.list(PACK_GRANT);
  });

  test("is kept alive by every event", async () => {
    const clock = new FakeClock();
    client = connected(server.config(), { clock });
    const watch = await watching(client, "1", 1_000);
    for (const name of ["x", "y", "z"]) {
      await created(name);
      await eventually("the event came", () => watch.events.length > 0 && names(watch).at(-1) === name);
      await clock.advance(900);
    }
    expect(names(watch)).toEqual(["x", "y", "z"]);
    await clock.advance(100);
    expect(await watch.ended).toBeInstanceOf(TransportError);
  });

  test("that is refused says why", async () => {
    server.faults.add({ verb: "watch" }, { kind: "status", code: 410 }, 1);
    expect(isGone(await problemOf(watching(client)))).toBe(true);
    server.faults.add({ verb: "watch" }, { kind: "status", code: 429, retryAfter: "1" }, 1);
    expect(await problemOf(watching(client))).toMatchObject({ code: 429, retryAfterMs: 1_000 });
  });

  test("hands on ERROR events", async () => {
    server.faults.add({ verb: "watch" }, { kind: "watchError", code: 410 }, 1);
    const watch = await watching(client);
    expect(await watch.ended).toBeUndefined();
    expect(watch.events).toMatchObject([{ type: "ERROR", object: { code: 410, reason: "Expired" } }]);
  });

  test("hands on duplicated and reordered events as they come", async () => {
    server.faults.add({ verb: "watch" }, duplicated, 1);
    server.faults.add({ verb: "watch" }, reordered, 1);
    const twice = await watching(client);
    const crossed = await watching(client);
    await eventually("both are open", () => server.watches.count() === 2);
    for (const name of ["x", "y", "z"]) await created(name);
    server.watches.end();
    await Promise.all([twice.ended, crossed.ended]);
    expect(names(twice)).toEqual(["x", "x", "y", "y", "z", "z"]);
    expect(names(crossed)).toEqual(["y", "x", "z"]);
  });

  test("takes objects larger than any chunk, in any script", async () => {
    const note = "naïve €🧱 ".repeat(100_000);
    const watch = await watching(client);
    const metadata = { namespace: "a", name: "large", annotations: { note } };
    await client.create(PACK_GRANT, { ...GRANT, metadata }, ME);
    await eventually("the event came", () => watch.events.length === 1);
    const large = watch.events[0]?.object as KubeObject;
    expect(large.metadata.annotations?.["note"]).toBe(note);
  });

  test("leaves events in the socket until they are asked for", async () => {
    const limited = await serving({ watchBufferBytes: 512 * 1024 });
    client = connected(limited.config());
    const { signal } = new AbortController();
    const options = { resourceVersion: "1", timeoutSeconds: 300, signal, idleMs: 60_000 };
    const stream = await client.watch(PACK_GRANT, options);
    await eventually("it is open", () => limited.watches.count() === 1);
    const note = "x".repeat(200_000);
    let written = 0;
    while (limited.watches.count() > 0 && written < 200) {
      const metadata = { namespace: "a", name: `n-${written++}`, annotations: { note } };
      await client.create(PACK_GRANT, { ...GRANT, metadata }, ME);
    }
    expect(written).toBeLessThan(200);
    let seen = 0;
    for await (const _event of stream) seen++;
    expect(seen).toBe(written);
  });

  test("survives a slow cache: events come late, in order", async () => {
    const watch = await watching(client);
    await eventually("it is open", () => server.watches.count() === 1);
    server.watches.hold();
    await created("x");
    await created("y");
    expect((await client.list(PACK_GRANT)).items).toHaveLength(2);
    expect(watch.events).toEqual([]);
    server.watches.release();
    await eventually("the events came", () => watch.events.length === 2);
    expect(names(watch)).toEqual(["x", "y"]);
  });
});
