/** Who somebody is to the organization and to a configuration (design: policy, section 1). */
import type { PackConfiguration, PackOrganization } from "../api/v1alpha1/index.ts";
import { type Lookup, type Truth, truth } from "./truth.ts";

const SERVICE_ACCOUNT = /^system:serviceaccount:[^:]+:[^:]+$/;

/** The part after a single `@`, lower-cased; undefined where there is none or more than one. */
export const mailDomain = (user: string): string | undefined => {
  const parts = user.split("@");
  const [local, domain] = parts;
  if (parts.length !== 2 || !local || !domain) return undefined;
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

/** Whether a user may use a pack by this configuration. Names compare byte for byte. Group subjects: none are members. */
export const hasAccess = (
  user: string,
  configuration: PackConfiguration,
  organization: Lookup<PackOrganization>,
): Truth => {
  const { state, access } = configuration.spec;
  if (state === "Denied") return "no";
  if (state === "Approved") return "yes";
  const named =
    access?.scope === "Organization" ||
    (access?.scope === "Subjects" &&
      (access.subjects ?? []).some((subject) => subject.kind === "User" && subject.name === user));
  return named ? isMember(user, organization) : "no";
};
