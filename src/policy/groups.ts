/**
 * Who is in which group. Several PackGroups with one `groupName` are one group. Membership is three-valued: a part that
 * its source has not confirmed for longer than it promises is unknown, never empty.
 */
import type { PackGroup } from "../api/v1alpha1/index.ts";
import { parseTimestamp } from "../lib/clock.ts";
import { type Home, homeOf, isAtHome, type Organization } from "./people.ts";
import { and, or, type Truth, truth } from "./truth.ts";

/**
 * One PackGroup, ready to be asked. Names compare byte for byte, and a member is a user: groups do not nest.
 *
 * Frozen: a store shares what looks equal as JSON and is not frozen yet, and as JSON every set looks like every other.
 */
export type GroupPart = {
  readonly group: string;
  readonly members: ReadonlySet<string>;
  /** Where the members come from: as many entries as there are different mail domains. */
  readonly homes: readonly Home[];
  /** Milliseconds since 1970; earlier than that the part is stale. `-Infinity` where no age is named. */
  readonly freshFrom: number;
  /** Milliseconds since 1970; later than that the part is stale. `Infinity` where no age is named. */
  readonly freshUntil: number;
};

/** When a part is fresh. */
export type Freshness = Pick<GroupPart, "freshFrom" | "freshUntil">;

/** What the rules ask of groups at one moment. */
export type GroupView = {
  readonly isMember: (user: string, group: string) => Truth;
  /** Whether everybody in the group satisfies `holds`. A group that does not exist has no members: yes. */
  readonly everyMember: (group: string, holds: (user: string) => Truth) => Truth;
  /** Whether everybody in the group belongs to the organization. */
  readonly allAtHome: (group: string, organization: Organization) => Truth;
};

/** The group that a PackGroup is of, or a part of. */
export const groupNameOf = ({ metadata, spec }: Pick<PackGroup, "metadata" | "spec">): string =>
  spec.groupName ?? metadata.name;

/** By so much the clock of a source may be ahead. What is reported from later than that says nothing about its age. */
const MAX_SKEW_MS = 300_000;

const ALWAYS: Freshness = { freshFrom: Number.NEGATIVE_INFINITY, freshUntil: Number.POSITIVE_INFINITY };
const NEVER: Freshness = { freshFrom: Number.POSITIVE_INFINITY, freshUntil: Number.NEGATIVE_INFINITY };

/** Undefined for a source that never reported, or at no time that can be read. */
const reportTime = ({ status }: PackGroup): number | undefined => {
  if (status?.syncTime === undefined) return undefined;
  try {
    return parseTimestamp(status.syncTime);
  } catch {
    return undefined;
  }
};

const freshness = (group: PackGroup): Freshness => {
  const maxAge = group.spec.source?.maxAgeSeconds;
  if (maxAge === undefined) return ALWAYS;
  const at = reportTime(group);
  return at === undefined ? NEVER : { freshFrom: at - MAX_SKEW_MS, freshUntil: at + maxAge * 1000 };
};

const homesOf = (members: Iterable<string>): readonly Home[] => {
  const homes = new Set<Home>();
  for (const member of members) homes.add(homeOf(member));
  return [...homes];
};

export const groupPart = (group: PackGroup): GroupPart => {
  const members = new Set(group.spec.members ?? []);
  return Object.freeze({ group: groupNameOf(group), members, homes: homesOf(members), ...freshness(group) });
};

/** `now`: milliseconds since 1970. */
export const isFresh = ({ freshFrom, freshUntil }: Freshness, now: number): boolean =>
  freshFrom <= now && now <= freshUntil;

/** In how many milliseconds {@link isFresh} gives another answer, if nothing is reported; undefined if never. */
export const untilFreshnessChanges = ({ freshFrom, freshUntil }: Freshness, now: number): number | undefined => {
  const at = now < freshFrom ? freshFrom : freshUntil + 1;
  return Number.isFinite(at) && now < at ? at - now : undefined;
};

const membership = (part: GroupPart, user: string, now: number): Truth =>
  isFresh(part, now) ? truth(part.members.has(user)) : "unknown";

const everyone = (part: GroupPart, now: number, holds: (user: string) => Truth): Truth => {
  let all: Truth = isFresh(part, now) ? "yes" : "unknown";
  for (const user of part.members) {
    all = and(all, holds(user));
    if (all === "no") return isFresh(part, now) ? "no" : "unknown";
  }
  return all;
};

const everyHome = (part: GroupPart, now: number, organization: Organization): Truth =>
  isFresh(part, now) ? truth(part.homes.every((home) => isAtHome(home, organization))) : "unknown";

/**
 * `partsOf`: the parts of a group, from an index. `known`: whether a part that is not among them is surely not there.
 * `now`: milliseconds since 1970.
 */
export const viewGroups = (
  partsOf: (group: string) => readonly GroupPart[],
  known: boolean,
  now: number,
): GroupView => {
  const others = (whenKnown: Truth): Truth => (known ? whenKnown : "unknown");
  return {
    isMember: (user, group) => or(others("no"), ...partsOf(group).map((part) => membership(part, user, now))),
    everyMember: (group, holds) => and(others("yes"), ...partsOf(group).map((part) => everyone(part, now, holds))),
    allAtHome: (group, organization) =>
      and(others("yes"), ...partsOf(group).map((part) => everyHome(part, now, organization))),
  };
};
