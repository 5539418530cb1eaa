/**
 * The compiled policy of one install: all that the gateway and the invocation API need to decide, and nothing else.
 * Canonical: lists are sorted, so the same world gives the same bytes. What is absent is denied.
 */
import type {
  AccountType,
  Authentication,
  ComponentState,
  GrantAccess,
  GrantAudience,
  GrantHost,
  HostAuth,
  PackConfiguration,
  PackDefinition,
  PackGrantSpec,
  PackInstall,
  Share,
} from "../api/v1alpha1/index.ts";
import { compileComponents } from "./components.ts";
import { type DefinitionFacts, MAX_GRANT_BYTES } from "./definition.ts";
import type { Evaluation, Permit } from "./evaluate.ts";
import type { InstallInput } from "./input.ts";
import { accountsOf } from "./install-accounts.ts";
import { type Problem, problem } from "./problem.ts";

const DEFAULT_LIMITS = { timeoutSeconds: 60, maxConcurrentRuns: 4, isolation: "PerUser" } as const;

/** What the stored grant must say, or `undefined` where there must be none, or `"keep"` where nobody can tell. */
export const grantOf = (input: InstallInput, evaluation: Evaluation): PackGrantSpec | "keep" | undefined => {
  switch (evaluation.outcome) {
    case "Installed":
      return installedGrant(input, evaluation);
    case "Uninstalling":
      return { ...closedGrant(input.install, "Revoked", evaluation.cause), ...remembered(input) };
    default:
      return undefined;
  }
};

type Installed = Extract<Evaluation, { outcome: "Installed" }>;

const installedGrant = (input: InstallInput, { permit, suspended }: Installed): PackGrantSpec | "keep" => {
  const { definition, facts } = permit;
  if (definition === undefined || facts === undefined)
    return suspended === undefined
      ? "keep"
      : { ...closedGrant(input.install, "Suspended", suspended), ...remembered(input) };
  const open = activeGrant(input, permit, definition, facts);
  if (sizeOf(open) > MAX_GRANT_BYTES) {
    return { ...closedGrant(input.install, "Revoked", tooLarge(sizeOf(open))), ...remembered(input) };
  }
  return suspended === undefined
    ? open
    : { ...open, state: "Suspended", reason: suspended.reason, message: cut(suspended.message) };
};

/**
 * The hosts that were granted stay written in a closed grant. Forgotten, a domain that a maker swapped without a
 * review would look like the first one at the next look.
 */
const remembered = ({ granted }: InstallInput): Pick<PackGrantSpec, "hosts"> =>
  granted === undefined || granted.hosts.length === 0
    ? {}
    : { hosts: granted.hosts.map((domain) => ({ domain, auth: "None" })) };

/** A grant that lets nothing through and says why. */
export const closedGrant = (
  install: PackInstall,
  state: "Revoked" | "Suspended",
  { reason, message }: Problem,
): PackGrantSpec => ({
  install: subject(install),
  pack: install.spec.packRef.name,
  state,
  reason,
  message: cut(message),
});

const sizeOf = (spec: PackGrantSpec): number => Buffer.byteLength(JSON.stringify(spec));

const tooLarge = (bytes: number): Problem =>
  problem(
    "PolicyTooLarge",
    `the compiled policy has ${bytes} bytes, and ${MAX_GRANT_BYTES} are allowed; name fewer components, parameters or values.`,
  );

const cut = (message: string): string => (message.length <= 1024 ? message : `${message.slice(0, 1023)}…`);

const subject = (install: PackInstall): PackGrantSpec["install"] => ({
  namespace: install.metadata.namespace ?? "",
  name: install.metadata.name,
  uid: install.metadata.uid ?? "",
});

const activeGrant = (
  input: InstallInput,
  permit: Permit,
  definition: PackDefinition,
  facts: DefinitionFacts,
): PackGrantSpec => {
  const { configuration } = permit;
  const contact = input.organization.state === "found" ? input.organization.value.spec.supportContact : undefined;
  return {
    install: subject(input.install),
    pack: input.install.spec.packRef.name,
    state: "Active",
    hosts: permit.hosts.map((domain) => hostOf(domain, definition, facts.withheldFrom)),
    components: compileComponents(definition, configuration, permit.hosts),
    access: accessOf(input, configuration),
    accounts: accountsOf(input, definition, facts),
    allowedScopes: scopesOf(configuration),
    accountTypes: accountTypesOf(definition, configuration),
    audience: audienceOfGrant(input.doc),
    limits: limitsOf(definition, facts),
    configuration: { name: permit.binding.name, ...(contact === undefined ? {} : { contact }) },
  };
};

/** The domains to which an authentication sends its credential; the only declared one needs no list. */
const boundDomains = (authentication: Authentication | undefined, definition: PackDefinition): readonly string[] => {
  if (authentication === undefined || authentication.type === "None") return [];
  return authentication.networkDomains ?? definition.spec.networkDomains ?? [];
};

/** While what a definition says about credentials waits for a review, none goes to the domains concerned. */
const hostOf = (domain: string, definition: PackDefinition, withheldFrom: readonly string[]): GrantHost => {
  if (withheldFrom.includes(domain)) return { domain, auth: "None" };
  const user = boundDomains(definition.spec.authentication, definition).includes(domain);
  const system = boundDomains(definition.spec.systemAuthentication, definition).includes(domain);
  const auth: HostAuth = user ? (system ? "UserAndSystem" : "User") : system ? "System" : "None";
  return { domain, auth };
};

/** While nobody can read the organization, its part is as the stored grant has it. */
const accessOf = (input: InstallInput, configuration: PackConfiguration | undefined): GrantAccess => {
  const organization =
    input.organization.state === "found"
      ? input.organization.value.spec
      : { members: input.granted?.members ?? "OwnedDomains", ownedDomains: input.granted?.ownedDomains ?? [] };
  const spec = configuration?.spec;
  const subjects = (kind: "User" | "Group"): readonly string[] =>
    (spec?.access?.subjects ?? []).filter((it) => it.kind === kind).map(({ name }) => name);
  return {
    state: spec?.state ?? "Configured",
    scope: spec === undefined ? "Organization" : (spec.access?.scope ?? "Subjects"),
    members: organization.members,
    users: [...subjects("User")].sort(),
    groups: [...subjects("Group")].sort(),
    ownedDomains: [...(organization.ownedDomains ?? [])].sort(),
  };
};

const scopesOf = (configuration: PackConfiguration | undefined): NonNullable<PackGrantSpec["allowedScopes"]> => {
  const policy = configuration?.spec.oauthScopes;
  return policy === undefined || policy.allow === "All"
    ? { allow: "All" }
    : { allow: "Listed", allowed: [...(policy.allowed ?? [])].sort() };
};

const accountTypesOf = (
  definition: PackDefinition,
  configuration: PackConfiguration | undefined,
): readonly AccountType[] => {
  const offered: readonly AccountType[] = definition.spec.authentication.accountTypes ?? ["Private", "Shared"];
  const policy = configuration?.spec.accounts;
  const allowed = policy?.allow === "Listed" ? offered.filter((type) => policy.types?.includes(type)) : offered;
  return [...allowed].sort();
};

/**
 * Who is in the doc. Without a PackDoc it is whoever Kubernetes lets invoke; where some of the folders cannot be
 * followed, those who are known.
 */
const audienceOfGrant = (doc: InstallInput["doc"]): GrantAudience => {
  if (doc.state !== "found") return {};
  const { audience } = doc.value;
  if (audience.state !== "found") return { anyone: true };
  const of = (kind: Share["kind"]): readonly string[] =>
    [...new Set(audience.value.entries.filter((entry) => entry.kind === kind).map(({ name }) => name))].sort();
  if (of("Anyone").length > 0) return { anyone: true };
  const domains = [...new Set(of("Domain").map((domain) => domain.toLowerCase()))].sort();
  return { users: of("User"), groups: of("Group"), domains };
};

const limitsOf = (
  { spec: { sandbox } }: PackDefinition,
  { maxResponseBytes }: DefinitionFacts,
): NonNullable<PackGrantSpec["limits"]> => ({
  timeoutSeconds: sandbox?.timeoutSeconds ?? DEFAULT_LIMITS.timeoutSeconds,
  maxResponseBytes,
  maxConcurrentRuns: sandbox?.maxConcurrentRuns ?? DEFAULT_LIMITS.maxConcurrentRuns,
  isolation: sandbox?.isolation ?? DEFAULT_LIMITS.isolation,
});

/** The components of a grant as people see them in the install's status. */
export const componentStates = (grant: PackGrantSpec): readonly ComponentState[] =>
  (grant.components ?? []).map(({ kind, name, enabled, reason }) => ({
    kind,
    name,
    state: enabled ? "Enabled" : "Disabled",
    ...(reason === undefined ? {} : { reason }),
  }));
