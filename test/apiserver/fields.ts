/**
 * Who owns which field: the part of server-side apply that our code relies on. Lists are atomic, but `conditions`
 * (by type), `ownerReferences` (by uid) and `finalizers` (a set), as in the schemas we serve.
 */
import { isJson, type Json, type Obj } from "./objects.ts";
import { Refusal } from "./refusal.ts";

/** A field's path, its segments in the notation of `fieldsV1`, joined. */
type Path = string;

export type Owner = {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly subresource: string;
  readonly apiVersion: string;
  readonly time: string;
  readonly paths: ReadonlySet<Path>;
};

const SEPARATOR = "\u0001";
const LIST_KEYS: Readonly<Record<string, string>> = { conditions: "type", ownerReferences: "uid" };
/** Set by the server, owned by nobody. */
const SYSTEM_METADATA: ReadonlySet<string> = new Set([
  "name",
  "namespace",
  "generateName",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "managedFields",
]);

const join = (prefix: Path, segment: string): Path => (prefix === "" ? segment : `${prefix}${SEPARATOR}${segment}`);

const listKey = (key: string, list: readonly unknown[]): string | undefined => {
  const name = LIST_KEYS[key];
  if (name === undefined) return undefined;
  return list.every((item) => isJson(item) && typeof item[name] === "string") ? name : undefined;
};

const itemSegment = (name: string, item: unknown): string => `k:${JSON.stringify({ [name]: (item as Json)[name] })}`;

const collect = (value: unknown, key: string, path: Path, out: Map<Path, unknown>): void => {
  if (isJson(value) && Object.keys(value).length > 0) {
    for (const [name, child] of Object.entries(value)) collect(child, name, join(path, `f:${name}`), out);
    return;
  }
  if (!Array.isArray(value)) {
    out.set(path, isJson(value) ? "{}" : value);
    return;
  }
  const name = listKey(key, value);
  if (key === "finalizers") for (const item of value) out.set(join(path, `v:${JSON.stringify(item)}`), item);
  else if (name !== undefined) for (const item of value) collect(item, "", join(path, itemSegment(name, item)), out);
  else out.set(path, JSON.stringify(value));
};

/** Every owned field of an object, with a value that can be compared with `===`. */
export const leavesOf = (object: Obj): Map<Path, unknown> => {
  const { apiVersion: _version, kind: _kind, metadata, ...rest } = object;
  const out = new Map<Path, unknown>();
  for (const [key, value] of Object.entries(metadata)) {
    if (!SYSTEM_METADATA.has(key) && value !== undefined) collect(value, key, join("f:metadata", `f:${key}`), out);
  }
  for (const [key, value] of Object.entries(rest)) if (value !== undefined) collect(value, key, `f:${key}`, out);
  return out;
};

/** `.spec.conditions[type="Ready"].status`, as conflicts name fields. */
const readable = (path: Path): string =>
  path
    .split(SEPARATOR)
    .map((segment) => (segment.startsWith("f:") ? `.${segment.slice(2)}` : `[${segment.slice(2)}]`))
    .join("");

const mergeLists = (key: string, live: unknown, applied: readonly unknown[]): unknown => {
  if (!Array.isArray(live)) return applied;
  if (key === "finalizers") return [...new Set([...live, ...applied])];
  const name = listKey(key, [...live, ...applied]);
  if (name === undefined) return applied;
  const items = new Map(live.map((item) => [item[name], item]));
  for (const item of applied as Json[]) items.set(item[name], merge("", items.get(item[name]), item));
  return [...items.values()];
};

const merge = (key: string, live: unknown, applied: unknown): unknown => {
  if (Array.isArray(applied)) return mergeLists(key, live, applied);
  if (!isJson(applied) || !isJson(live)) return applied;
  const result: Json = { ...live };
  for (const [name, value] of Object.entries(applied)) result[name] = merge(name, live[name], value);
  return result;
};

const matchesSegment = (item: unknown, segment: string): boolean => {
  if (segment.startsWith("v:")) return JSON.stringify(item) === segment.slice(2);
  const keys = JSON.parse(segment.slice(2)) as Json;
  return isJson(item) && Object.entries(keys).every(([name, value]) => item[name] === value);
};

/** The value without the field; containers that the removal emptied go too. */
const without = (value: unknown, [segment = "", ...rest]: readonly string[]): unknown => {
  if (Array.isArray(value)) {
    const left = value.flatMap((item) => {
      if (!matchesSegment(item, segment)) return [item];
      const kept = rest.length === 0 ? undefined : without(item, rest);
      return kept === undefined ? [] : [kept];
    });
    return left.length === 0 ? undefined : left;
  }
  if (!isJson(value)) return value;
  const name = segment.slice(2);
  if (!Object.hasOwn(value, name)) return value;
  const { [name]: field, ...others } = value;
  const kept = rest.length === 0 ? undefined : without(field, rest);
  if (kept !== undefined) return { ...value, [name]: kept };
  return Object.keys(others).length === 0 ? undefined : others;
};

const ownerKey = ({ manager, operation, subresource }: Owner): string => `${manager}\n${operation}\n${subresource}`;

const minus = (paths: ReadonlySet<Path>, taken: ReadonlySet<Path>): ReadonlySet<Path> => {
  const left = new Set<Path>();
  for (const path of paths) if (!taken.has(path)) left.add(path);
  return left.size === paths.size ? paths : left;
};

const withoutPaths = (owners: readonly Owner[], taken: ReadonlySet<Path>): Owner[] =>
  owners.map((owner) => ({ ...owner, paths: minus(owner.paths, taken) })).filter((owner) => owner.paths.size > 0);

/** Owners after a create, a replace or a patch: the writer owns what it changed, nobody what it removed. */
export const ownersAfterUpdate = (
  before: Obj | undefined,
  after: Obj,
  owners: readonly Owner[],
  writer: Omit<Owner, "paths" | "operation">,
): readonly Owner[] => {
  const old = before === undefined ? new Map<Path, unknown>() : leavesOf(before);
  const now = leavesOf(after);
  const changed = new Set<Path>();
  for (const [path, value] of now) if (!old.has(path) || old.get(path) !== value) changed.add(path);
  const gone = new Set<Path>();
  for (const path of old.keys()) if (!now.has(path)) gone.add(path);
  if (changed.size === 0 && gone.size === 0) return owners;
  const mine: Owner = { ...writer, operation: "Update", paths: changed };
  const previous = owners.find((owner) => ownerKey(owner) === ownerKey(mine));
  const others = withoutPaths(owners, new Set([...changed, ...gone])).filter((o) => ownerKey(o) !== ownerKey(mine));
  const kept = previous === undefined ? [] : minus(minus(previous.paths, gone), changed);
  const paths = new Set([...kept, ...changed]);
  return paths.size === 0 ? others : [...others, { ...mine, paths }];
};

/** Managers other than this one that own a field to which it applies another value. */
const conflictsOf = (
  live: ReadonlyMap<Path, unknown>,
  applied: ReadonlyMap<Path, unknown>,
  others: readonly Owner[],
): { readonly owner: Owner; readonly path: Path }[] =>
  [...applied]
    .filter(([path, value]) => live.get(path) !== value)
    .flatMap(([path]) => others.filter((owner) => owner.paths.has(path)).map((owner) => ({ owner, path })));

const refuseConflicts = (conflicts: readonly { readonly owner: Owner; readonly path: Path }[]): never => {
  const lines = conflicts.map(({ owner, path }) => `conflict with "${owner.manager}": ${readable(path)}`);
  const causes = conflicts.map(({ owner, path }) => ({
    reason: "FieldManagerConflict",
    message: `conflict with "${owner.manager}" using ${owner.apiVersion}`,
    field: readable(path),
  }));
  const count = `${conflicts.length} conflict${conflicts.length === 1 ? "" : "s"}`;
  throw new Refusal(409, `Apply failed with ${count}: ${lines.join("\n")}`, "Conflict", { causes });
};

const sameSet = (a: ReadonlySet<Path>, b: ReadonlySet<Path>): boolean =>
  a.size === b.size && [...a].every((path) => b.has(path));

/**
 * Server-side apply: merges, drops what the manager applied before and no more, and settles who owns what.
 * @throws Refusal 409 for a field of another manager, unless forced
 */
export const applyTo = (
  live: Obj | undefined,
  applied: Obj,
  owners: readonly Owner[],
  writer: Omit<Owner, "paths" | "operation">,
  force: boolean,
): { readonly object: Obj; readonly owners: readonly Owner[] } => {
  const wanted = leavesOf(applied);
  const mine: Owner = { ...writer, operation: "Apply", paths: new Set(wanted.keys()) };
  if (live === undefined) return { object: applied, owners: [mine] };

  const previous = owners.find((owner) => ownerKey(owner) === ownerKey(mine));
  const others = owners.filter((owner) => owner !== previous);
  const conflicts = conflictsOf(leavesOf(live), wanted, others);
  if (conflicts.length > 0 && !force) refuseConflicts(conflicts);

  const left = withoutPaths(others, new Set(conflicts.map(({ path }) => path)));
  const dropped = [...(previous?.paths ?? [])].filter(
    (path) => !mine.paths.has(path) && !left.some((owner) => owner.paths.has(path)),
  );
  const trimmed = dropped.reduce<unknown>((object, path) => without(object, path.split(SEPARATOR)), live);
  const unchanged = previous !== undefined && sameSet(previous.paths, mine.paths);
  return {
    object: merge("", trimmed, applied) as Obj,
    owners: [...left, unchanged ? previous : mine],
  };
};

/** The entries of `metadata.managedFields`. */
export const managedFieldsOf = (owners: readonly Owner[]): unknown[] =>
  owners.map(({ manager, operation, subresource, apiVersion, time, paths }) => {
    const fields: Json = {};
    for (const path of paths) {
      let node = fields;
      for (const segment of path.split(SEPARATOR)) {
        const next = (node[segment] ?? (segment.startsWith("k:") ? { ".": {} } : {})) as Json;
        node[segment] = next;
        node = next;
      }
    }
    return {
      manager,
      operation,
      apiVersion,
      time,
      fieldsType: "FieldsV1",
      fieldsV1: fields,
      ...(subresource === "" ? {} : { subresource }),
    };
  });
