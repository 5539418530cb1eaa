/**
 * What becomes of one install: the only function that decides it. The controller, `packctl` and the tests call it.
 *
 * Guarantees: same input, same result; what is unknown never widens anything and never uninstalls anything; absence
 * means denial.
 */
import type { BoundConfiguration, PackConfiguration, PackDefinition } from "../api/v1alpha1/index.ts";
import { parseTimestamp } from "../lib/clock.ts";
import {
  aboutPack,
  allowsDoc,
  CHECKS,
  configurationFound,
  definitionAccepted,
  deniedMessage,
  denyingConfiguration,
  docAllowed,
  docMessage,
  domainsAllowed,
  domainsMessage,
  domainsNotAllowed,
  type Findings,
  isLatched,
  knownDomains,
  olderTwin,
  packNotDenied,
  returnsByItself,
  runChecks,
  twinMessage,
} from "./checks.ts";
import { configurationProblem, isEnforced } from "./configuration.ts";
import { type DefinitionFacts, evaluateDefinition } from "./definition.ts";
import { type InstallInput, isBound } from "./input.ts";
import { hasAccess, isMember } from "./people.ts";
import { enumerate, type Problem, problem } from "./problem.ts";
import { and, or, type Truth } from "./truth.ts";

/** The name under which the organization's default access is bound; no Kubernetes object can have it. */
export const BUILT_IN = "(allow all)";

/** Why a pack leaves, with what people need to know after its objects are gone. */
export type Cause = Problem & { readonly configuration: string; readonly contact: string | undefined };

/** What an install is bound to, and what it may reach by it. */
export type Permit = {
  readonly binding: BoundConfiguration;
  /** Absent for the built-in default access, and where the configuration cannot be read. */
  readonly configuration: PackConfiguration | undefined;
  /** Absent where the definition is gone or not accepted. */
  readonly definition: PackDefinition | undefined;
  readonly hosts: readonly string[];
};

export type Evaluation =
  | { readonly outcome: "Waiting"; readonly problem: Problem }
  | { readonly outcome: "Refused"; readonly problem: Problem; readonly candidates: readonly string[] }
  /** Uninstalled before; only a request starts over. */
  | { readonly outcome: "Latched" }
  /** In force. `suspended`: the grant lets nothing through for now. `unknown`: held as it is until somebody knows more. */
  | {
      readonly outcome: "Installed";
      readonly permit: Permit;
      readonly suspended: Problem | undefined;
      readonly unknown: Problem | undefined;
    }
  /** The cause stands; the grant is revoked; the latch follows at the deadline (milliseconds since 1970). */
  | {
      readonly outcome: "Uninstalling";
      readonly permit: Permit;
      readonly cause: Cause;
      readonly since: number;
      readonly deadline: number;
    }
  | { readonly outcome: "Uninstalled"; readonly cause: Cause };

export const evaluateInstall = (input: InstallInput): Evaluation => {
  if (isBound(input.install)) return evaluateBound(input);
  if (!isLatched(input.install)) return evaluateNew(input);
  const again: Evaluation = returnsByItself(input.organization) ? evaluateNew(input) : { outcome: "Latched" };
  return again.outcome === "Installed" ? again : { outcome: "Latched" };
};

const evaluateNew = (input: InstallInput): Evaluation => {
  const step = runChecks(CHECKS, input);
  if ("wait" in step) return { outcome: "Waiting", problem: step.wait };
  if ("refuse" in step) return { outcome: "Refused", problem: step.refuse, candidates: step.candidates ?? [] };
  return installed(input, permitOf(step.pass), undefined);
};

const permitOf = ({ configuration, definition, facts }: Findings): Permit => ({
  binding: bindingOf(configuration),
  configuration,
  definition,
  hosts: facts?.effectiveDomains ?? [],
});

const bindingOf = (configuration: PackConfiguration | undefined): BoundConfiguration =>
  configuration === undefined
    ? { name: BUILT_IN, uid: "", generation: 0, gracePeriodSeconds: 0, builtIn: true }
    : {
        name: configuration.metadata.name,
        uid: configuration.metadata.uid ?? "",
        generation: configuration.metadata.generation ?? 0,
        gracePeriodSeconds: configuration.spec.gracePeriodSeconds ?? 0,
      };

const installed = (input: InstallInput, permit: Permit, unknown: Problem | undefined): Evaluation => ({
  outcome: "Installed",
  permit,
  suspended: suspension(input, permit),
  unknown,
});

/** What closes a grant without uninstalling; it opens again by itself. */
const suspension = (input: InstallInput, permit: Permit): Problem | undefined =>
  resting(input) ?? notAccepted(input, permit) ?? widened(input);

const resting = ({ install }: InstallInput): Problem | undefined =>
  install.spec.suspend === true
    ? problem("Suspended", "`spec.suspend` is true: the pack stays installed, and nothing runs.")
    : undefined;

const notAccepted = (input: InstallInput, { configuration, definition }: Permit): Problem | undefined => {
  const pack = input.install.spec.packRef.name;
  if (definition === undefined) {
    return problem(
      "DefinitionNotAccepted",
      `the PackDefinition '${pack}' is not accepted any more; its condition \`Accepted\` says why.`,
    );
  }
  const wrong = configuration === undefined ? undefined : configurationProblem(configuration);
  return wrong === undefined
    ? undefined
    : problem(
        "ConfigurationNotAccepted",
        `the PackConfiguration '${configuration?.metadata.name}' is not accepted any more: ${wrong.message}`,
      );
};

const widened = ({ widenedBy }: InstallInput): Problem | undefined =>
  widenedBy.length === 0
    ? undefined
    : problem(
        "NetworkWidened",
        `the NetworkPolicy ${enumerate(widenedBy)} in the sandboxes' namespace widens what this sandbox reaches; delete it or narrow its \`podSelector\`.`,
      );

/** The configuration that an install is bound to, as it is now. A re-made one counts if it admits the installer. */
type Bound =
  | { readonly state: "builtIn" }
  | { readonly state: "bound"; readonly configuration: PackConfiguration }
  | { readonly state: "gone" };

const boundConfiguration = (input: InstallInput, binding: BoundConfiguration): Bound => {
  if (binding.builtIn === true) return { state: "builtIn" };
  const configuration = aboutPack(input).find(({ metadata }) => metadata.name === binding.name);
  if (configuration === undefined || !isEnforced(configuration)) return { state: "gone" };
  const same = configuration.metadata.uid === binding.uid;
  return same || hasAccess(input.install.spec.installer, configuration, input.organization) === "yes"
    ? { state: "bound", configuration }
    : { state: "gone" };
};

const evaluateBound = (input: InstallInput): Evaluation => {
  const binding = input.install.status?.boundConfiguration;
  if (binding === undefined) return evaluateNew(input);
  if (input.definition.state === "unknown")
    return held(input, binding, `the PackDefinition cannot be read: ${input.definition.why}`);
  const first = firstConfiguration(input, binding);
  if (first !== undefined) return first;
  const bound = boundConfiguration(input, binding);
  if (bound.state === "gone" && !input.configurationsKnown && denyingConfiguration(input) === undefined) {
    return held(input, binding, "the PackConfigurations cannot be listed at present");
  }
  const permit = currentPermit(input, binding, bound);
  const cause = leavingCause(input, bound, permit);
  if (cause === undefined) return installed(input, permit, unknownFact(input, bound));
  return input.organization.state === "found" ? leave(input, permit, cause) : closed(input, permit, bound, cause);
};

/**
 * What becomes of an evaluation while nobody can vouch for what is absent: nothing comes and nothing goes; a pack that
 * would go is closed until somebody can tell.
 */
export const withoutCertainty = (input: InstallInput, evaluation: Evaluation, why: Problem): Evaluation => {
  const binding = input.install.status?.boundConfiguration;
  if (binding === undefined)
    return evaluation.outcome === "Installed" ? { outcome: "Waiting", problem: why } : evaluation;
  if (evaluation.outcome !== "Uninstalling" && evaluation.outcome !== "Uninstalled") return evaluation;
  const { message, reason } = evaluation.cause;
  return {
    outcome: "Installed",
    permit: { binding, configuration: undefined, definition: undefined, hosts: [] },
    suspended: resting(input) ?? problem(reason, message),
    unknown: why,
  };
};

/** Without an organization nothing is uninstalled; a pack that would leave is closed until there is one. */
const closed = (input: InstallInput, { binding }: Permit, bound: Bound, { reason, message }: Cause): Evaluation => ({
  outcome: "Installed",
  permit: { binding, configuration: undefined, definition: undefined, hosts: [] },
  suspended: resting(input) ?? problem(reason, message),
  unknown: unknownFact(input, bound),
});

/** Bound to the default access while configurations exist: the checks run again, and the pack is bound or leaves. */
const firstConfiguration = (input: InstallInput, binding: BoundConfiguration): Evaluation | undefined => {
  if (binding.builtIn !== true || input.organization.state !== "found" || !aboutPack(input).some(isEnforced))
    return undefined;
  const again = runChecks([definitionAccepted, packNotDenied, configurationFound, domainsAllowed, docAllowed], input);
  if ("pass" in again) return installed(input, permitOf(again.pass), undefined);
  if ("wait" in again) return undefined;
  return leave(input, currentPermit(input, binding, { state: "builtIn" }), causeOf(input, binding, again.refuse));
};

const held = (input: InstallInput, binding: BoundConfiguration, why: string): Evaluation => ({
  outcome: "Installed",
  permit: { binding, configuration: undefined, definition: undefined, hosts: input.granted?.hosts ?? [] },
  suspended: resting(input) ?? widened(input),
  unknown: problem("KindNotServed", `${why}; the install is held as it is.`),
});

const currentPermit = (input: InstallInput, binding: BoundConfiguration, bound: Bound): Permit => {
  const configuration = bound.state === "bound" ? bound.configuration : undefined;
  const { definition, hosts } = currentDefinition(input);
  return {
    binding: configuration === undefined ? binding : bindingOf(configuration),
    configuration,
    definition,
    hosts,
  };
};

/** Without an organization nobody knows how many domains are fine unreviewed: nothing is added to what is granted. */
const currentDefinition = (
  input: InstallInput,
): { definition: PackDefinition | undefined; hosts: readonly string[] } => {
  if (input.definition.state !== "found") return { definition: undefined, hosts: [] };
  const definition = input.definition.value;
  const facts = evaluateDefinition({
    definition,
    organization: input.organization,
    known: knownDomains(input, definition),
    rules: input.rules,
  });
  if (input.organization.state !== "found") return onlyGranted(input, definition, facts);
  return facts.problem === undefined
    ? { definition, hosts: facts.effectiveDomains }
    : { definition: undefined, hosts: [] };
};

/** What is wrong with the definition whatever the organization says counts; the number of its domains does not. */
const onlyGranted = (
  { granted }: InstallInput,
  definition: PackDefinition,
  { problem: wrong, sensitive }: DefinitionFacts,
): ReturnType<typeof currentDefinition> => {
  const byNumber = sensitive.length > 0 && sensitive.every(({ fact }) => fact === "NetworkDomains");
  if (wrong !== undefined && !(wrong.reason === "NotYetSupported" && byNumber)) {
    return { definition: undefined, hosts: [] };
  }
  const declared = definition.spec.networkDomains ?? [];
  return { definition, hosts: (granted?.hosts ?? []).filter((host) => declared.includes(host)) };
};

/** Section 3: the first fact that no longer fits. */
const leavingCause = (input: InstallInput, bound: Bound, permit: Permit): Cause | undefined => {
  const { install } = input;
  const because = (reason: Problem["reason"], message: string): Cause =>
    causeOf(input, permit.binding, problem(reason, message));
  if (input.definition.state === "absent") {
    return because("PackNotFound", `the PackDefinition '${install.spec.packRef.name}' was deleted.`);
  }
  const denying = denyingConfiguration(input);
  if (denying !== undefined) return because("PackDenied", deniedMessage(input, denying));
  const twin = olderTwin(input);
  if (twin !== undefined) return because("AlreadyInstalled", twinMessage(input, twin));
  if (bound.state === "gone") {
    return because(
      "ConfigurationDeleted",
      `the PackConfiguration '${permit.binding.name}' was deleted, or does not speak about this pack any more.`,
    );
  }
  if (access(input, bound) === "no") {
    return because(
      "InstallerAccessLost",
      `neither the installer '${install.spec.installer}' nor the doc's owner may use ${bound.state === "builtIn" ? "the pack by the organization's default" : `the PackConfiguration '${permit.binding.name}'`} any more.`,
    );
  }
  if (bound.state === "builtIn") return undefined;
  const outside = domainsNotAllowed(bound.configuration, permit.hosts);
  if (outside.length > 0) return because("DomainsNotAllowed", domainsMessage(bound.configuration, outside));
  if (!allowsDoc(bound.configuration, install))
    return because("DocNotAllowed", docMessage(bound.configuration, install));
  return undefined;
};

/** Whether the installer or the doc's owner still has access to what is bound. */
const access = (input: InstallInput, bound: Bound): Truth => {
  const { docOwner, install, organization } = input;
  const may = (user: string): Truth => {
    if (bound.state === "bound") return hasAccess(user, bound.configuration, organization);
    if (organization.state !== "found") return "unknown";
    return and(organization.value.spec.defaultAccess === "Members" ? "yes" : "no", isMember(user, organization));
  };
  const owner = docOwner.state === "found" ? may(docOwner.value) : docOwner.state === "absent" ? "no" : "unknown";
  return or(may(install.spec.installer), owner);
};

const unknownFact = (input: InstallInput, bound: Bound): Problem | undefined => {
  const { organization } = input;
  if (organization.state === "absent") {
    return problem("OrganizationNotFound", "the PackOrganization 'default' is gone; this install is held as it is.");
  }
  if (organization.state === "unknown") {
    return problem(
      "OrganizationNotFound",
      `the PackOrganization 'default' cannot be used (${organization.why}); this install is held as it is.`,
    );
  }
  return access(input, bound) === "unknown"
    ? problem(
        "OrganizationNotFound",
        "nobody can tell whether the installer still has access; this install is held as it is.",
      )
    : undefined;
};

const causeOf = (input: InstallInput, binding: BoundConfiguration, why: Problem): Cause => ({
  ...why,
  configuration: binding.name,
  contact: input.organization.state === "found" ? input.organization.value.spec.supportContact : undefined,
});

const leave = (input: InstallInput, permit: Permit, cause: Cause): Evaluation => {
  const began = input.install.status?.pendingUninstall?.since;
  const since = began === undefined ? input.now : Math.min(input.now, parseTimestamp(began));
  const deadline = since + (permit.binding.gracePeriodSeconds ?? 0) * 1000;
  return input.now >= deadline
    ? { outcome: "Uninstalled", cause }
    : { outcome: "Uninstalling", permit, cause, since, deadline };
};
