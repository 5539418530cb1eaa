/** What a grant lets through, compared with another one. */
import type { PackGrantSpec } from "../../src/api/v1alpha1/index.ts";

type Grant = PackGrantSpec | "keep" | undefined;
type Access = NonNullable<PackGrantSpec["access"]>;
type Audience = NonNullable<PackGrantSpec["audience"]>;
type Component = NonNullable<PackGrantSpec["components"]>[number];

/** The grant, if it lets anything through at all. */
export const openGrant = (grant: Grant): PackGrantSpec | undefined =>
  grant === undefined || grant === "keep" || grant.state !== "Active" ? undefined : grant;

const beyond = <T>(less: readonly T[] | undefined, more: readonly T[] | undefined): readonly T[] =>
  (less ?? []).filter((it) => !(more ?? []).includes(it));

const first = (what: string, extra: readonly unknown[]): string | undefined =>
  extra.length === 0 ? undefined : `${what} ${JSON.stringify(extra[0])}`;

const hostExcess = (less: PackGrantSpec, more: PackGrantSpec): string | undefined => {
  for (const { auth, domain } of less.hosts ?? []) {
    const known = more.hosts?.find((it) => it.domain === domain);
    if (known === undefined) return `the host ${domain}`;
    if (auth !== "None" && auth !== known.auth && known.auth !== "UserAndSystem") return `a credential for ${domain}`;
  }
  return undefined;
};

/** A component without hosts of its own may use all of the grant's. */
const all = ({ hosts }: PackGrantSpec): readonly string[] => (hosts ?? []).map(({ domain }) => domain);

const enabled = ({ components }: PackGrantSpec): readonly Component[] => (components ?? []).filter((it) => it.enabled);

const componentExcess = (less: PackGrantSpec, more: PackGrantSpec): string | undefined => {
  for (const { hosts, kind, name, rules } of enabled(less)) {
    const known = enabled(more).find((it) => it.kind === kind && it.name === name);
    if (known === undefined) return `the ${kind} ${name}`;
    const host = first(`by the ${kind} ${name} the host`, beyond(hosts ?? all(less), known.hosts ?? all(more)));
    if (host !== undefined) return host;
    if ((known.rules ?? []).length > 0 && (rules ?? []).length === 0) return `the ${kind} ${name} without its rules`;
  }
  return undefined;
};

/** Whom a grant admits: each wider way of admitting covers the narrower ones. */
const accessExcess = (less: Access, more: Access): string | undefined => {
  if (more.state === "Approved") return undefined;
  if (less.state === "Approved") return "everybody";
  if (less.members === "Everyone" && more.members !== "Everyone") return "outsiders as members";
  if (more.members !== "Everyone") {
    const domain = first("members of", beyond(less.ownedDomains, more.ownedDomains));
    if (domain !== undefined) return domain;
  }
  if (more.scope === "Organization") return undefined;
  if (less.scope === "Organization") return "every member";
  return first("the user", beyond(less.users, more.users)) ?? first("the group", beyond(less.groups, more.groups));
};

const audienceExcess = (less: Audience, more: Audience): string | undefined => {
  if (more.anyone === true) return undefined;
  if (less.anyone === true) return "anyone in the doc";
  return (
    first("in the doc the user", beyond(less.users, more.users)) ??
    first("in the doc the group", beyond(less.groups, more.groups)) ??
    first("in the doc the domain", beyond(less.domains, more.domains))
  );
};

const accountExcess = (less: PackGrantSpec, more: PackGrantSpec): string | undefined => {
  for (const account of less.accounts ?? []) {
    const known = more.accounts?.find(({ name }) => name === account.name);
    if (known === undefined) return `the account ${account.name}`;
    const host = first(`by the account ${account.name} the host`, beyond(account.boundHosts, known.boundHosts));
    if (host !== undefined) return host;
  }
  return undefined;
};

const scopeExcess = ({ allowedScopes: less }: PackGrantSpec, { allowedScopes: more }: PackGrantSpec) => {
  if (more?.allow !== "Listed") return undefined;
  return less?.allow === "Listed" ? first("the scope", beyond(less.allowed, more.allowed)) : "every scope";
};

/** The first thing that one grant lets through and the other does not; undefined if there is none. */
export const excess = (less: Grant, more: Grant): string | undefined => {
  const [narrow, wide] = [openGrant(less), openGrant(more)];
  if (narrow === undefined) return undefined;
  if (wide === undefined) return "anything";
  const nobody: Access = { state: "Configured", scope: "Subjects", members: "OwnedDomains" };
  return (
    hostExcess(narrow, wide) ??
    componentExcess(narrow, wide) ??
    accessExcess(narrow.access ?? nobody, wide.access ?? nobody) ??
    audienceExcess(narrow.audience ?? {}, wide.audience ?? {}) ??
    accountExcess(narrow, wide) ??
    scopeExcess(narrow, wide) ??
    first("accounts of the type", beyond(narrow.accountTypes, wide.accountTypes))
  );
};
