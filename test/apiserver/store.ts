/**
 * What etcd and the storage layer do: objects, one resource version for everything, a history to watch from.
 * Synchronous and deterministic: identities come from a counter, time from the clock.
 */
import type { Resource } from "../../src/api/kinds.ts";
import { type Clock, toTimestamp } from "../../src/lib/clock.ts";
import { deepEqual } from "../../src/lib/deep-equal.ts";
import { applyTo, managedFieldsOf, type Owner, ownersAfterUpdate } from "./fields.ts";
import { type Kinds, kindsOf, type ServedKind } from "./kinds.ts";
import { isJson, type Meta, type Obj } from "./objects.ts";
import { Refusal } from "./refusal.ts";
import type { Predicate } from "./selectors.ts";

export type Key = { readonly namespace?: string | undefined; readonly name: string };

export type Writer = { readonly fieldManager: string; readonly subresource?: string; readonly dryRun?: boolean };

/** One version of an object. */
export class Version {
  readonly object: Obj;
  readonly owners: readonly Owner[];
  #json: string | undefined;
  #metadataJson: string | undefined;

  constructor(object: Obj, owners: readonly Owner[]) {
    this.object = object;
    this.owners = owners;
  }

  get resourceVersion(): number {
    return Number(this.object.metadata.resourceVersion);
  }

  get #metadata(): Meta {
    return { ...this.object.metadata, managedFields: managedFieldsOf(this.owners) };
  }

  /** As a client gets it. */
  get json(): string {
    this.#json ??= JSON.stringify({ ...this.object, metadata: this.#metadata });
    return this.#json;
  }

  /** As a client gets it that asked for metadata only. */
  get metadataJson(): string {
    const apiVersion = "meta.k8s.io/v1";
    this.#metadataJson ??= JSON.stringify({ kind: "PartialObjectMetadata", apiVersion, metadata: this.#metadata });
    return this.#metadataJson;
  }
}

export type Change = {
  readonly resourceVersion: number;
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly kind: ServedKind;
  readonly version: Version;
  readonly previous: Version | undefined;
};

const REGISTRY_MESSAGE = "the object has been modified; please apply your changes to the latest version and try again";

export const collectionOf = ({ apiVersion, plural }: Resource): string => `${apiVersion}/${plural}`;
const keyOf = ({ namespace, name }: Key): string => `${namespace ?? ""}/${name}`;

const groupOf = ({ apiVersion }: Resource): string =>
  apiVersion.includes("/") ? apiVersion.split("/", 1).join("") : "";

const qualified = (kind: Resource): string => [kind.plural, groupOf(kind)].filter((part) => part !== "").join(".");

const notFound = (kind: Resource, name: string): Refusal =>
  new Refusal(404, `${qualified(kind)} "${name}" not found`, "NotFound", {
    name,
    group: groupOf(kind),
    kind: kind.plural,
  });

const conflict = (kind: Resource, name: string, why: string): Refusal =>
  new Refusal(409, `Operation cannot be fulfilled on ${qualified(kind)} "${name}": ${why}`, "Conflict");

const OMITTED_WHEN_EMPTY = ["labels", "annotations", "finalizers", "ownerReferences"] as const;

const tidied = (metadata: Meta): Meta => {
  const { managedFields: _managed, ...result } = metadata;
  for (const key of OMITTED_WHEN_EMPTY) {
    const value = result[key];
    if (value === null || (typeof value === "object" && Object.keys(value as object).length === 0)) delete result[key];
  }
  return result as Meta;
};

/** Everything but metadata and status: what `generation` counts. */
const desired = ({ metadata: _metadata, status: _status, ...rest }: Obj): unknown => rest;
const content = ({ metadata: _metadata, ...rest }: Obj): unknown => rest;

const isReleased = ({ metadata }: Obj): boolean =>
  metadata.deletionTimestamp !== undefined &&
  (metadata.finalizers ?? []).length === 0 &&
  (metadata.deletionGracePeriodSeconds ?? 0) === 0;

export class Store {
  readonly kinds: Kinds;
  readonly #clock: Clock;
  readonly #collections = new Map<string, Map<string, Version>>();
  readonly #listeners = new Set<(change: Change) => void>();
  #log: Change[] = [];
  #resourceVersion = 1;
  #compacted = 0;
  #identities = 0;

  constructor(kinds: Kinds, clock: Clock) {
    this.kinds = kinds;
    this.#clock = clock;
  }

  /** The newest version of anything. */
  get resourceVersion(): number {
    return this.#resourceVersion;
  }

  /** Watches from older versions than this get a 410. */
  get compactedVersion(): number {
    return this.#compacted;
  }

  /** Forgets the whole history, as etcd's compaction does. */
  compact(): void {
    this.#compacted = this.#resourceVersion;
    this.#log = [];
  }

  /** Back to the day of creation. Listeners stay. */
  reset(): void {
    this.#collections.clear();
    this.#log = [];
    this.#resourceVersion = 1;
    this.#compacted = 0;
    this.#identities = 0;
    this.kinds.reset();
  }

  onChange(listener: (change: Change) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Changes of a kind after a version, oldest first. */
  changesSince(kind: ServedKind, resourceVersion: number): readonly Change[] {
    const collection = collectionOf(kind);
    return this.#log.filter(
      (change) => change.resourceVersion > resourceVersion && collectionOf(change.kind) === collection,
    );
  }

  find(resource: Resource, key: Key): Version | undefined {
    return this.#collections.get(collectionOf(resource))?.get(keyOf(key));
  }

  /** @throws Refusal 404 */
  read(resource: Resource, key: Key): Version {
    const version = this.find(resource, key);
    if (version === undefined) throw notFound(resource, key.name);
    return version;
  }

  /** Sorted by namespace and name. */
  select(resource: Resource, matches: Predicate, namespace?: string): readonly Version[] {
    const all = this.#collections.get(collectionOf(resource)) ?? new Map<string, Version>();
    return [...all.entries()]
      .filter(
        ([, { object }]) => (namespace === undefined || object.metadata.namespace === namespace) && matches(object),
      )
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, version]) => version);
  }

  /** @throws Refusal 409 AlreadyExists, 400 */
  create(kind: ServedKind, incoming: Obj, writer: Writer): Version {
    const created = this.#newObject(kind, incoming);
    const { namespace, name } = created.metadata;
    if (this.find(kind, { namespace, name }) !== undefined) {
      throw new Refusal(409, `${qualified(kind)} "${name}" already exists`, "AlreadyExists");
    }
    const owners = ownersAfterUpdate(undefined, created, [], this.#signature(created, writer));
    return this.#commit(kind, undefined, created, owners, writer);
  }

  /** @throws Refusal 404, 409 Conflict */
  replace(kind: ServedKind, key: Key, incoming: Obj, writer: Writer): Version {
    const live = this.read(kind, key);
    const { resourceVersion } = incoming.metadata;
    if (kind.custom && !resourceVersion) {
      const reason = `${kind.kind} "${key.name}" is invalid: metadata.resourceVersion: Invalid value: 0: must be specified for an update`;
      throw new Refusal(422, reason);
    }
    return this.#update(kind, live, incoming, writer);
  }

  /** @param change maps the live object to the wanted one; its `resourceVersion`, if changed, is a precondition */
  patch(kind: ServedKind, key: Key, change: (live: Obj) => Obj, writer: Writer): Version {
    const live = this.read(kind, key);
    return this.#update(kind, live, change(live.object), writer);
  }

  /** Server-side apply. @throws Refusal 409 for fields of others, unless forced */
  apply(kind: ServedKind, key: Key, incoming: Obj, writer: Writer, force: boolean): Version {
    const live = this.find(kind, key);
    const signature = this.#signature(incoming, writer);
    if (live === undefined) {
      if (writer.subresource) throw notFound(kind, key.name);
      const created = this.#newObject(kind, incoming);
      const { owners } = applyTo(undefined, this.#scoped(kind, incoming, ""), [], signature, force);
      return this.#commit(kind, undefined, created, owners, writer);
    }
    const { uid, resourceVersion, ...metadata } = incoming.metadata;
    const applied = { ...this.#scoped(kind, incoming, writer.subresource), metadata: metadata as Meta };
    const { object, owners } = applyTo(live.object, applied, live.owners, signature, force);
    const wanted = { ...object.metadata, ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) };
    const next = this.#prepared(kind, live.object, { ...object, metadata: wanted }, writer.subresource ?? "");
    if (deepEqual(next, live.object) && owners.every((owner) => live.owners.includes(owner))) return live;
    return this.#commit(kind, live, next, owners, writer);
  }

  /** The object as it is now, marked for deletion, or `undefined` once it is gone. @throws Refusal 404, 409 */
  delete(
    kind: ServedKind,
    key: Key,
    options: { readonly uid?: string; readonly resourceVersion?: string; readonly gracePeriodSeconds?: number } = {},
  ): Version | undefined {
    const live = this.read(kind, key);
    const { metadata } = live.object;
    if (options.uid !== undefined && options.uid !== metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${options.uid}, UID in object meta: ${metadata.uid}`;
      throw conflict(kind, key.name, why);
    }
    if (options.resourceVersion !== undefined && options.resourceVersion !== metadata.resourceVersion) {
      const why = `Precondition failed: ResourceVersion in precondition: ${options.resourceVersion}, ResourceVersion in object meta: ${metadata.resourceVersion}`;
      throw conflict(kind, key.name, why);
    }
    const marked = this.#marked(kind, live.object, options.gracePeriodSeconds);
    if (isReleased(marked)) {
      this.#remove(kind, live);
      return undefined;
    }
    if (deepEqual(marked, live.object)) return live;
    return this.#commit(kind, live, marked, live.owners, { fieldManager: "" });
  }

  #marked(kind: ServedKind, live: Obj, gracePeriodSeconds: number | undefined): Obj {
    const { metadata } = live;
    const runs = kind.plural === "pods" && isJson(live["spec"]) && Boolean(live["spec"]["nodeName"]);
    const grace = runs ? (gracePeriodSeconds ?? 30) : 0;
    if (metadata.deletionTimestamp !== undefined) {
      const left = Math.min(metadata.deletionGracePeriodSeconds ?? 0, grace);
      return { ...live, metadata: { ...metadata, deletionGracePeriodSeconds: left } };
    }
    return {
      ...live,
      metadata: {
        ...metadata,
        generation: (metadata.generation ?? 0) + 1,
        deletionTimestamp: toTimestamp(this.#clock.now() + grace * 1000),
        deletionGracePeriodSeconds: grace,
      },
    };
  }

  #newObject(kind: ServedKind, incoming: Obj): Obj {
    const { metadata } = incoming;
    if (metadata.resourceVersion) {
      throw new Refusal(400, "resourceVersion should not be set on objects to be created");
    }
    const name = metadata.name || (metadata.generateName ? `${metadata.generateName}${this.#suffix()}` : "");
    if (name === "")
      throw new Refusal(
        422,
        `${kind.kind} "" is invalid: metadata.name: Required value: name or generateName is required`,
      );
    const { deletionTimestamp: _deleted, deletionGracePeriodSeconds: _grace, ...kept } = tidied(metadata);
    const { status, ...rest } = incoming;
    const object: Obj = {
      ...rest,
      ...(status === undefined || kind.status ? {} : { status }),
      metadata: {
        ...kept,
        name,
        uid: `00000000-0000-4000-8000-${String(++this.#identities).padStart(12, "0")}`,
        generation: 1,
        creationTimestamp: toTimestamp(this.#clock.now()),
      },
    };
    return kind.defaults?.(object) ?? object;
  }

  #suffix(): string {
    return (this.#identities + 1).toString(36).padStart(5, "0");
  }

  /** What a write to the object, or to its status, may say. */
  #scoped(kind: ServedKind, incoming: Obj, subresource: string | undefined): Obj {
    if (!kind.status) return incoming;
    const { status, ...rest } = incoming;
    if (subresource !== "status") return rest as Obj;
    const { apiVersion, metadata } = incoming;
    return {
      apiVersion,
      kind: incoming.kind,
      metadata: { name: metadata.name },
      ...(status === undefined ? {} : { status }),
    };
  }

  #update(kind: ServedKind, live: Version, incoming: Obj, writer: Writer): Version {
    const next = this.#prepared(kind, live.object, incoming, writer.subresource ?? "");
    if (deepEqual(next, live.object)) return live;
    const owners = ownersAfterUpdate(live.object, next, live.owners, this.#signature(next, writer));
    return this.#commit(kind, live, next, owners, writer);
  }

  /** The next version, without its number: system fields are the server's, the other half stays as it was. */
  #prepared(kind: ServedKind, live: Obj, incoming: Obj, subresource: string): Obj {
    this.#checkPreconditions(kind, live, incoming);
    const merged = this.#halves(kind, live, incoming, subresource);
    const fields = tidied(subresource === "status" ? live.metadata : incoming.metadata);
    const system: Partial<Meta> = {};
    for (const key of [
      "name",
      "namespace",
      "uid",
      "resourceVersion",
      "generation",
      "creationTimestamp",
      "deletionTimestamp",
      "deletionGracePeriodSeconds",
    ] as const) {
      if (live.metadata[key] !== undefined) Object.assign(system, { [key]: live.metadata[key] });
    }
    const { deletionTimestamp: _deleted, deletionGracePeriodSeconds: _grace, ...own } = fields;
    const next: Obj = { ...merged, metadata: { ...own, ...system } as Meta };
    this.#checkFinalizers(kind, live, next);
    const view = kind.status ? desired : content;
    if (!deepEqual(view(next), view(live))) next.metadata.generation = (live.metadata.generation ?? 0) + 1;
    return next;
  }

  #halves(kind: ServedKind, live: Obj, incoming: Obj, subresource: string): Obj {
    if (!kind.status) return incoming;
    const { status: liveStatus, ...liveRest } = live;
    const { status, ...rest } = incoming;
    if (subresource === "status") return { ...liveRest, ...(status === undefined ? {} : { status }) } as Obj;
    return { ...rest, ...(liveStatus === undefined ? {} : { status: liveStatus }) } as Obj;
  }

  #checkPreconditions(kind: ServedKind, live: Obj, { metadata }: Obj): void {
    const { name } = live.metadata;
    if (metadata.uid && metadata.uid !== live.metadata.uid) {
      const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${live.metadata.uid}`;
      throw conflict(kind, name, why);
    }
    if (metadata.resourceVersion && metadata.resourceVersion !== live.metadata.resourceVersion) {
      throw conflict(kind, name, REGISTRY_MESSAGE);
    }
  }

  #checkFinalizers(kind: ServedKind, live: Obj, next: Obj): void {
    if (live.metadata.deletionTimestamp === undefined) return;
    const before = new Set(live.metadata.finalizers);
    const added = (next.metadata.finalizers ?? []).filter((finalizer) => !before.has(finalizer));
    if (added.length === 0) return;
    const why = `metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers [${added.map((f) => `"${f}"`).join(", ")}]`;
    throw new Refusal(422, `${kind.kind} "${next.metadata.name}" is invalid: ${why}`);
  }

  #signature(object: Obj, writer: Writer): Omit<Owner, "paths" | "operation"> {
    return {
      manager: writer.fieldManager,
      subresource: writer.subresource ?? "",
      apiVersion: object.apiVersion,
      time: toTimestamp(this.#clock.now()),
    };
  }

  #commit(
    kind: ServedKind,
    previous: Version | undefined,
    object: Obj,
    owners: readonly Owner[],
    { dryRun }: Writer,
  ): Version {
    const number = this.#resourceVersion + 1;
    const version = new Version(
      { ...object, metadata: { ...object.metadata, resourceVersion: String(number) } },
      owners,
    );
    if (dryRun) return version;
    if (isReleased(version.object)) {
      this.#remove(kind, version);
      return version;
    }
    this.#resourceVersion = number;
    this.#collection(kind).set(keyOf(object.metadata), version);
    if (kind.plural === "customresourcedefinitions") for (const served of kindsOf(object)) this.kinds.serve(served);
    this.#publish({ resourceVersion: number, type: previous ? "MODIFIED" : "ADDED", kind, version, previous });
    return version;
  }

  #remove(kind: ServedKind, last: Version): void {
    const resourceVersion = ++this.#resourceVersion;
    const metadata = { ...last.object.metadata, resourceVersion: String(resourceVersion) };
    const version = new Version({ ...last.object, metadata }, last.owners);
    this.#collection(kind).delete(keyOf(metadata));
    if (kind.plural === "customresourcedefinitions") for (const gone of kindsOf(last.object)) this.kinds.withdraw(gone);
    this.#publish({ resourceVersion, type: "DELETED", kind, version, previous: last });
  }

  #collection(kind: ServedKind): Map<string, Version> {
    const id = collectionOf(kind);
    const known = this.#collections.get(id) ?? new Map<string, Version>();
    this.#collections.set(id, known);
    return known;
  }

  #publish(change: Change): void {
    this.#log.push(change);
    for (const listener of this.#listeners) listener(change);
  }
}
