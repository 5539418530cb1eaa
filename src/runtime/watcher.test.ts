import { describe, expect, it } from "vitest";
import { FakeClock } from "../../test/gen/fake-clock.ts";
import { POD } from "../api/kinds.ts";
import type { KubeObject } from "../api/meta.ts";
import type { WatchEvent } from "../kube/client.ts";
import { ApiError, StreamSilent, TransportError } from "../kube/errors.ts";
import {
  advance,
  type Input,
  initialState,
  type Output,
  type State,
  type WatcherOptions,
  watchResource,
} from "./watcher.ts";

const object = (name: string, resourceVersion: string, annotations = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Thing",
  metadata: { name, resourceVersion, uid: name, annotations },
});

const empty: State = { kind: "empty", mode: "pages", expired: 0 };
const listing: State = { kind: "listing", mode: "pages", token: "t", expired: 0 };
const streaming: State = { kind: "streaming" };
const listed: State = { kind: "listed", mode: "pages", version: "7" };
const watching: State = { kind: "watching", mode: "pages", version: "7" };
const missing: State = { kind: "missing", mode: "pages" };
const stopped: State = { kind: "stopped" };

const page = (version: string, token?: string): Input<KubeObject> => ({
  kind: "page",
  page: { items: [object("a", "1")], resourceVersion: version, ...(token === undefined ? {} : { continue: token }) },
});
const refused = (code: number, retryAfterMs?: number): Input<KubeObject> => ({
  kind: "failed",
  error: new ApiError("x", code, { reason: "r" }, retryAfterMs),
});
const ahead: Input<KubeObject> = {
  kind: "failed",
  error: new ApiError("x", 504, { reason: "Timeout", message: "Too large resource version: 9, current: 3" }),
};
const notServed: Input<KubeObject> = { kind: "failed", error: new ApiError("x", 404) };
const cut: Input<KubeObject> = { kind: "failed", error: new TransportError("x", "reset") };
const ended: Input<KubeObject> = { kind: "ended", futile: false, silent: false };
const dead: Input<KubeObject> = { kind: "failed", error: new TransportError("x", new StreamSilent(180_000)) };
const opened: Input<KubeObject> = { kind: "opened" };
const event = (type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK", version: string, annotations = {}) =>
  ({ kind: "event", event: { type, object: object("a", version, annotations) } }) as const;
const errorEvent = (code: number): Input<KubeObject> => ({
  kind: "event",
  event: { type: "ERROR", object: { code, message: "m" } } satisfies WatchEvent<KubeObject>,
});
const END = { "k8s.io/initial-events-end": "true" };

type Row = [
  says: string,
  from: State,
  on: Input<KubeObject>,
  to: State,
  outputs: Output<KubeObject>["kind"][],
  pause?: "backoff" | { retryAfterMs: number },
];

const ROWS: Row[] = [
  [
    "a first page that is the last makes the list complete",
    empty,
    page("7"),
    listed,
    ["init", "initApply", "initDone"],
  ],
  ["a first page with a token begins a list", empty, page("", "t"), listing, ["init", "initApply"]],
  ["a page with a token goes on", listing, page("", "u"), { ...listing, token: "u" }, ["initApply"]],
  ["the last page makes the list complete", listing, page("7"), listed, ["initApply", "initDone"]],
  ["an expired token starts the list over at once", listing, refused(410), { ...empty, expired: 1 }, ["relist"]],
  [
    "a token that expires again asks for everything in one answer",
    { ...listing, expired: 1 },
    refused(410),
    { kind: "empty", mode: "whole", expired: 2 },
    ["relist"],
    "backoff",
  ],
  ["a list that is refused as gone starts over at once", empty, refused(410), { ...empty, expired: 1 }, ["relist"]],
  [
    "a list that is refused as gone again and again starts over after a pause",
    { kind: "empty", mode: "whole", expired: 2 },
    refused(410),
    { kind: "empty", mode: "whole", expired: 3 },
    ["relist"],
    "backoff",
  ],
  [
    "after everything came in one answer the next list uses pages again",
    { kind: "empty", mode: "whole", expired: 2 },
    page("7"),
    listed,
    ["init", "initApply", "initDone"],
  ],
  ["a failed list starts over after a pause", listing, cut, empty, ["failed"], "backoff"],
  ["a failed first page is tried again after a pause", empty, refused(500), empty, ["failed"], "backoff"],
  ["429 pauses for as long as the server asks", empty, refused(429, 5000), empty, ["failed"], { retryAfterMs: 5000 }],
  ["a list of a kind that is not served says so", empty, notServed, missing, ["missing"], "backoff"],
  ["a missing kind is looked for again, without a word", missing, notServed, missing, [], "backoff"],
  ["a missing kind that appears is listed", missing, page("7"), listed, ["init", "initApply", "initDone"]],
  ["a missing kind that appears may have many pages", missing, page("", "t"), listing, ["init", "initApply"]],
  ["another failure does not make a missing kind appear", missing, refused(500), missing, ["failed"], "backoff"],
  ["a missing kind that appears may stream its list", { kind: "missing", mode: "stream" }, opened, streaming, ["init"]],
  ["a streaming list begins", initialState(true), opened, streaming, ["init"]],
  ["a server without streaming lists gets asked for pages", initialState(true), refused(422), empty, []],
  [
    "a server that calls streaming lists a bad request gets asked for pages",
    initialState(true),
    refused(400),
    empty,
    [],
  ],
  ["an initial event is part of the list", streaming, event("ADDED", "3"), streaming, ["initApply"]],
  ["a bookmark in between does not end a streaming list", streaming, event("BOOKMARK", "3"), streaming, []],
  [
    "the marked bookmark ends a streaming list and the watch goes on",
    streaming,
    event("BOOKMARK", "7", END),
    { ...watching, mode: "stream" },
    ["initDone", "connected"],
  ],
  ["a streaming list without an end falls back to pages", streaming, ended, empty, []],
  ["a streaming list that is cut starts over", streaming, cut, initialState(true), ["failed"], "backoff"],
  ["a streaming list with an error starts over", streaming, errorEvent(500), initialState(true), ["failed"], "backoff"],
  ["a watch opens", listed, opened, watching, ["connected"]],
  ["410 on opening a watch lists again", listed, refused(410), empty, ["relist"], "backoff"],
  ["a version that the server has not reached lists again", listed, ahead, empty, ["relist"], "backoff"],
  ["404 on opening a watch means that the kind is gone", listed, notServed, missing, ["missing"], "backoff"],
  ["a watch that cannot be opened is tried again from the same version", listed, cut, listed, ["failed"], "backoff"],
  [
    "429 on opening a watch pauses for as long as the server asks",
    listed,
    refused(429, 3000),
    listed,
    ["failed"],
    { retryAfterMs: 3000 },
  ],
  ["ADDED is applied and moves the version", watching, event("ADDED", "9"), { ...watching, version: "9" }, ["apply"]],
  ["MODIFIED is applied", watching, event("MODIFIED", "9"), { ...watching, version: "9" }, ["apply"]],
  ["DELETED is a deletion", watching, event("DELETED", "9"), { ...watching, version: "9" }, ["delete"]],
  ["a bookmark moves the version", watching, event("BOOKMARK", "9"), { ...watching, version: "9" }, ["progress"]],
  ["the version never goes back", watching, event("MODIFIED", "6"), watching, ["apply"]],
  ["ERROR 410 lists again", watching, errorEvent(410), empty, ["disconnected", "relist"], "backoff"],
  ["another ERROR resumes", watching, errorEvent(500), listed, ["disconnected", "failed"], "backoff"],
  ["a cut watch resumes after a pause", watching, cut, listed, ["disconnected", "failed"], "backoff"],
  ["a watch that ends cleanly resumes at once, without a list", watching, ended, listed, ["disconnected"]],
  [
    "a watch that ends at once and empty resumes after a pause",
    watching,
    { kind: "ended", futile: true, silent: false },
    listed,
    ["disconnected"],
    "backoff",
  ],
  [
    "a whole watch without an event lists again: the server may not have got to its version",
    watching,
    { kind: "ended", futile: false, silent: true },
    empty,
    ["disconnected", "relist"],
    "backoff",
  ],
  ["a watch that died in silence lists again", watching, dead, empty, ["disconnected", "failed", "relist"], "backoff"],
  ["an abort ends an empty watcher", empty, { kind: "aborted" }, stopped, []],
  ["an abort ends a list", listing, { kind: "aborted" }, stopped, []],
  ["an abort ends a watch", watching, { kind: "aborted" }, stopped, []],
  ["what has stopped stays stopped", stopped, event("ADDED", "9"), stopped, []],
];

describe("the transitions of a watcher", () => {
  it.each(ROWS)("%s", (_, from, on, to, outputs, pause = "none" as never) => {
    const step = advance(from, on);
    expect(step.state).toEqual(to);
    expect(step.outputs.map(({ kind }) => kind)).toEqual(outputs);
    expect(step.pause).toEqual(pause);
  });

  it("tells a clean end from the others", () => {
    expect(advance(watching, ended).outputs).toEqual([{ kind: "disconnected", clean: true }]);
    expect(advance(watching, cut).outputs).toContainEqual({ kind: "disconnected", clean: false });
  });

  it("tells the error behind a failure", () => {
    const [output] = advance(listed, refused(500)).outputs;
    expect(output).toMatchObject({ kind: "failed", error: { code: 500 } });
  });
});

describe("the requests of a watcher", () => {
  type Call = { readonly verb: "list" | "watch"; readonly at: number; readonly options: Record<string, unknown> };

  /** A server that answers every list with `list` and every watch with `watch`. */
  const run = (
    server: { list?: () => Promise<unknown>; watch?: () => Promise<unknown> },
    more: Partial<WatcherOptions> = {},
  ) => {
    const clock = new FakeClock();
    const calls: Call[] = [];
    const stop = new AbortController();
    const note = (verb: Call["verb"], answer: () => Promise<unknown>) => (_: unknown, options: object) => {
      calls.push({ verb, at: clock.monotonic(), options: { ...options } });
      return answer();
    };
    const never = () => new Promise<never>(() => undefined);
    const client = { list: note("list", server.list ?? never), watch: note("watch", server.watch ?? never) };
    const outputs: Output<KubeObject>[] = [];
    const running = (async () => {
      const options = { client: client as never, resource: POD, clock, random: () => 0, signal: stop.signal, ...more };
      for await (const output of watchResource(options)) outputs.push(output);
    })();
    return { clock, calls, stop, outputs, running };
  };

  const onePage = async () => ({ items: [], resourceVersion: "7" });

  it("come after delays that double up to five seconds, and start over after two quiet minutes", async () => {
    const stream = Promise.withResolvers<never>();
    let healthy = false;
    const { clock, calls, stop } = run({
      list: onePage,
      watch: () => {
        if (!healthy) return Promise.reject(new TransportError("watch", "reset"));
        return Promise.resolve({ [Symbol.asyncIterator]: () => ({ next: () => stream.promise }) });
      },
    });
    const gaps = () => {
      const starts = calls.filter(({ verb }) => verb === "watch").map(({ at }) => at);
      return starts.slice(1).map((at, index) => at - (starts[index] ?? 0));
    };
    await clock.advance(100_000);
    expect(gaps().slice(0, 6)).toEqual([800, 1600, 3200, 5000, 5000, 5000]);
    healthy = true;
    await clock.advance(200_000);
    healthy = false;
    stream.reject(new TransportError("watch", "reset"));
    await clock.advance(2_400);
    // Cut, 800 ms, refused, 1,600 ms, refused.
    expect(gaps().at(-1)).toBe(1_600);
    stop.abort(new Error("over"));
  });

  it.each([
    ["none", 0],
    ["less", 700],
  ])("come after growing delays when the server asks for %s", async (_, retryAfterMs) => {
    const refusal = new ApiError("list", 429, { reason: "TooManyRequests" }, retryAfterMs);
    const { clock, calls, stop } = run({ list: () => Promise.reject(refusal) });
    await clock.advance(6_000);
    expect(calls.map(({ at }) => at)).toEqual([0, 800, 2_400, 5_600]);
    stop.abort(new Error("over"));
  });

  it("come after the pause that the server asks for, spread a little, if that is longer", async () => {
    const refusal = new ApiError("list", 429, { reason: "TooManyRequests" }, 10_000);
    const list = () => Promise.reject(refusal);
    const { clock, calls, stop } = run({ list }, { random: () => 0.5 });
    await clock.advance(12_000);
    expect(calls.map(({ at }) => at)).toEqual([0, 11_000]);
    stop.abort(new Error("over"));
  });

  it("list again when a whole watch told nothing, and resume when it told something", async () => {
    const bookmark = { done: false, value: { type: "BOOKMARK", object: object("", "8") } };
    let talks = false;
    const watch = async () => {
      const answers = talks ? [bookmark] : [];
      const next = async () => {
        if (answers.length > 0) return answers.shift();
        await new Promise<void>((resolve) => void clock.after(61_000, resolve));
        return { done: true };
      };
      return { [Symbol.asyncIterator]: () => ({ next }) };
    };
    const { clock, calls, stop, outputs } = run({ list: onePage, watch });
    const verbs = () => calls.map(({ verb }) => verb).join(" ");
    await clock.advance(62_000);
    expect(verbs()).toBe("list watch list watch");
    expect(outputs).toContainEqual({ kind: "relist", reason: "silent" });
    talks = true;
    await clock.advance(61_000 + 1_600 + 61_000);
    expect(verbs()).toBe("list watch list watch list watch watch");
    stop.abort(new Error("over"));
  });

  it("ask for pages, and for an end of each watch at a random moment", async () => {
    const { clock, calls, stop } = run({ list: onePage }, { random: () => 0.5, labelSelector: "a=b", namespace: "n" });
    await clock.advance(1);
    expect(calls.map(({ verb }) => verb)).toEqual(["list", "watch"]);
    expect(calls[0]?.options).toMatchObject({ limit: 500, labelSelector: "a=b", namespace: "n" });
    expect(calls[1]?.options).toMatchObject({
      resourceVersion: "7",
      timeoutSeconds: 265,
      idleMs: 180_000,
      labelSelector: "a=b",
      namespace: "n",
    });
    stop.abort(new Error("over"));
  });

  it("end with the abort, even in the middle of a pause", async () => {
    const { clock, calls, stop, running } = run({ list: () => Promise.reject(new TransportError("list", "reset")) });
    await clock.advance(1);
    stop.abort(new Error("over"));
    await running;
    await clock.advance(60_000);
    expect(calls).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it("do not begin when the signal has aborted before", async () => {
    const { calls, running } = run({}, { signal: AbortSignal.abort(new Error("over")) });
    await running;
    expect(calls).toEqual([]);
  });
});
