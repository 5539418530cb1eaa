import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type ApiServer, startApiServer } from "../../test/apiserver/server.ts";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { EVENT } from "../api/kinds.ts";
import type { KubeEvent } from "../api/wire.ts";
import { type Client, createClient } from "../kube/client.ts";
import { createLogger } from "../lib/logger.ts";
import { Metrics } from "../lib/metrics.ts";
import { cutToBytes, type EventNote, EventRecorder } from "./events.ts";

let server: ApiServer;
let client: Client;
let clock: FakeClock;
let metrics: Metrics;
let recorder: EventRecorder;
let lines: string[];

beforeEach(async () => {
  server = await startApiServer();
  client = createClient(server.config(), { userAgent: "test" });
  clock = new FakeClock(Date.UTC(2026, 0, 1));
  metrics = new Metrics();
  lines = [];
  recorder = new EventRecorder({
    client,
    reportingController: "packs.dev/controller",
    reportingInstance: "packs-controller-0",
    fieldManager: "test",
    clock,
    logger: createLogger({ stream: { write: (line: string) => void lines.push(line) } }),
    metrics,
  });
});

afterEach(async () => {
  await client.close();
  await server.close();
});

const note = (more: Partial<EventNote> = {}, name = "trello", uid: string = name): EventNote => ({
  regarding: { apiVersion: "packs.dev/v1alpha1", kind: "PackInstall", namespace: "docs", name, uid },
  type: "Warning",
  reason: "NetworkWidened",
  action: "Suspend",
  note: "NetworkPolicy allow-all widens the sandbox.",
  ...more,
});

const events = async (): Promise<readonly KubeEvent[]> => (await client.list<KubeEvent>(EVENT)).items;
const count = (result: string): Promise<number | undefined> => metrics.value("packs_events_total", { result });

describe("an event recorder", () => {
  it("writes what people should be told", async () => {
    recorder.record(note());
    await recorder.flush();
    const [event] = await events();
    expect(event).toMatchObject({
      metadata: { namespace: "docs", name: expect.stringMatching(/^trello\.[0-9a-f]{12}$/) },
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "packs.dev/controller",
      reportingInstance: "packs-controller-0",
      action: "Suspend",
      reason: "NetworkWidened",
      type: "Warning",
      note: "NetworkPolicy allow-all widens the sandbox.",
      regarding: { kind: "PackInstall", name: "trello", uid: "trello" },
    });
    expect(event?.series).toBeUndefined();
    expect(await count("written")).toBe(1);
  });

  it("puts events about cluster-scoped objects where the server wants them", async () => {
    recorder.record(note({ regarding: { apiVersion: "packs.dev/v1alpha1", kind: "PackDefinition", name: "trello" } }));
    await recorder.flush();
    expect((await events())[0]?.metadata.namespace).toBe("default");
  });

  it("counts what is said again within ten minutes, in one object and few writes", async () => {
    const stop = new AbortController();
    const running = recorder.run(stop.signal);
    recorder.record(note());
    await vi.waitFor(async () => expect(await events()).toHaveLength(1));
    for (let index = 0; index < 50; index++) recorder.record(note({ note: "again" }));
    await clock.advance(60_000);
    await vi.waitFor(async () => expect((await events())[0]?.series?.count).toBe(51));
    recorder.record(note());
    stop.abort(new Error("SIGTERM"));
    await running;
    expect((await events())[0]?.series).toEqual({ count: 52, lastObservedTime: "2026-01-01T00:01:00.000000Z" });
    expect(server.writes).toHaveLength(3);
  });

  it("says it anew after ten quiet minutes, and apart for another object, reason or type", async () => {
    recorder.record(note());
    recorder.record(note({ reason: "PackDenied" }));
    recorder.record(note({ type: "Normal" }));
    recorder.record(note({}, "github"));
    await recorder.flush();
    expect(await events()).toHaveLength(4);
    await clock.advance(10 * 60_000);
    recorder.record(note());
    await recorder.flush();
    expect(await events()).toHaveLength(5);
  });

  it("gives an object a budget", async () => {
    for (let index = 0; index < 40; index++) recorder.record(note({ reason: `Reason${index}` }));
    recorder.record(note({}, "github"));
    await recorder.flush();
    expect(await events()).toHaveLength(26);
    expect(await count("dropped")).toBe(15);
  });

  it("gives the process a budget, too", async () => {
    for (let index = 0; index < 300; index++) recorder.record(note({}, `install-${index}`));
    await recorder.flush();
    expect(await events()).toHaveLength(200);
  });

  it("takes nothing from an object's budget when the process has none left", async () => {
    for (let index = 0; index < 200; index++) recorder.record(note({}, `install-${index}`));
    for (let index = 0; index < 40; index++) recorder.record(note({ reason: `Lost${index}` }, "unlucky"));
    await recorder.flush();
    await clock.advance(60_000);
    for (let index = 0; index < 25; index++) recorder.record(note({ reason: `Reason${index}` }, "unlucky"));
    await recorder.flush();
    expect(await events()).toHaveLength(225);
  });

  it("takes nothing from the process's budget when an object has none left", async () => {
    for (let index = 0; index < 1_000; index++) recorder.record(note({ reason: `Reason${index}` }, "noisy"));
    for (let index = 0; index < 175; index++) recorder.record(note({}, `install-${index}`));
    await recorder.flush();
    expect(await events()).toHaveLength(200);
  });

  it("cuts long notes between characters", async () => {
    recorder.record(note({ note: "ä".repeat(2_000) }));
    await recorder.flush();
    expect((await events())[0]?.note).toBe("ä".repeat(512));
    expect(cutToBytes("aä", 2)).toBe("a");
    expect(cutToBytes("aä", 3)).toBe("aä");
    expect(cutToBytes("a🙂b", 4)).toBe("a");
  });

  it("logs what it could not write, throws nothing, and tries again the next time", async () => {
    server.faults.add({ verb: "create" }, { kind: "status", code: 403, message: "namespace is terminating" }, 1);
    recorder.record(note());
    await recorder.flush();
    expect(lines.join("")).toContain("an event was not recorded");
    expect(await count("failed")).toBe(1);
    recorder.record(note());
    await recorder.flush();
    expect(await events()).toHaveLength(1);
  });

  it("does not wait for ever for a server that does not answer", async () => {
    server.faults.add({ verb: "create" }, { kind: "blackHole" });
    recorder.record(note());
    const flushing = recorder.flush();
    await clock.advance(3_000);
    await flushing;
  });
});
