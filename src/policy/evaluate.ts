/**
 * What becomes of one install: the only function that decides it. The controller, `packctl` and the tests call it.
 *
 * Guarantees: same input, same result; what is unknown never widens anything and never uninstalls anything; absence
 * means denial.
 */
import { isReason } from "../api/reasons.ts";
import type {
  BoundConfiguration,
  BoundRequest,
  PackConfiguration,
  PackDefinition,
  PackRequest,
} from "../api/v1alpha1/index.ts";
import { parseTimestamp } from "../lib/clock.ts";
import {
  CHECKS,
  configurationsKnown,
  definitionAccepted,
  denyingConfiguration,
  domainsAllowed,
  knownDomains,
  packNotDenied,
} from "./checks.ts";
import { aboutPack, configurationProblem, isEnforced } from "./configuration.ts";
import { accessible, byAge, configurationFound, membershipUnknown } from "./configuration-choice.ts";
import { type DefinitionFacts, evaluateDefinition } from "./definition.ts";
import { docAllowed, sharingMessage, sharingObstacle } from "./doc-fit.ts";
import { type InstallInput, isBound } from "./input.ts";
import { isLatched, returnsByItself } from "./latch.ts";
import { type Bound, boundConfiguration, leavingCause, unknownFact } from "./leaving.ts";
import { enumerate, type Problem, problem } from "./problem.ts";
import { type Findings, runChecks } from "./step.ts";

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
  /** What of the definition is in effect; absent where it is. */
  readonly facts: DefinitionFacts | undefined;
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
      /** Why it waits longer than its grace period. */
      readonly paused?: Problem;
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

/** What an install is bound to that has passed the checks with these findings. */
export const permitOf = ({ configuration, definition, facts, request }: Findings): Permit => ({
  binding: bindingOf(configuration, request),
  configuration,
  definition,
  facts,
  hosts: facts?.effectiveDomains ?? [],
});

const bindingOf = (configuration: PackConfiguration | undefined, request?: PackRequest): BoundConfiguration =>
  configuration === undefined
    ? {
        name: BUILT_IN,
        uid: "",
        generation: 0,
        gracePeriodSeconds: 0,
        builtIn: true,
        ...(request === undefined ? {} : { request: boundRequest(request) }),
      }
    : {
        name: configuration.metadata.name,
        uid: configuration.metadata.uid ?? "",
        generation: configuration.metadata.generation ?? 0,
        gracePeriodSeconds: configuration.spec.gracePeriodSeconds ?? 0,
      };

const boundRequest = ({ metadata: { name, namespace = "", uid = "" } }: PackRequest): BoundRequest => ({
  namespace,
  name,
  uid,
});

const installed = (input: InstallInput, permit: Permit, unknown: Problem | undefined): Evaluation => ({
  outcome: "Installed",
  permit,
  suspended: suspension(input, permit) ?? (unknown === undefined ? undefined : stillLeaving(input)),
  unknown,
});

/** What closes a grant and ends by itself, whatever else is unknown. */
const ENDS_BY_ITSELF: ReadonlySet<Problem["reason"]> = new Set([
  "ConfigurationNotAccepted",
  "DefinitionNotAccepted",
  "NetworkWidened",
  "Progressing",
  "Suspended",
]);

/** A grant that was closed opens again once its cause is gone, not because nobody can tell whether it is. */
const stillLeaving = ({ granted, install }: InstallInput): Problem | undefined => {
  const pending = install.status?.pendingUninstall;
  if (pending !== undefined && isReason(pending.reason)) return problem(pending.reason, pending.message);
  const closed = granted?.closedBy;
  return closed === undefined || ENDS_BY_ITSELF.has(closed.reason) ? undefined : closed;
};

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

const evaluateBound = (input: InstallInput): Evaluation => {
  const binding = input.install.status?.boundConfiguration;
  if (binding === undefined) return evaluateNew(input);
  if (input.unvouched !== undefined && input.granted === undefined) return closedFor(input, binding, input.unvouched);
  if (input.definition.state === "unknown" && denyingConfiguration(input) === undefined)
    return held(input, binding, unlisted(`the PackDefinition cannot be read: ${input.definition.why}`));
  const first = firstConfiguration(input, binding);
  if (first !== undefined) return first;
  const bound = boundConfiguration(input, binding);
  if (bound.state === "unsure" && denyingConfiguration(input) === undefined) {
    return held(input, binding, membershipUnknown(input));
  }
  if (
    (bound.state === "gone" || bound.state === "builtIn") &&
    !input.configurationsKnown &&
    denyingConfiguration(input) === undefined
  ) {
    return held(input, binding, unlisted("the PackConfigurations cannot be listed at present"));
  }
  const permit = currentPermit(input, binding, bound);
  const why = leavingCause(input, bound, permit);
  if (why === undefined) return staying(input, permit, bound);
  const cause = causeOf(input, binding, why);
  return input.organization.state === "found" ? leave(input, permit, cause) : closed(input, permit, bound, cause);
};

const staying = (input: InstallInput, permit: Permit, bound: Bound): Evaluation => {
  // A review that cannot be read may be there: what it approved stays as it was granted.
  if (!input.reviewsKnown && (permit.facts?.unreviewed ?? []).length > 0) {
    return held(input, permit.binding, unlisted("the PackReviews cannot be listed at present"));
  }
  const forgets = permit.definition !== undefined && unrecordedHosts(input, permit).length > 0;
  return forgets ? closedUntilRecorded(input, permit) : installed(input, permit, unknownFact(input, bound));
};

/** Domains that would be forgotten with this grant: another one could take their place without a review. */
const unrecordedHosts = ({ granted }: InstallInput, { definition, hosts }: Permit): readonly string[] => {
  const recorded = new Set([...hosts, ...(definition?.status?.knownDomains ?? [])]);
  return (granted?.hosts ?? []).filter((host) => !recorded.has(host));
};

const closedUntilRecorded = (input: InstallInput, { binding }: Permit): Evaluation => ({
  outcome: "Installed",
  permit: nothingAllowed(binding),
  suspended:
    resting(input) ??
    problem("Progressing", "the domains that the pack used until now are being recorded in its definition's status."),
  unknown: undefined,
});

/** A bound install without anything that is allowed. */
const nothingAllowed = (binding: BoundConfiguration): Permit => ({
  binding,
  configuration: undefined,
  definition: undefined,
  facts: undefined,
  hosts: [],
});

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
    permit: nothingAllowed(binding),
    suspended: resting(input) ?? problem(reason, message),
    unknown: why,
  };
};

/** Without an organization nothing is uninstalled; a pack that would leave is closed until there is one. */
const closed = (input: InstallInput, { binding }: Permit, bound: Bound, { reason, message }: Cause): Evaluation => ({
  outcome: "Installed",
  permit: nothingAllowed(binding),
  suspended: resting(input) ?? problem(reason, message),
  unknown: unknownFact(input, bound),
});

/** Bound, but nothing is let through until somebody can tell. */
const closedFor = (input: InstallInput, binding: BoundConfiguration, why: Problem): Evaluation => ({
  outcome: "Installed",
  permit: nothingAllowed(binding),
  suspended: resting(input) ?? why,
  unknown: why,
});

const FIRST_CONFIGURATION = [
  definitionAccepted,
  packNotDenied,
  configurationsKnown,
  configurationFound,
  domainsAllowed,
  docAllowed,
];

/**
 * Bound to the default access while configurations exist: the checks run again, and the pack is bound or leaves. While
 * nobody can tell whether one admits the installer, it is closed: the default holds no longer. Undefined where there is
 * nothing to decide.
 */
const firstConfiguration = (input: InstallInput, binding: BoundConfiguration): Evaluation | undefined => {
  if (binding.builtIn !== true || input.organization.state !== "found" || !aboutPack(input).some(isEnforced))
    return undefined;
  const again = runChecks(FIRST_CONFIGURATION, choosingTheOldest(input));
  if ("wait" in again) {
    return again.wait.reason === "GroupDataStale" ? closedFor(input, binding, again.wait) : undefined;
  }
  const leaving = (why: Problem): Evaluation =>
    leave(input, currentPermit(input, binding, { state: "builtIn" }), causeOf(input, binding, why));
  if ("refuse" in again) return leaving(again.refuse);
  const { configuration } = again.pass;
  const obstacle = sharingObstacle(input, configuration);
  return obstacle?.kind === "uncovered" && configuration !== undefined
    ? leaving(problem("SharingIncompatible", sharingMessage(configuration, obstacle.entry)))
    : staying(input, permitOf(again.pass), boundTo(configuration));
};

/** Of several that appear together the oldest is the first, as if they had been seen one by one. */
const choosingTheOldest = (input: InstallInput): InstallInput => {
  const { install } = input;
  if (install.spec.configurationRef !== undefined) return input;
  const [oldest, ...others] = accessible(input).sort(byAge);
  if (oldest === undefined || others.length === 0) return input;
  const configurationRef = { name: oldest.metadata.name };
  return { ...input, install: { ...install, spec: { ...install.spec, configurationRef } } };
};

const boundTo = (configuration: PackConfiguration | undefined): Bound =>
  configuration === undefined ? { state: "builtIn" } : { state: "bound", configuration };

const held = (input: InstallInput, binding: BoundConfiguration, { message, reason }: Problem): Evaluation => ({
  outcome: "Installed",
  permit: { ...nothingAllowed(binding), hosts: input.granted?.hosts ?? [] },
  suspended: resting(input) ?? widened(input),
  unknown: problem(reason, `${message} This install is held as it is.`),
});

const unlisted = (why: string): Problem => problem("KindNotServed", `${why}.`);

const currentPermit = (input: InstallInput, binding: BoundConfiguration, bound: Bound): Permit => {
  const configuration = bound.state === "bound" ? bound.configuration : undefined;
  return {
    binding: configuration === undefined ? binding : bindingOf(configuration),
    configuration,
    ...currentDefinition(input),
  };
};

const NO_DEFINITION = { definition: undefined, facts: undefined, hosts: [] } as const;

/** Without an organization nobody knows how many domains are fine unreviewed: nothing is added to what is granted. */
const currentDefinition = (input: InstallInput): Pick<Permit, "definition" | "facts" | "hosts"> => {
  if (input.definition.state !== "found") return NO_DEFINITION;
  const definition = input.definition.value;
  const facts = evaluateDefinition({
    definition,
    organization: input.organization,
    known: knownDomains(input, definition),
    reviews: input.reviews,
    now: input.now,
    rules: input.rules,
  });
  if (facts.problem !== undefined) return NO_DEFINITION;
  const hosts =
    input.organization.state === "found" ? facts.effectiveDomains : onlyGranted(input, definition.spec.networkDomains);
  return { definition, facts, hosts };
};

const onlyGranted = ({ granted }: InstallInput, declared: readonly string[] = []): readonly string[] =>
  (granted?.hosts ?? []).filter((host) => declared.includes(host));

const causeOf = (input: InstallInput, binding: BoundConfiguration, why: Problem): Cause => ({
  ...why,
  configuration: binding.name,
  contact: input.organization.state === "found" ? input.organization.value.spec.supportContact : undefined,
});

const leave = (input: InstallInput, permit: Permit, cause: Cause): Evaluation => {
  const began = input.install.status?.pendingUninstall?.since;
  const since = began === undefined ? input.now : Math.min(input.now, parseTimestamp(began));
  const deadline = since + (permit.binding.gracePeriodSeconds ?? 0) * 1000;
  if (input.now < deadline) return { outcome: "Uninstalling", permit, cause, since, deadline };
  return input.held === undefined
    ? { outcome: "Uninstalled", cause }
    : { outcome: "Uninstalling", permit, cause, since, deadline, paused: input.held };
};
