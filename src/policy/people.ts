/** Who somebody is to the organization (design: policy, section 1). User names compare byte for byte. */
import type { PackOrganization } from "../api/v1alpha1/index.ts";
import { type Lookup, type Truth, truth } from "./truth.ts";

const SERVICE_ACCOUNT = /^system:serviceaccount:[a-z0-9-]+:[a-z0-9.-]+$/;

/** What of an organization says who its members are. */
export type Organization = Pick<PackOrganization["spec"], "members" | "ownedDomains">;

/** A mail domain in lower case; undefined if it is not ASCII: folding would turn a look-alike (the Kelvin sign) into the letter. */
export const foldDomain = (domain: string): string | undefined =>
  /[^!-~]/.test(domain) ? undefined : domain.toLowerCase();

/** The part after a single `@`, folded; undefined where there is none or more than one, or where it is not ASCII. */
export const mailDomain = (user: string): string | undefined => {
  const parts = user.split("@");
  const [local, domain] = parts;
  return parts.length === 2 && local && domain ? foldDomain(domain) : undefined;
};

/** All that membership depends on: `@` and a mail domain, the cluster's ServiceAccounts, or neither. */
export type Home = `@${string}` | "cluster" | "none";

export const homeOf = (user: string): Home => {
  if (SERVICE_ACCOUNT.test(user)) return "cluster";
  const domain = mailDomain(user);
  return domain === undefined ? "none" : `@${domain}`;
};

export const isAtHome = (home: Home, { members, ownedDomains }: Organization): boolean =>
  members === "Everyone" || home === "cluster" || (home !== "none" && (ownedDomains ?? []).includes(home.slice(1)));

/** The organization's own people: everybody, or those with an owned mail domain and the cluster's ServiceAccounts. */
export const isMemberOf = (user: string, members: Organization["members"], owned: readonly string[]): boolean =>
  isAtHome(homeOf(user), { members, ownedDomains: owned });

export const isMember = (user: string, organization: Lookup<PackOrganization>): Truth =>
  organization.state === "found" ? truth(isAtHome(homeOf(user), organization.value.spec)) : "unknown";
