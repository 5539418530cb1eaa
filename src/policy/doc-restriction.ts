/**
 * With whom a doc may be shared while its packs stay, for those configurations that ask for it. It is published so that
 * the API server can refuse a share before it does harm.
 *
 * Guarantees: whoever may be shared with is named; what is unknown is not named. Where people or groups are too many to
 * be listed, every member of the organization, or every group, is named: then a share can slip through that makes the pack
 * leave, as every share does that the API server did not see. A group that does not exist is named only with every group.
 */
import type { PackConfiguration, ShareRestriction } from "../api/v1alpha1/index.ts";
import { type AccessWorld, admits, hasAccess } from "./access.ts";
import type { AudienceEntry } from "./audience.ts";

/** As the CRD limits the lists. */
export const MAX_USERS = 1000;
export const MAX_GROUPS = 500;
const MAX_BY = 32;

/** In `usersFrom`. No mail domain has a colon or a star. */
export const SERVICE_ACCOUNTS = "system:serviceaccounts";
export const EVERY_USER = "*";

export type RestrictionWorld = AccessWorld & {
  /** The names of all groups there are. */
  readonly groupNames: Iterable<string>;
  /** Those whom the parts of a group name, stale ones included. */
  readonly membersOf: (group: string) => Iterable<string>;
};

/** Whether a configuration limits with whom its docs are shared. */
export const restrictsSharing = ({ spec }: PackConfiguration): boolean =>
  spec.doc?.sharing.enforcePackConfigurationPermissions === true && spec.state !== "Approved";

/**
 * `configurations`: those that the installs in the doc are bound to. Undefined if none of them limits sharing. Lists are
 * sorted: equal worlds give equal restrictions.
 */
export const restrictionOf = (
  configurations: readonly PackConfiguration[],
  world: RestrictionWorld,
): ShareRestriction | undefined => {
  const asking = [...new Map(configurations.filter(restrictsSharing).map((it) => [it.metadata.name, it])).values()];
  if (asking.length === 0) return undefined;
  const by = sorted(asking.map(({ metadata }) => metadata.name)).slice(0, MAX_BY);
  if (world.organization.state !== "found") return { by };
  return { ...usersFor(asking, world), ...groupsFor(asking, world), ...domainsFor(asking, world), by };
};

const isForOrganization = ({ spec }: PackConfiguration): boolean =>
  (spec.state ?? "Configured") === "Configured" && spec.access?.scope === "Organization";

const usersFor = (asking: readonly PackConfiguration[], world: RestrictionWorld): ShareRestriction => {
  const narrow = asking.find((it) => !isForOrganization(it));
  if (narrow === undefined) return { usersFrom: homesOfMembers(world) };
  const users = usersOf(narrow, asking, world);
  return users === undefined ? { usersFrom: homesOfMembers(world) } : listed("users", users);
};

/** Those whom one configuration names and all of them admit; undefined if they are too many. */
const usersOf = (
  narrow: PackConfiguration,
  asking: readonly PackConfiguration[],
  world: RestrictionWorld,
): readonly string[] | undefined => {
  const users = new Set<string>();
  for (const user of namedBy(narrow, world)) {
    if (users.has(user) || !asking.every((it) => hasAccess(user, it, world) === "yes")) continue;
    if (users.size === MAX_USERS) return undefined;
    users.add(user);
  }
  return sorted(users);
};

function* namedBy({ spec: { access } }: PackConfiguration, { membersOf }: RestrictionWorld): Generator<string> {
  for (const { kind, name } of access?.subjects ?? []) {
    if (kind === "User") yield name;
    else yield* membersOf(name);
  }
}

const homesOfMembers = ({ organization }: RestrictionWorld): readonly string[] => {
  if (organization.state !== "found") return [];
  const { members, ownedDomains = [] } = organization.value.spec;
  return members === "Everyone" ? [EVERY_USER] : sorted([...ownedDomains, SERVICE_ACCOUNTS]);
};

const groupsFor = (asking: readonly PackConfiguration[], world: RestrictionWorld): ShareRestriction => {
  const [admitted, others]: [string[], string[]] = [[], []];
  for (const name of new Set(world.groupNames)) {
    (admitsAll({ kind: "Group", name }, asking, world) ? admitted : others).push(name);
  }
  if (admitted.length <= MAX_GROUPS) return listed("groups", sorted(admitted));
  return { anyGroup: true, ...listed("groupsExcept", others.length <= MAX_GROUPS ? sorted(others) : []) };
};

const domainsFor = (asking: readonly PackConfiguration[], world: RestrictionWorld): ShareRestriction => {
  const owned = world.organization.state === "found" ? (world.organization.value.spec.ownedDomains ?? []) : [];
  return listed("domains", sorted(owned.filter((name) => admitsAll({ kind: "Domain", name }, asking, world))));
};

const admitsAll = (entry: AudienceEntry, asking: readonly PackConfiguration[], world: AccessWorld): boolean =>
  asking.every((it) => admits(entry, it, world) === "yes");

const listed = (key: "users" | "groups" | "groupsExcept" | "domains", names: readonly string[]): ShareRestriction =>
  names.length === 0 ? {} : { [key]: names };

const sorted = (names: Iterable<string>): readonly string[] => [...names].sort();
