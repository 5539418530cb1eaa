/** What installing grants: domains, scopes, building blocks, accounts. All of it is read from the compiled grant. */
import { explainReason, isReason } from "../../api/reasons.ts";
import type {
  AccountType,
  ComponentKind,
  GrantComponent,
  PackDefinition,
  PackGrantSpec,
} from "../../api/v1alpha1/index.ts";
import { definitionAccepted, domainsNotAllowed } from "../../policy/checks.ts";
import { configurationFound } from "../../policy/configuration-choice.ts";
import { disabledBy, ruleFor } from "../../policy/decide.ts";
import type { DefinitionFacts } from "../../policy/definition.ts";
import { type Evaluation, type Permit, permitOf } from "../../policy/evaluate.ts";
import { grantOf } from "../../policy/grant.ts";
import type { InstallInput } from "../../policy/input.ts";
import { compileInputs } from "../../policy/inputs.ts";
import { type AccountsFinding, accountsReady } from "../../policy/install-accounts.ts";

export type DomainReport = {
  /** It covers its sub-domains. */
  readonly domain: string;
  readonly state: "Effective" | "WaitingForReview" | "NotAllowed";
  /** Whose credential goes there, or why nothing does. A sentence. */
  readonly text: string;
};

export type ComponentReport = {
  readonly kind: ComponentKind;
  readonly name: string;
  /** Whether it changes something at the other service. */
  readonly action: boolean;
  readonly connection: GrantComponent["connection"];
  readonly enabled: boolean;
  readonly reason?: string;
  /** What is the case, and what to do. */
  readonly explanation?: string;
  /** The field of the configuration that switched it off. */
  readonly rule?: string;
  /** The inputs that must be given, and what may be. */
  readonly restrictions: readonly { readonly rule: string; readonly text: string }[];
};

export type ScopeReport = {
  readonly scope: string;
  readonly allowed: boolean;
  /** The names of building blocks that are switched on and need it. */
  readonly neededBy: readonly string[];
};

export type AccountsReport = {
  /** How the pack signs in at the other service. */
  readonly authentication: string;
  readonly types: readonly AccountType[];
  /** Those that the install names. */
  readonly named: readonly {
    /** `namespace/name`. */
    readonly name: string;
    /** Whether its owner lets this install use it, and it counts. */
    readonly usable: boolean;
    readonly owner?: string;
    readonly viewData?: string;
    readonly takeActions?: string;
    /** Where its credential may go. */
    readonly hosts?: readonly string[];
    readonly expireTime?: string;
  }[];
  readonly finding?: AccountsFinding;
};

export type GrantsReport = {
  /** Whether it is so now, or would be once the pack is installed. */
  readonly inForce: boolean;
  readonly domains: readonly DomainReport[];
  readonly components: readonly ComponentReport[];
  readonly scopes: readonly ScopeReport[];
  readonly accounts: AccountsReport;
};

/** What waits for a review. */
export type ReviewReport = { readonly open: readonly string[]; readonly reviewDigest: string };

/** What an install has, or would have; absent where nobody can tell by which configuration. */
export const permitFor = (input: InstallInput, evaluation: Evaluation): Permit | undefined => {
  if ("permit" in evaluation) return isKnown(evaluation.permit) ? evaluation.permit : undefined;
  const defined = definitionAccepted(input, {});
  const chosen = configurationFound(input, {});
  if (!("pass" in defined) || !("pass" in chosen)) return undefined;
  return permitOf({ ...defined.pass, ...chosen.pass });
};

/** A permit without a configuration is the organization's default access, or one that nobody can read. */
const isKnown = ({ binding, configuration }: Permit): boolean =>
  configuration !== undefined || binding.builtIn === true;

/** Undefined where the definition is not there or not accepted. */
export const factsFor = (input: InstallInput): DefinitionFacts | undefined => {
  const step = definitionAccepted(input, {});
  return "pass" in step ? step.pass.facts : undefined;
};

export const reviewReport = ({ reviewDigest, unreviewed }: DefinitionFacts): ReviewReport => ({
  open: unreviewed.map(({ message }) => message),
  reviewDigest,
});

export const grantsReport = (
  input: InstallInput,
  evaluation: Evaluation,
  permit: Permit | undefined,
): GrantsReport | undefined => {
  if (permit === undefined) return undefined;
  const { configuration, definition, facts } = permit;
  if (definition === undefined || facts === undefined) return undefined;
  const grant = grantOf(input, { outcome: "Installed", permit, suspended: undefined, unknown: undefined });
  if (grant === undefined || grant === "keep" || grant.state !== "Active") return undefined;
  const components = grant.components ?? [];
  return {
    inForce: evaluation.outcome === "Installed" && evaluation.suspended === undefined,
    domains: domainsOf(definition, facts, permit, grant),
    components: components.map(componentReport),
    scopes: scopesOf(components, grant.allowedScopes),
    accounts: {
      authentication: definition.spec.authentication.type,
      types: grant.accountTypes ?? [],
      named: namedAccounts(input, grant),
      finding: accountsReady(input, definition, facts, configuration),
    },
  };
};

const domainsOf = (
  definition: PackDefinition,
  facts: DefinitionFacts,
  { configuration }: Permit,
  grant: PackGrantSpec,
): readonly DomainReport[] => {
  const refused = new Set(domainsNotAllowed(configuration, definition.spec.networkDomains ?? []));
  const auth = new Map((grant.hosts ?? []).map((host) => [host.domain, host.auth]));
  return (definition.spec.networkDomains ?? []).map((domain): DomainReport => {
    if (!facts.effectiveDomains.includes(domain)) {
      return { domain, state: "WaitingForReview", text: "It is closed until a reviewer approves it." };
    }
    if (refused.has(domain)) {
      const text = `The PackConfiguration '${configuration?.metadata.name}' does not allow it (\`spec.network.allowedDomains\`).`;
      return { domain, state: "NotAllowed", text };
    }
    const withheld = facts.withheldFrom.includes(domain);
    const text = withheld
      ? "It is open; no credential goes there until a reviewer approves it."
      : CREDENTIAL_TEXT[auth.get(domain) ?? "None"];
    return { domain, state: "Effective", text };
  });
};

const CREDENTIAL_TEXT = {
  None: "No credential goes there.",
  User: "The credential of the account that is used goes there.",
  System: "The maker's own credential goes there.",
  UserAndSystem: "The credential of the account that is used, or the maker's own, goes there.",
} as const;

const componentReport = (component: GrantComponent): ComponentReport => {
  const { action, connection, enabled, kind, name, reason } = component;
  const explanation = reason !== undefined && isReason(reason) ? explainReason(reason) : undefined;
  const restrictions = enabled ? compileInputs(component).restrictions : [];
  return {
    kind,
    name,
    action,
    connection,
    enabled,
    ...(reason === undefined ? {} : { reason }),
    ...(explanation === undefined ? {} : { explanation }),
    ...(enabled || reason === undefined || reason === "HostNotAllowed" ? {} : { rule: disabledBy(name, reason) }),
    restrictions: restrictions.map(({ restricted, text }) => ({ rule: ruleFor(component, restricted), text })),
  };
};

const scopesOf = (
  components: readonly GrantComponent[],
  allowed: PackGrantSpec["allowedScopes"],
): readonly ScopeReport[] => {
  const needs = components
    .filter(({ connection, enabled }) => enabled && connection !== "None")
    .flatMap(({ name, scopes = [] }) => scopes.map((scope) => ({ scope, name })));
  return [...Map.groupBy(needs, ({ scope }) => scope)]
    .map(([scope, by]) => ({
      scope,
      allowed: allowed?.allow === "All" || allowed?.allowed?.includes(scope) === true,
      neededBy: [...new Set(by.map(({ name }) => name))],
    }))
    .sort((a, b) => (a.scope < b.scope ? -1 : 1));
};

const namedAccounts = ({ install }: InstallInput, { accounts = [] }: PackGrantSpec): AccountsReport["named"] =>
  (install.spec.accountRefs ?? []).map(({ name, namespace = install.metadata.namespace ?? "" }) => {
    const key = `${namespace}/${name}`;
    const account = accounts.find((it) => it.name === key);
    if (account === undefined) return { name: key, usable: false };
    const { boundHosts, expireTime, owner, takeActions, viewData } = account;
    return {
      name: key,
      usable: true,
      owner,
      viewData,
      takeActions,
      ...(boundHosts === undefined ? {} : { hosts: boundHosts }),
      ...(expireTime === undefined ? {} : { expireTime }),
    };
  });
