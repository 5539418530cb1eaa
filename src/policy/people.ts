/** Who somebody is to the organization and to a configuration (design: policy, section 1). */
import type { PackConfiguration, PackOrganization } from "../api/v1alpha1/index.ts";
import { and, type Lookup, type Truth, truth } from "./truth.ts";

const SERVICE_ACCOUNT = /^system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+$/;

/**
 * The part after a single `@`, lower-cased; undefined where there is none or more than one, or where it is not ASCII:
 * folding would turn a look-alike (the Kelvin sign) into the letter.
 */
export const mailDomain = (user: string): string | undefined => {
  const parts = user.split("@");
  const [local, domain] = parts;
  if (parts.length !== 2 || !local || !domain || /[^!-~]/.test(domain)) return undefined;
  return domain.toLowerCase();
};

/** The organization's own people: everybody, or those with an owned mail domain and the cluster's ServiceAccounts. */
export const isMemberOf = (
  user: string,
  members: PackOrganization["spec"]["members"],
  owned: readonly string[],
): boolean => {
  if (members === "Everyone") return true;
  if (SERVICE_ACCOUNT.test(user)) return true;
  const domain = mailDomain(user);
  return domain !== undefined && owned.includes(domain);
};

export const isMember = (user: string, organization: Lookup<PackOrganization>): Truth => {
  if (organization.state !== "found") return "unknown";
  const { members, ownedDomains } = organization.value.spec;
  return truth(isMemberOf(user, members, ownedDomains ?? []));
};

/**
 * Whether a user may use a pack by this configuration. Names compare byte for byte. Nobody knows the members of a group
 * in this version, so where only a group could admit the user the answer is unknown.
 */
export const hasAccess = (
  user: string,
  configuration: PackConfiguration,
  organization: Lookup<PackOrganization>,
): Truth => {
  const { state, access } = configuration.spec;
  if (state === "Denied") return "no";
  if (state === "Approved") return "yes";
  if (access?.scope === "Organization") return isMember(user, organization);
  return and(isSubject(user, access), isMember(user, organization));
};

const isSubject = (user: string, access: PackConfiguration["spec"]["access"]): Truth => {
  const subjects = access?.scope === "Subjects" ? (access.subjects ?? []) : [];
  if (subjects.some(({ kind, name }) => kind === "User" && name === user)) return "yes";
  return subjects.some(({ kind }) => kind === "Group") ? "unknown" : "no";
};
