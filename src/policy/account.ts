/**
 * Whether an account counts, and where its credential may go (design: policy, sections 1 and 3). Who may use a pack may
 * connect accounts for it; where a credential goes, its owner has agreed to.
 */
import type { AccountType, Condition, PackAccount, PackConfiguration, PackDefinition } from "../api/v1alpha1/index.ts";
import { type AccessWorld, hasAccess } from "./access.ts";
import { type AccountFacts, askedHosts, type Consent, consentOf, declaredHosts } from "./account-consent.ts";
import { configurationProblem, isEnforced, speaksAbout } from "./configuration.ts";
import { hostOfUrl, matchHost } from "./host.ts";
import { isMember } from "./people.ts";
import { enumerate, type Problem, problem } from "./problem.ts";
import { type Lookup, or } from "./truth.ts";

export type AccountInput = AccessWorld & {
  readonly account: PackAccount;
  readonly definition: Lookup<PackDefinition>;
  /** Of that definition; undefined where there is none. */
  readonly facts: AccountFacts | undefined;
  /** Every configuration that may speak about the pack. */
  readonly configurations: readonly PackConfiguration[];
  /** Whether a configuration that is not among them is surely not there. */
  readonly configurationsKnown: boolean;
  /** Why nobody vouches for who asked; undefined while the admission policies are in force. */
  readonly unvouched: Problem | undefined;
};

export type AccountEvaluation =
  | { readonly outcome: "Accepted"; readonly consent: Consent }
  /** Accepted before, and nobody can tell whether it would be now: it goes on as it is. */
  | { readonly outcome: "Held"; readonly problem: Problem }
  /** Somebody else must act first. */
  | { readonly outcome: "Waiting"; readonly problem: Problem }
  /** The rules say no; evaluated again on every change. */
  | { readonly outcome: "Refused"; readonly problem: Problem };

/** Pure. What was consented to before is remembered by the status alone. */
export const evaluateAccount = (input: AccountInput): AccountEvaluation => {
  const verdicts = CHECKS.map((check) => check(input)).filter((verdict) => verdict !== undefined);
  const verdict = verdicts.find(({ kind }) => kind !== "unknown") ?? verdicts[0];
  switch (verdict?.kind) {
    case undefined:
      return { outcome: "Accepted", consent: consentOf(input.account, asked(input), input.unvouched === undefined) };
    case "refuse":
      return { outcome: "Refused", problem: verdict.problem };
    case "wait":
      return { outcome: "Waiting", problem: verdict.problem };
    case "unknown":
      return { outcome: acceptedBefore(input.account) !== undefined ? "Held" : "Waiting", problem: verdict.problem };
  }
};

/** `unknown`: nobody can tell at present. What is certain counts before it. */
type Verdict = { readonly kind: "refuse" | "wait" | "unknown"; readonly problem: Problem };
type Check = (input: AccountInput) => Verdict | undefined;

const refuse = (reason: Problem["reason"], message: string): Verdict => ({
  kind: "refuse",
  problem: problem(reason, message),
});
const wait = (reason: Problem["reason"], message: string): Verdict => ({
  kind: "wait",
  problem: problem(reason, message),
});
const unknown = (reason: Problem["reason"], message: string): Verdict => ({
  kind: "unknown",
  problem: problem(reason, message),
});

const packOf = ({ account }: AccountInput): string => account.spec.packRef.name;
const found = ({ definition }: AccountInput): PackDefinition | undefined =>
  definition.state === "found" ? definition.value : undefined;

const asked = (input: AccountInput): readonly string[] => {
  const definition = found(input);
  return definition === undefined || input.facts === undefined ? [] : askedHosts(definition, input.facts);
};

const packKnown: Check = (input) => {
  const { definition } = input;
  if (definition.state === "absent") {
    return wait(
      "PackNotFound",
      `there is no PackDefinition '${packOf(input)}'; its maker or an administrator applies it.`,
    );
  }
  return definition.state === "unknown"
    ? unknown("PackNotFound", `the PackDefinition '${packOf(input)}' cannot be read: ${definition.why}.`)
    : undefined;
};

const about = (input: AccountInput): readonly PackConfiguration[] =>
  input.configurations.filter((it) => speaksAbout(it, packOf(input), found(input)?.metadata.labels));

const notDenied: Check = (input) => {
  const [denying] = about(input)
    .filter(({ spec }) => spec.state === "Denied")
    .map(({ metadata }) => metadata.name)
    .sort();
  return denying === undefined
    ? undefined
    : refuse("PackDenied", `the PackConfiguration '${denying}' denies the pack '${packOf(input)}' to everybody.`);
};

/** Absence of a denial counts only if the configurations could be listed. */
const configurationsListed: Check = ({ configurationsKnown }) =>
  configurationsKnown ? undefined : unknown("KindNotServed", "the PackConfigurations cannot be listed at present.");

const definitionAccepted: Check = (input) => {
  const wrong = input.facts?.problem;
  return wrong === undefined
    ? undefined
    : wait(
        "DefinitionNotAccepted",
        `the PackDefinition '${packOf(input)}' is not accepted (${wrong.reason}): ${wrong.message}`,
      );
};

const authenticates: Check = (input) =>
  found(input)?.spec.authentication.type === "None"
    ? refuse("NoAuthentication", `the pack '${packOf(input)}' authenticates nobody, so it takes no accounts.`)
    : undefined;

/** Shared as soon as others see what is fetched through it. */
export const accountTypeOf = ({ spec: { access } }: PackAccount): AccountType =>
  access?.viewData === "DocMembers" || access?.takeActions === "DocMembers" ? "Shared" : "Private";

const typeOffered: Check = (input) => {
  const type = accountTypeOf(input.account);
  const offered = found(input)?.spec.authentication.accountTypes;
  if (offered === undefined || offered.includes(type)) return undefined;
  return refuse(
    "AccountTypeNotOffered",
    type === "Shared"
      ? `the pack '${packOf(input)}' offers private accounts only; set \`spec.access.viewData\` to 'Nobody' and \`takeActions\` to 'Owner'.`
      : `the pack '${packOf(input)}' offers shared accounts only; set \`spec.access.viewData\` to 'DocMembers'.`,
  );
};

const credentialFits: Check = (input) => {
  const type = found(input)?.spec.authentication.type;
  return type === undefined || type === "OAuth2" || input.account.spec.credential.oauth2 === undefined
    ? undefined
    : refuse(
        "InvalidSpec",
        `\`spec.credential.oauth2\` must not be set: the pack '${packOf(input)}' authenticates by '${type}'; name a Secret in \`secretRef\`.`,
      );
};

const endpointFits: Check = (input) => {
  const definition = found(input);
  if (definition === undefined) return undefined;
  const { endpointDomain, requiresEndpointURL } = definition.spec.authentication;
  const { endpointURL } = input.account.spec;
  if (endpointURL === undefined) {
    return requiresEndpointURL === true
      ? refuse(
          "InvalidSpec",
          `\`spec.endpointURL\` must be set: the pack '${packOf(input)}' asks for the address of your server.`,
        )
      : undefined;
  }
  if (requiresEndpointURL !== true) {
    return refuse(
      "InvalidSpec",
      `\`spec.endpointURL\` must not be set: the pack '${packOf(input)}' asks for no address.`,
    );
  }
  const host = hostOfUrl(endpointURL);
  const covers = endpointDomain === undefined ? declaredHosts(definition) : [endpointDomain];
  const fits = [covers, declaredHosts(definition)].every((list) =>
    list.some((it) => host !== undefined && matchHost(host, it)),
  );
  return fits
    ? undefined
    : refuse("InvalidSpec", `\`spec.endpointURL\` '${endpointURL}' must be a server at or under ${enumerate(covers)}.`);
};

/** Subjects say who may install a pack and who may connect accounts for it alike. */
const ownerMayConnect: Check = (input) => {
  if (found(input) === undefined) return undefined;
  const { owner } = input.account.spec;
  const enforced = about(input).filter(isEnforced);
  if (enforced.length === 0) return memberMayConnect(input);
  const usable = enforced.filter((it) => configurationProblem(it) === undefined);
  const admitted = or("no", ...usable.map((it) => hasAccess(owner, it, input)));
  if (admitted === "yes") return undefined;
  if (admitted === "unknown") return membershipUnknown(input);
  return input.configurationsKnown
    ? refuse(
        "UserNotAllowed",
        `no PackConfiguration of the pack '${packOf(input)}' gives '${owner}' access; an administrator adds the owner to one.`,
      )
    : undefined;
};

/** Where nothing is configured, the organization's default is for its members. */
const memberMayConnect = (input: AccountInput): Verdict | undefined => {
  const member = isMember(input.account.spec.owner, input.organization);
  if (member === "unknown") return membershipUnknown(input);
  return member === "yes" || !input.configurationsKnown
    ? undefined
    : refuse(
        "NotAMember",
        `'${input.account.spec.owner}' does not belong to the organization; outsiders need a PackConfiguration with \`state: Approved\`.`,
      );
};

const membershipUnknown = ({ account, organization }: AccountInput): Verdict => {
  const { owner } = account.spec;
  return organization.state === "found"
    ? unknown(
        "GroupDataStale",
        `whether '${owner}' belongs to a group that a configuration names is not known: the group's members are older than it allows, or cannot be listed.`,
      )
    : unknown(
        "OrganizationNotFound",
        `nobody can tell whether '${owner}' is a member: there is no PackOrganization that can be used.`,
      );
};

/** How many domains are fine without a review, the organization says. */
const credentialHasHosts: Check = (input) => {
  if (found(input) === undefined || asked(input).length > 0) return undefined;
  return input.organization.state === "found"
    ? wait(
        "ReviewRequired",
        `the credential may go nowhere until a reviewer approves what the PackDefinition '${packOf(input)}' says about it.`,
      )
    : unknown("OrganizationNotFound", "without a PackOrganization nobody can tell where the credential may go.");
};

/** An account that is new, or edited since it was accepted, counts only while somebody vouches for who did that. */
const vouchedFor: Check = ({ account, unvouched }) =>
  unvouched === undefined || acceptedBefore(account)?.observedGeneration === account.metadata.generation
    ? undefined
    : { kind: "wait", problem: unvouched };

const CHECKS: readonly Check[] = [
  packKnown,
  notDenied,
  configurationsListed,
  definitionAccepted,
  authenticates,
  typeOffered,
  credentialFits,
  endpointFits,
  ownerMayConnect,
  credentialHasHosts,
  vouchedFor,
];

/** As its status says. A condition that has become unknown was true before. */
const acceptedBefore = ({ status }: PackAccount): Condition | undefined =>
  status?.consentedDomains === undefined
    ? undefined
    : status.conditions?.find(({ type, status: is }) => type === "Accepted" && is !== "False");
