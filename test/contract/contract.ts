/** What we rely on in an API server, as one suite for the real one and for the one in this process. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { KubeObject } from "../../src/api/meta.ts";
import type { Client, WatchEvent, WatchOptions } from "../../src/kube/client.ts";
import { isAlreadyExists, isConflict, isGone, isInvalid, isNotFound, isNotServed } from "../../src/kube/errors.ts";
import { eventually } from "../cluster/eventually.ts";
import { installWidgets, WIDGET, type Widget, type WidgetSpec } from "./widget.ts";

export type Connection = {
  readonly client: Client;
  /** A namespace that nobody else uses. */
  readonly namespace: string;
  /** The shortest watch in which the server sends a bookmark, seconds. */
  readonly bookmarkedSeconds: number;
  /** Makes the server forget its history up to now. */
  compact(): Promise<void>;
  /** A continue token like this one, but of a time that the server has forgotten. */
  expired(token: string): Promise<string>;
  close(): Promise<void>;
};

const ME = { fieldManager: "contract" };
const OTHER = { fieldManager: "other" };
const INITIAL_EVENTS_END = "k8s.io/initial-events-end";

type ManagedFields = { readonly managedFields?: readonly { readonly manager: string; readonly operation: string }[] };

const refusalOf = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => expect.fail("it was not refused"),
    (error: unknown) => error,
  );

const versionOf = (object: KubeObject): number => Number(object.metadata.resourceVersion);

export const contract = (name: string, connect: () => Promise<Connection>): void => {
  describe(`the contract of ${name}`, () => {
    let connection: Connection;
    let client: Client;
    let namespace: string;
    let counter = 0;

    beforeAll(async () => {
      connection = await connect();
      ({ client, namespace } = connection);
      await installWidgets(client);
    });

    afterAll(() => connection.close());

    const widget = (spec: WidgetSpec, metadata: Partial<KubeObject["metadata"]> = {}): Widget => ({
      apiVersion: WIDGET.apiVersion,
      kind: WIDGET.kind,
      metadata: { name: `w-${++counter}`, namespace, ...metadata },
      spec,
    });

    const created = (spec: WidgetSpec = { size: 1 }, metadata: Partial<KubeObject["metadata"]> = {}): Promise<Widget> =>
      client.create(WIDGET, widget(spec, metadata), ME);

    const refOf = ({ metadata }: KubeObject): { namespace: string; name: string } => ({
      namespace,
      name: metadata.name,
    });

    const read = (object: KubeObject): Promise<Widget> => client.get<Widget>(WIDGET, refOf(object));

    /** Reads a watch in the background. */
    const watching = async (options: Partial<WatchOptions> = {}) => {
      const stop = new AbortController();
      const events: WatchEvent<Widget>[] = [];
      const stream = await client.watch<Widget>(WIDGET, {
        namespace,
        timeoutSeconds: 60,
        idleMs: 60_000,
        signal: stop.signal,
        ...options,
      });
      const ended = (async () => {
        for await (const event of stream) events.push(event);
      })();
      onTestFinished(() => stop.abort());
      return {
        events,
        ended,
        names: () => events.map(({ type, object }) => `${type} ${(object as Widget).metadata.name}`),
        stop: async () => {
          stop.abort();
          await ended;
        },
      };
    };

    describe("objects", () => {
      test("a created object has an identity, a version, a generation and a time", async () => {
        const object = await created();
        expect(object.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
        expect(versionOf(object)).toBeGreaterThan(0);
        expect(object.metadata.generation).toBe(1);
        expect(object.metadata.creationTimestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
        expect((await read(object)).spec.size).toBe(1);
      });

      test("a second object of the same name is refused as AlreadyExists, which is no conflict", async () => {
        const object = await created();
        const error = await refusalOf(created({}, { name: object.metadata.name }));
        expect(isAlreadyExists(error)).toBe(true);
        expect(isConflict(error)).toBe(false);
      });

      test("an object that is not there is NotFound, a kind that is not there is not served", async () => {
        const error = await refusalOf(client.get(WIDGET, { namespace, name: "nobody" }));
        expect(isNotFound(error)).toBe(true);
        const unknown = await refusalOf(client.list({ ...WIDGET, plural: "gadgets" }));
        expect(isNotServed(unknown)).toBe(true);
        expect(isNotFound(unknown)).toBe(false);
      });

      test("replacing an object moves its version and its generation", async () => {
        const object = await created();
        const replaced = await client.replace(WIDGET, { ...object, spec: { size: 2 } }, ME);
        expect(versionOf(replaced)).toBeGreaterThan(versionOf(object));
        expect(replaced.metadata.generation).toBe(2);
      });

      test("replacing an object with itself changes nothing, its version included", async () => {
        const object = await created();
        const replaced = await client.replace(WIDGET, object, ME);
        expect(replaced.metadata.resourceVersion).toBe(object.metadata.resourceVersion);
      });

      test("labels change the version, not the generation", async () => {
        const object = await created();
        const labelled = { ...object, metadata: { ...object.metadata, labels: { a: "b" } } };
        const replaced = await client.replace(WIDGET, labelled, ME);
        expect(versionOf(replaced)).toBeGreaterThan(versionOf(object));
        expect(replaced.metadata.generation).toBe(1);
      });

      test("replacing from a stale version is a conflict and changes nothing", async () => {
        const stale = await created();
        await client.replace(WIDGET, { ...stale, spec: { size: 2 } }, ME);
        const error = await refusalOf(client.replace(WIDGET, { ...stale, spec: { size: 3 } }, ME));
        expect(isConflict(error)).toBe(true);
        expect((await read(stale)).spec.size).toBe(2);
      });

      test("replacing an object of another identity is a conflict", async () => {
        const object = await created();
        await client.delete(WIDGET, refOf(object));
        const successor = await created({ size: 9 }, { name: object.metadata.name });
        const { resourceVersion: _version, ...metadata } = object.metadata;
        const mistaken = {
          ...object,
          metadata: { ...metadata, resourceVersion: successor.metadata.resourceVersion ?? "" },
        };
        expect(isConflict(await refusalOf(client.replace(WIDGET, mistaken, ME)))).toBe(true);
      });

      test("replacing what is not there is NotFound", async () => {
        const object = await created();
        await client.delete(WIDGET, refOf(object));
        expect(isNotFound(await refusalOf(client.replace(WIDGET, object, ME)))).toBe(true);
      });

      test("a dry run answers as if and changes nothing", async () => {
        const object = await created();
        const imagined = await client.replace(WIDGET, { ...object, spec: { size: 7 } }, { ...ME, dryRun: true });
        expect(imagined.spec.size).toBe(7);
        expect((await read(object)).metadata.resourceVersion).toBe(object.metadata.resourceVersion);
      });

      test("only the metadata leaves the server when only that is asked for", async () => {
        const object = await created({ size: 1 }, { labels: { only: "metadata" } });
        const metadata = await client.getMetadata(WIDGET, refOf(object));
        expect(metadata.metadata.uid).toBe(object.metadata.uid);
        expect(metadata).not.toHaveProperty("spec");
        const page = await client.list(WIDGET, { namespace, labelSelector: "only=metadata", metadataOnly: true });
        expect(page.items.map((item) => item.metadata.name)).toEqual([object.metadata.name]);
        expect(page.items[0]).not.toHaveProperty("spec");
      });
    });

    describe("status", () => {
      test("is not taken from a create or a replace", async () => {
        const object = await client.create(WIDGET, { ...widget({ size: 1 }), status: { phase: "made up" } }, ME);
        expect(object.status).toBeUndefined();
        const changed = { ...object, spec: { size: 2 }, status: { phase: "made up" } };
        expect((await client.replace(WIDGET, changed, ME)).status).toBeUndefined();
      });

      test("is written alone, without touching spec, labels or generation", async () => {
        const object = await created();
        const wanted: Widget = {
          ...object,
          metadata: { ...object.metadata, labels: { not: "taken" } },
          spec: { size: 99 },
          status: { phase: "Ready", conditions: [{ type: "Ready", status: "True" }] },
        };
        const written = await client.replaceStatus(WIDGET, wanted, ME);
        expect(written.status).toEqual(wanted.status);
        expect(written.spec.size).toBe(1);
        expect(written.metadata.labels).toBeUndefined();
        expect(written.metadata.generation).toBe(1);
        expect(versionOf(written)).toBeGreaterThan(versionOf(object));
      });

      test("survives a replace that does not carry it", async () => {
        const object = await created();
        const { status: _status, ...written } = await client.replaceStatus(
          WIDGET,
          { ...object, status: { phase: "Ready" } },
          ME,
        );
        const replaced = await client.replace<Widget>(WIDGET, { ...written, spec: { size: 2 } }, ME);
        expect(replaced.status).toEqual({ phase: "Ready" });
      });

      test("the same status again changes nothing, its version included", async () => {
        const object = await created();
        const once = await client.replaceStatus(WIDGET, { ...object, status: { phase: "Ready" } }, ME);
        const twice = await client.replaceStatus(WIDGET, once, ME);
        expect(twice.metadata.resourceVersion).toBe(once.metadata.resourceVersion);
      });
    });

    describe("deletion", () => {
      test("of an object without finalizers is at once", async () => {
        const object = await created();
        await client.delete(WIDGET, refOf(object));
        expect(isNotFound(await refusalOf(read(object)))).toBe(true);
        expect(isNotFound(await refusalOf(client.delete(WIDGET, refOf(object))))).toBe(true);
      });

      test("waits for finalizers and ends with the last of them", async () => {
        const object = await created({}, { finalizers: ["packs.dev/a", "packs.dev/b"] });
        await client.delete(WIDGET, refOf(object));
        const marked = await read(object);
        expect(marked.metadata.deletionTimestamp).toBeDefined();
        expect(marked.metadata.generation).toBe(2);

        await client.delete(WIDGET, refOf(object));
        expect((await read(object)).metadata.resourceVersion).toBe(marked.metadata.resourceVersion);

        const one = { ...marked, metadata: { ...marked.metadata, finalizers: ["packs.dev/b"] } };
        const left = await client.replace(WIDGET, one, ME);
        expect((await read(object)).metadata.finalizers).toEqual(["packs.dev/b"]);

        await client.replace(WIDGET, { ...left, metadata: { ...left.metadata, finalizers: [] } }, ME);
        expect(isNotFound(await refusalOf(read(object)))).toBe(true);
      });

      test("takes no new finalizer once it has begun", async () => {
        const object = await created({}, { finalizers: ["packs.dev/a"] });
        await client.delete(WIDGET, refOf(object));
        const operations = [{ op: "add", path: "/metadata/finalizers/-", value: "packs.dev/late" }] as const;
        expect(isInvalid(await refusalOf(client.jsonPatch(WIDGET, refOf(object), operations, ME)))).toBe(true);
        await client.jsonPatch(WIDGET, refOf(object), [{ op: "remove", path: "/metadata/finalizers" }], ME);
        expect(isNotFound(await refusalOf(read(object)))).toBe(true);
      });

      test("spares an object of another identity or version", async () => {
        const object = await created();
        const uid = "00000000-0000-4000-8000-ffffffffffff";
        expect(isConflict(await refusalOf(client.delete(WIDGET, refOf(object), { uid })))).toBe(true);
        expect(isConflict(await refusalOf(client.delete(WIDGET, refOf(object), { resourceVersion: "1" })))).toBe(true);
        await client.delete(WIDGET, refOf(object), { uid: object.metadata.uid ?? "" });
        expect(isNotFound(await refusalOf(read(object)))).toBe(true);
      });
    });

    describe("patches", () => {
      test("a JSON patch changes what it names", async () => {
        const object = await created({ size: 1, options: { "a/b": "1" } });
        const patched = await client.jsonPatch<Widget>(
          WIDGET,
          refOf(object),
          [
            { op: "test", path: "/spec/size", value: 1 },
            { op: "replace", path: "/spec/size", value: 2 },
            { op: "add", path: "/spec/tags", value: ["x"] },
            { op: "remove", path: "/spec/options/a~1b" },
          ],
          ME,
        );
        expect(patched.spec).toMatchObject({ size: 2, tags: ["x"], options: {} });
      });

      test("a failed test refuses the whole JSON patch with 422", async () => {
        const object = await created();
        const operations = [
          { op: "replace", path: "/spec/size", value: 5 },
          { op: "test", path: "/metadata/resourceVersion", value: "1" },
        ] as const;
        expect(isInvalid(await refusalOf(client.jsonPatch(WIDGET, refOf(object), operations, ME)))).toBe(true);
        expect((await read(object)).spec.size).toBe(1);
      });

      test("removing a path that is not there is refused with 422", async () => {
        const object = await created();
        const operations = [{ op: "remove", path: "/spec/tags" }] as const;
        expect(isInvalid(await refusalOf(client.jsonPatch(WIDGET, refOf(object), operations, ME)))).toBe(true);
      });

      test("a merge patch merges maps, replaces lists and removes with null", async () => {
        const object = await created({ size: 1, tags: ["x", "y"], options: { a: "1", b: "2" } });
        const patch = { spec: { size: null, tags: ["z"], options: { b: "3" } } };
        const patched = await client.mergePatch<Widget>(WIDGET, refOf(object), patch, ME);
        expect(patched.spec).toMatchObject({ tags: ["z"], options: { a: "1", b: "3" } });
        expect(patched.spec).not.toHaveProperty("size");
      });

      test("a merge patch with a stale version is a conflict", async () => {
        const object = await created();
        const patch = { metadata: { resourceVersion: "1" }, spec: { size: 2 } };
        expect(isConflict(await refusalOf(client.mergePatch(WIDGET, refOf(object), patch, ME)))).toBe(true);
      });
    });

    describe("server-side apply", () => {
      test("creates what is not there", async () => {
        const applied = await client.apply(WIDGET, widget({ size: 1 }), ME);
        expect((await read(applied)).spec.size).toBe(1);
        const { managedFields = [] } = applied.metadata as ManagedFields;
        expect(managedFields.map(({ manager, operation }) => [manager, operation])).toEqual([["contract", "Apply"]]);
      });

      test("of the same again changes nothing, its version included", async () => {
        const wanted = widget({ size: 1, tags: ["x"], options: { a: "1" } });
        const once = await client.apply(WIDGET, wanted, ME);
        const twice = await client.apply(WIDGET, wanted, ME);
        expect(twice.metadata.resourceVersion).toBe(once.metadata.resourceVersion);
      });

      test("leaves fields of others alone", async () => {
        const wanted = widget({ size: 1 });
        await client.apply(WIDGET, wanted, ME);
        await client.apply(WIDGET, { ...wanted, spec: { options: { theirs: "1" } } }, OTHER);
        const applied = await client.apply(WIDGET, { ...wanted, spec: { size: 2, options: { mine: "1" } } }, ME);
        expect(applied.spec).toMatchObject({ size: 2, options: { theirs: "1", mine: "1" } });
      });

      test("of another value for a field of another manager is a conflict that names the field", async () => {
        const wanted = widget({ size: 1 });
        await client.apply(WIDGET, wanted, OTHER);
        const error = await refusalOf(client.apply(WIDGET, { ...wanted, spec: { size: 2 } }, ME));
        expect(isConflict(error)).toBe(true);
        expect(String(error)).toContain(".spec.size");
        expect((await read(wanted)).spec.size).toBe(1);
      });

      test("of the same value shares the field", async () => {
        const wanted = widget({ size: 1 });
        await client.apply(WIDGET, wanted, OTHER);
        await client.apply(WIDGET, wanted, ME);
        const left: Widget = await client.apply<Widget>(WIDGET, { ...wanted, spec: { color: "red" } }, ME);
        expect(left.spec.size).toBe(1);
      });

      test("by force takes the field over", async () => {
        const wanted = widget({ size: 1 });
        await client.apply(WIDGET, wanted, OTHER);
        const forced = await client.apply(WIDGET, { ...wanted, spec: { size: 2 } }, { ...ME, force: true });
        expect(forced.spec.size).toBe(2);
        expect(isConflict(await refusalOf(client.apply(WIDGET, wanted, OTHER)))).toBe(true);
      });

      test("removes what the manager applied before and no longer does", async () => {
        const wanted = widget({ size: 1, tags: ["x"], options: { a: "1", b: "2" } });
        await client.apply(WIDGET, wanted, ME);
        const applied = await client.apply(WIDGET, { ...wanted, spec: { size: 1, options: { b: "2" } } }, ME);
        expect(applied.spec).toMatchObject({ size: 1, options: { b: "2" } });
        expect(applied.spec).not.toHaveProperty("tags");
        expect(applied.spec.options).not.toHaveProperty("a");
      });

      test("does not remove what a plain write set", async () => {
        const object = await created({ size: 1, tags: ["x"] });
        const wanted = { ...widget({ size: 1 }), metadata: { name: object.metadata.name, namespace } };
        await client.apply(WIDGET, wanted, OTHER);
        const applied = await client.apply<Widget>(WIDGET, { ...wanted, spec: { options: { a: "1" } } }, OTHER);
        expect(applied.spec).toMatchObject({ size: 1, tags: ["x"], options: { a: "1" } });
      });
    });

    describe("lists", () => {
      test("come in pages of one state, whatever is written meanwhile", async () => {
        const labels = { list: "pages" };
        for (let size = 0; size < 5; size++) await created({ size }, { labels });
        const first = await client.list<Widget>(WIDGET, { namespace, labelSelector: "list=pages", limit: 2 });
        expect(first.items).toHaveLength(2);
        expect(first.continue).toBeDefined();
        await created({ size: 99 }, { labels });
        const sizes = first.items.map(({ spec }) => spec.size);
        let token = first.continue;
        while (token !== undefined) {
          const page = await client.list<Widget>(WIDGET, {
            namespace,
            labelSelector: "list=pages",
            limit: 2,
            continue: token,
          });
          expect(page.resourceVersion).toBe(first.resourceVersion);
          sizes.push(...page.items.map(({ spec }) => spec.size));
          token = page.continue;
        }
        expect(sizes.toSorted()).toEqual([0, 1, 2, 3, 4]);
      });

      test("say what their items are", async () => {
        await created({}, { labels: { list: "kinds" } });
        const { items } = await client.list(WIDGET, { namespace, labelSelector: "list=kinds" });
        expect(items[0]).toMatchObject({ apiVersion: WIDGET.apiVersion, kind: WIDGET.kind });
      });

      test("of nothing are empty and have a version", async () => {
        const page = await client.list(WIDGET, { namespace, labelSelector: "nobody=here" });
        expect(page.items).toEqual([]);
        expect(Number(page.resourceVersion)).toBeGreaterThan(0);
      });

      test("with an expired token are Gone", async () => {
        for (let size = 0; size < 3; size++) await created({ size });
        const first = await client.list(WIDGET, { namespace, limit: 1 });
        const token = await connection.expired(first.continue ?? expect.fail("there is only one page"));
        expect(isGone(await refusalOf(client.list(WIDGET, { namespace, limit: 1, continue: token })))).toBe(true);
      });

      test.each([
        ["selected=a", ["a"]],
        ["selected==a", ["a"]],
        ["selected!=a,selected", ["b", "c"]],
        ["selected in (a, b)", ["a", "b"]],
        ["selected notin (a,b),selected", ["c"]],
        ["selected,!extra", ["a", "b"]],
        ["selected,extra", ["c"]],
      ])("select by the labels %s", async (labelSelector, expected) => {
        const family = `family-${++counter}`;
        const make = (selected: string, more = {}) => created({}, { labels: { family, selected, ...more } });
        await Promise.all([make("a"), make("b"), make("c", { extra: "" })]);
        const { items } = await client.list(WIDGET, { namespace, labelSelector: `family=${family},${labelSelector}` });
        expect(items.map(({ metadata }) => metadata.labels?.["selected"]).toSorted()).toEqual(expected);
      });

      test("select by name and by the fields that the kind declares", async () => {
        const object = await created({ color: "mauve" });
        const names = async (fieldSelector: string): Promise<string[]> =>
          (await client.list(WIDGET, { namespace, fieldSelector })).items.map(({ metadata }) => metadata.name);
        expect(await names(`metadata.name=${object.metadata.name}`)).toEqual([object.metadata.name]);
        expect(await names("spec.color=mauve")).toEqual([object.metadata.name]);
        expect(await names(`spec.color=mauve,metadata.namespace!=${namespace}`)).toEqual([]);
        await expect(names("spec.size=1")).rejects.toMatchObject({ code: 400 });
      });
    });

    describe("watches", () => {
      test("from a version show what happened since, in order, and nothing else", async () => {
        const { resourceVersion } = await client.list(WIDGET, { namespace });
        const object = await created();
        const changed = await client.replace(WIDGET, { ...object, spec: { size: 2 } }, ME);
        const { name } = object.metadata;
        const watch = await watching({ resourceVersion });
        await eventually("two events came", () => watch.events.length === 2);
        await client.delete(WIDGET, refOf(changed));
        await eventually("three events came", () => watch.events.length === 3);
        await watch.stop();
        expect(watch.names()).toEqual([`ADDED ${name}`, `MODIFIED ${name}`, `DELETED ${name}`]);
        const versions = watch.events.map(({ object }) => versionOf(object as Widget));
        expect(versions[1]).toBe(versionOf(changed));
        expect(versions[2]).toBeGreaterThan(versionOf(changed));
      });

      test("show no event for a write that changed nothing", async () => {
        const object = await created();
        const watch = await watching({ resourceVersion: object.metadata.resourceVersion ?? "" });
        await client.replace(WIDGET, object, ME);
        const changed = await client.replace(WIDGET, { ...object, spec: { size: 2 } }, ME);
        await eventually("an event came", () => watch.events.length > 0);
        await watch.stop();
        expect(watch.events.map(({ object }) => versionOf(object as Widget))).toEqual([versionOf(changed)]);
      });

      test("begin with what there is when no version is given", async () => {
        const object = await created({}, { labels: { watch: "start" } });
        const watch = await watching({ labelSelector: "watch=start" });
        await eventually("the present state came", () => watch.events.length === 2);
        await watch.stop();
        expect(watch.names()[0]).toBe(`ADDED ${object.metadata.name}`);
        expect(watch.events[1]).toMatchObject({
          type: "BOOKMARK",
          object: { metadata: { annotations: { [INITIAL_EVENTS_END]: "true" } } },
        });
      });

      test("stream the present state and mark its end when asked to", async () => {
        const labels = { watch: "stream" };
        const objects = [await created({}, { labels }), await created({}, { labels })];
        const watch = await watching({ labelSelector: "watch=stream", sendInitialEvents: true });
        await eventually("the end of the present state is marked", () => watch.events.length === 3);
        await watch.stop();
        const bookmark = watch.events[2];
        expect(watch.names().slice(0, 2).toSorted()).toEqual(objects.map(({ metadata }) => `ADDED ${metadata.name}`));
        expect(bookmark?.type).toBe("BOOKMARK");
        const marker = bookmark?.object as Widget;
        expect(marker.metadata.annotations).toEqual({ [INITIAL_EVENTS_END]: "true" });
        expect(versionOf(marker)).toBeGreaterThanOrEqual(versionOf(objects[1] as Widget));
      });

      test("with a selector see an object come and go with its labels", async () => {
        const object = await created();
        const { resourceVersion } = await client.list(WIDGET, { namespace });
        const watch = await watching({ resourceVersion, labelSelector: "watch=selected" });
        const patch = (value: string | null) =>
          client.mergePatch(WIDGET, refOf(object), { metadata: { labels: { watch: value } } }, ME);
        await patch("selected");
        await patch("other");
        await eventually("two events came", () => watch.events.length === 2);
        await watch.stop();
        const { name } = object.metadata;
        expect(watch.names()).toEqual([`ADDED ${name}`, `DELETED ${name}`]);
      });

      test("of metadata carry metadata only", async () => {
        const { resourceVersion } = await client.list(WIDGET, { namespace });
        const watch = await watching({ resourceVersion, metadataOnly: true });
        const object = await created();
        await eventually("an event came", () => watch.events.length === 1);
        await watch.stop();
        expect(watch.names()).toEqual([`ADDED ${object.metadata.name}`]);
        expect(watch.events[0]?.object).not.toHaveProperty("spec");
      });

      test("are ended by the server in time, cleanly, and before that say how far they are", async () => {
        const { resourceVersion } = await client.list(WIDGET, { namespace });
        const { bookmarkedSeconds: timeoutSeconds } = connection;
        const started = performance.now();
        const watch = await watching({ resourceVersion, timeoutSeconds, labelSelector: "nobody=here" });
        const unseen = await created();
        await watch.ended;
        expect(performance.now() - started).toBeLessThan((timeoutSeconds + 3) * 1000);
        expect(watch.events.map(({ type }) => type)).toContain("BOOKMARK");
        expect(versionOf(watch.events.at(-1)?.object as Widget)).toBeGreaterThanOrEqual(versionOf(unseen));
      });

      test("from a version that is too old are Gone", async () => {
        await connection.compact();
        const outcome = await watching({ resourceVersion: "1" }).then(
          async (watch) => {
            await watch.ended;
            return watch.events[0];
          },
          (error: unknown) => error,
        );
        if (isGone(outcome)) return;
        expect(outcome).toMatchObject({ type: "ERROR", object: { code: 410 } });
      });

      test("end promptly when they are no longer wanted", async () => {
        const watch = await watching();
        const started = performance.now();
        await watch.stop();
        expect(performance.now() - started).toBeLessThan(1_000);
      });
    });
  });
};
