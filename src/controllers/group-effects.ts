/** Which installs a change of a PackGroup can concern: those, and no others, are looked at again. */
import type { PackConfiguration } from "../api/v1alpha1/index.ts";
import { isFresh } from "../policy/groups.ts";
import type { Change } from "../runtime/store.ts";
import { docsUnder, installsIn, type ObservedGroup, type World } from "./world.ts";

/** Until it is written down, nobody can tell whether a group with a source is fresh: it may have been read as stale. */
const freshness = (group: ObservedGroup | undefined): string =>
  group?.status?.conditions?.find(({ type }) => type === "Fresh")?.status ?? (hasSource(group) ? "Unknown" : "True");

const hasSource = (group: ObservedGroup | undefined): boolean =>
  group !== undefined && group.part.freshUntil !== Number.POSITIVE_INFINITY;

/** The source may report before anybody has written down that it was late. */
const isStale = (group: ObservedGroup | undefined, now: number): boolean =>
  group !== undefined && !isFresh(group.part, now);

/** Names of the groups that the object is or was a part of, and users who are in one of the two states only. */
type Difference = {
  readonly groups: readonly string[];
  readonly users: readonly string[];
  /** Everybody's membership became known or unknown. */
  readonly everybody: boolean;
};

/** `now`: milliseconds since 1970. */
export const groupDifference = ({ before, after }: Change<ObservedGroup>, now: number): Difference => {
  const [was, is] = [before?.part, after?.part];
  const groups = [...new Set([was, is].flatMap((part) => (part === undefined ? [] : [part.group])))];
  const renamed = was !== undefined && is !== undefined && was.group !== is.group;
  const [old, young] = [was?.members ?? new Set<string>(), is?.members ?? new Set<string>()];
  const users = renamed ? old.union(young) : old.symmetricDifference(young);
  return {
    groups,
    users: [...users],
    everybody: freshness(before) !== freshness(after) || isStale(before, now) !== isStale(after, now),
  };
};

const concernsPack = (configurations: readonly PackConfiguration[]): ((pack: string) => boolean) => {
  const bySelector = configurations.some(({ spec }) => spec.packRef === undefined);
  const packs = new Set(configurations.map(({ spec }) => spec.packRef?.name));
  return (pack) => bySelector || packs.has(pack);
};

const namedBy = ({ configurations: { store } }: World, group: string): readonly PackConfiguration[] =>
  store.by("group", group);

/** The installs that a user installed, or whose doc the user owns. */
const installsOf = (world: World, user: string): readonly string[] => {
  const { docs, installs, namespaces } = world;
  return [
    ...installs.store.keysBy("installer", user),
    ...docs.store.keysBy("owner", user).flatMap((doc) => installsIn(world, doc)),
    ...namespaces.store.keysBy("owner", user).flatMap((namespace) => installs.store.keysBy("namespace", namespace)),
  ];
};

/** The keys of the PackDocs that are shared with a group, by themselves or by a folder above them. */
export const docsSharedWith = (world: World, group: string): readonly string[] => [
  ...new Set([
    ...world.docs.store.keysBy("group", group),
    ...world.folders.store.keysBy("group", group).flatMap((folder) => docsUnder(world, folder)),
  ]),
];

/** Whose doc's audience is compared with a configuration: those bound to it, those that may be, all in a trial. */
const installsJudgedBy = ({ installs: { store } }: World, { metadata, spec }: PackConfiguration): readonly string[] => {
  const ofPack = spec.packRef === undefined ? store.keys() : store.keysBy("pack", spec.packRef.name);
  if (spec.enforcement === "Audit") return ofPack;
  const unbound = ofPack.filter((key) => store.get(key)?.status?.boundConfiguration === undefined);
  return [...store.keysBy("bound", metadata.name), ...unbound];
};

const enforcesSharing = ({ spec }: PackConfiguration): boolean =>
  spec.doc?.sharing.enforcePackConfigurationPermissions === true;

/** Keys of installs. */
export const installsTouchedBy = (world: World, change: Change<ObservedGroup>, now: number): ReadonlySet<string> => {
  const { groups, users, everybody } = groupDifference(change, now);
  const { store } = world.installs;
  const touched = new Set<string>();
  const add = (keys: Iterable<string>): void => {
    for (const key of keys) touched.add(key);
  };
  if (users.length === 0 && !everybody) return touched;
  for (const group of groups) {
    const configurations = namedBy(world, group);
    const concerns = concernsPack(configurations);
    const candidates = everybody ? store.keys() : users.flatMap((user) => installsOf(world, user));
    add(candidates.filter((key) => concerns(store.get(key)?.spec.packRef.name ?? "")));
    for (const it of configurations.filter(enforcesSharing)) add(installsJudgedBy(world, it));
    for (const doc of docsSharedWith(world, group)) add(installsIn(world, doc));
  }
  return touched;
};
