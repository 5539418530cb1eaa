/** The statuses of the kinds that people write: is it accepted, what does it need, who uses it. Pure. */

import type { KubeObject } from "../api/meta.ts";
import type { Reason } from "../api/reasons.ts";
import type {
  CommonStatus,
  PackConfiguration,
  PackConfigurationStatus,
  PackDefinition,
  PackDefinitionStatus,
  PackOrganization,
  PackOrganizationStatus,
} from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { configurationProblem, summarize, unknownComponents } from "../policy/configuration.ts";
import { type DefinitionFacts, nextKnownDomains } from "../policy/definition.ts";
import { organizationProblem } from "../policy/organization.ts";
import { enumerate, type Problem } from "../policy/problem.ts";
import { type Fact, fact, mergeConditions } from "./conditions.ts";

const accepted = (problem: Problem | undefined): Fact =>
  problem === undefined
    ? fact("Accepted", "True", "Accepted", "Every check is passed.")
    : fact("Accepted", "False", problem.reason, problem.message);

/** `Ready` from what it sums up; refused for good means that only an edit helps. */
const summary = (problem: Problem | undefined): readonly Fact[] =>
  problem === undefined
    ? [fact("Ready", "True", "Succeeded", "Everything is as it should be.")]
    : [fact("Ready", "False", problem.reason, problem.message)];

const stalled = (problem: Problem | undefined): readonly Fact[] =>
  problem === undefined ? [] : [fact("Stalled", "True", problem.reason, problem.message)];

export type DefinitionStatusInput = {
  readonly now: number;
  readonly definition: PackDefinition;
  readonly facts: DefinitionFacts;
  readonly known: readonly string[];
  /** Installs that name the pack. */
  readonly installs: number;
};

export const definitionStatus = ({
  definition,
  facts,
  installs,
  known,
  now,
}: DefinitionStatusInput): PackDefinitionStatus => {
  const needs = facts.sensitive.map(({ message }) => message).join("; ");
  const review =
    facts.sensitive.length === 0
      ? fact("Reviewed", "True", "NoReviewNeeded", "Nothing in this definition needs a review.")
      : fact("Reviewed", "False", "ReviewRequired", `A review is needed: ${needs}.`);
  const all = [
    ...summary(facts.problem),
    accepted(facts.problem),
    review,
    fact("Certified", "False", "NotCertified", "Nobody vouches for this definition as it is now."),
    ...stalled(facts.problem),
  ];
  const knownDomains = nextKnownDomains(known, facts.effectiveDomains, installs);
  return {
    observedGeneration: definition.metadata.generation ?? 0,
    ...(facts.effectiveDomains.length === 0 ? {} : { effectiveDomains: facts.effectiveDomains }),
    ...(knownDomains.length === 0 ? {} : { knownDomains }),
    installs,
    conditions: mergeConditions(
      definition.status?.conditions,
      all,
      definition.metadata.generation ?? 0,
      toTimestamp(now),
    ),
  };
};

export type ConfigurationStatusInput = {
  readonly now: number;
  readonly configuration: PackConfiguration;
  /** The definition that `packRef` names; absent with a selector, and where there is none. */
  readonly definition: PackDefinition | undefined;
  /** Installs bound to it. */
  readonly installs: number;
};

const references = ({ configuration, definition }: ConfigurationStatusInput): Fact => {
  const type = "ReferencesResolved";
  const pack = configuration.spec.packRef?.name;
  if (pack === undefined) return fact(type, "True", "Resolved", "It speaks about packs by their labels.");
  if (definition === undefined) {
    return fact(
      type,
      "False",
      "PackNotFound",
      `There is no PackDefinition '${pack}' yet; the configuration counts once there is.`,
    );
  }
  const missing = unknownComponents(configuration, definition);
  return missing.length === 0
    ? fact(type, "True", "Resolved", "Everything that is named exists.")
    : fact(
        type,
        "False",
        "ComponentNotFound",
        `The pack '${pack}' has no ${enumerate(missing)}; correct the name, it enables nothing.`,
      );
};

export const configurationStatus = (input: ConfigurationStatusInput): PackConfigurationStatus => {
  const { configuration, installs, now } = input;
  const problem = configurationProblem(configuration);
  const resolved = references(input);
  const open: Problem | undefined =
    problem ??
    (resolved.status === "True" ? undefined : { reason: resolved.reason as Reason, message: resolved.message });
  const all = [
    ...summary(open),
    accepted(problem),
    resolved,
    problem?.message.startsWith("the group") === true
      ? fact("SubjectsResolved", "Unknown", "NotYetSupported", problem.message)
      : fact("SubjectsResolved", "True", "Resolved", "No group is named."),
    ...stalled(problem),
  ];
  return {
    observedGeneration: configuration.metadata.generation ?? 0,
    summary: summarize(configuration).slice(0, 512),
    installs,
    conditions: mergeConditions(
      configuration.status?.conditions,
      all,
      configuration.metadata.generation ?? 0,
      toTimestamp(now),
    ),
  };
};

export const organizationStatus = (organization: PackOrganization, now: number): PackOrganizationStatus => {
  const problem = organizationProblem(organization);
  const all = [
    ...summary(problem),
    fact(
      "AdmissionEnforced",
      "Unknown",
      "NotYetSupported",
      "This version does not check that the admission policies are installed.",
    ),
    ...stalled(problem),
  ];
  return {
    observedGeneration: organization.metadata.generation ?? 0,
    conditions: mergeConditions(
      organization.status?.conditions,
      all,
      organization.metadata.generation ?? 0,
      toTimestamp(now),
    ),
  };
};

/** The status of an object whose kind this version does not act on. */
export const unsupportedStatus = (
  object: KubeObject & { readonly status?: CommonStatus },
  now: number,
): CommonStatus => {
  const problem: Problem = {
    reason: "NotYetSupported",
    message: `this version does not act on ${object.kind} objects; nothing follows from this one.`,
  };
  const generation = object.metadata.generation ?? 0;
  const all = [...summary(problem), accepted(problem), ...stalled(problem)];
  return {
    observedGeneration: generation,
    conditions: mergeConditions(object.status?.conditions, all, generation, toTimestamp(now)),
  };
};
