/** Who may use a pack by a configuration, and whether everybody in a doc may (design: policy, section 1). */
import type { PackConfiguration, PackOrganization } from "../api/v1alpha1/index.ts";
import type { Audience, AudienceEntry } from "./audience.ts";
import type { GroupView } from "./groups.ts";
import { foldDomain, isMember } from "./people.ts";
import { and, type Lookup, or, type Truth, truth } from "./truth.ts";

/** All that access is decided by. */
export type AccessWorld = { readonly organization: Lookup<PackOrganization>; readonly groups: GroupView };

/** Three-valued: unknown where only a group with stale members could admit the user. */
export const hasAccess = (user: string, configuration: PackConfiguration, world: AccessWorld): Truth => {
  const { state, access } = configuration.spec;
  if (state === "Denied") return "no";
  if (state === "Approved") return "yes";
  const subject = access?.scope === "Organization" ? "yes" : isSubject(user, configuration, world.groups);
  return subject === "no" ? subject : and(subject, isMember(user, world.organization));
};

const isSubject = (user: string, configuration: PackConfiguration, groups: GroupView): Truth => {
  let answer: Truth = "no";
  for (const { kind, name } of subjectsOf(configuration)) {
    answer = or(answer, kind === "User" ? truth(name === user) : groups.isMember(user, name));
    if (answer === "yes") return answer;
  }
  return answer;
};

const subjectsOf = ({ spec: { access } }: PackConfiguration) =>
  access?.scope === "Subjects" ? (access.subjects ?? []) : [];

/** Whether everybody in the audience has access, and the entry that is the first to stand against it. */
export type Coverage = { readonly covered: Truth; readonly entry: AudienceEntry | undefined };

export const coverage = (audience: Audience, configuration: PackConfiguration, world: AccessWorld): Coverage => {
  let doubtful: AudienceEntry | undefined;
  for (const entry of audience.entries) {
    const admitted = admits(entry, configuration, world);
    if (admitted === "no") return { covered: "no", entry };
    if (admitted === "unknown") doubtful ??= entry;
  }
  const unsure = doubtful !== undefined || audience.incomplete !== undefined;
  return { covered: unsure ? "unknown" : "yes", entry: doubtful };
};

/** Whether everybody whom one entry stands for has access. */
export const admits = ({ kind, name }: AudienceEntry, configuration: PackConfiguration, world: AccessWorld): Truth => {
  const { state, access } = configuration.spec;
  if (state === "Approved") return "yes";
  if (state === "Denied") return "no";
  switch (kind) {
    case "User":
      return hasAccess(name, configuration, world);
    case "Group":
      return admitsGroup(name, configuration, world);
    case "Domain":
      return access?.scope === "Organization" ? isOwned(name, world.organization) : "no";
    case "Anyone":
      return "no";
  }
};

/** A group that is a subject itself, or one under scope Organization, may hold no outsider; of others each member counts. */
const admitsGroup = (group: string, configuration: PackConfiguration, world: AccessWorld): Truth => {
  const { organization, groups } = world;
  const { access } = configuration.spec;
  const named =
    access?.scope === "Organization" ||
    subjectsOf(configuration).some(({ kind, name }) => kind === "Group" && name === group);
  if (!named) return groups.everyMember(group, (user) => hasAccess(user, configuration, world));
  return organization.state === "found" ? groups.allAtHome(group, organization.value.spec) : "unknown";
};

const isOwned = (domain: string, organization: Lookup<PackOrganization>): Truth => {
  if (organization.state !== "found") return "unknown";
  const folded = foldDomain(domain);
  return truth(folded !== undefined && (organization.value.spec.ownedDomains ?? []).includes(folded));
};

/** Whether outsiders are, or may become, part of the audience: by name, in a group, in a foreign domain, or as anyone. */
export const reachesOutsiders = (audience: Audience, world: AccessWorld): Truth => {
  const answer = or("no", ...audience.entries.map((entry) => isExternal(entry, world)));
  return audience.incomplete === undefined ? answer : or(answer, "unknown");
};

const isExternal = ({ kind, name }: AudienceEntry, { groups, organization }: AccessWorld): Truth => {
  switch (kind) {
    case "User":
      return not(isMember(name, organization));
    case "Group":
      return organization.state === "found" ? not(groups.allAtHome(name, organization.value.spec)) : "unknown";
    case "Domain":
      return not(isOwned(name, organization));
    case "Anyone":
      return "yes";
  }
};

const not = (value: Truth): Truth => (value === "unknown" ? value : truth(value === "no"));
