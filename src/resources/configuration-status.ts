/** The status of a PackConfiguration: does it count, does what it names exist, who uses it. Pure. */
import type { Reason } from "../api/reasons.ts";
import type {
  PackConfiguration,
  PackConfigurationStatus,
  PackDefinition,
  PackInstall,
  Violation,
} from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { configurationProblem, summarize, unknownComponents } from "../policy/configuration.ts";
import { type GroupPart, isFresh } from "../policy/groups.ts";
import { enumerate, type Problem } from "../policy/problem.ts";
import { type Fact, fact, mergeConditions } from "./conditions.ts";
import { acceptedFact, readyFact, stalledFacts } from "./summary.ts";

const MOST_VIOLATIONS = 50;

export type ConfigurationStatusInput = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly configuration: PackConfiguration;
  /** The definition that `packRef` names; absent with a selector, and where there is none. */
  readonly definition: PackDefinition | undefined;
  /** The parts of a group; none if there is no such group. */
  readonly partsOf: (group: string) => readonly GroupPart[];
  /** How many installs are bound to it. */
  readonly installs: number;
  /** Installs that it would refuse or uninstall if it were not on trial, by key. */
  readonly violating: readonly PackInstall[];
};

const TYPE_REFERENCES = "ReferencesResolved";

const references = ({ configuration, definition }: ConfigurationStatusInput): Fact => {
  const pack = configuration.spec.packRef?.name;
  if (pack === undefined) return fact(TYPE_REFERENCES, "True", "Resolved", "It speaks about packs by their labels.");
  if (definition === undefined) {
    return fact(
      TYPE_REFERENCES,
      "False",
      "PackNotFound",
      `There is no PackDefinition '${pack}' yet; the configuration counts once there is.`,
    );
  }
  const missing = unknownComponents(configuration, definition);
  return missing.length === 0
    ? fact(TYPE_REFERENCES, "True", "Resolved", "Everything that is named exists.")
    : fact(
        TYPE_REFERENCES,
        "False",
        "ComponentNotFound",
        `The pack '${pack}' has no ${enumerate(missing)}; correct the name, it enables nothing.`,
      );
};

const TYPE_SUBJECTS = "SubjectsResolved";

const subjects = ({ configuration, now, partsOf }: ConfigurationStatusInput): Fact => {
  const named = (configuration.spec.access?.subjects ?? []).filter(({ kind }) => kind === "Group");
  if (named.length === 0) return fact(TYPE_SUBJECTS, "True", "Resolved", "No group is named.");
  const groups = named.map(({ name }) => ({ name, parts: partsOf(name) }));
  const missing = groups.filter(({ parts }) => parts.length === 0).map(({ name }) => name);
  if (missing.length > 0) {
    return fact(
      TYPE_SUBJECTS,
      "False",
      "GroupNotFound",
      `There is no PackGroup ${enumerate(missing)}, so it has no members; create it, or correct the name.`,
    );
  }
  const stale = groups.filter(({ parts }) => parts.some((part) => !isFresh(part, now))).map(({ name }) => name);
  return stale.length === 0
    ? fact(TYPE_SUBJECTS, "True", "Resolved", "Every group is known and fresh.")
    : fact(
        TYPE_SUBJECTS,
        "Unknown",
        "GroupDataStale",
        `The members of ${enumerate(stale)} are older than the group allows; until its source reports, nobody comes or goes by it.`,
      );
};

const violations = (name: string, installs: readonly PackInstall[]): readonly Violation[] =>
  installs.slice(0, MOST_VIOLATIONS).flatMap(({ metadata, status }) => {
    const found = status?.trials?.find(({ configuration }) => configuration === name);
    if (found === undefined) return [];
    const { message, reason } = found;
    return [{ namespace: metadata.namespace ?? "", name: metadata.name, reason, message }];
  });

export const configurationStatus = (input: ConfigurationStatusInput): PackConfigurationStatus => {
  const { configuration, installs, now, violating } = input;
  const problem = configurationProblem(configuration);
  const resolved = [references(input), subjects(input)];
  const open: Problem | undefined = problem ?? resolved.filter(({ status }) => status === "False").map(asProblem)[0];
  const generation = configuration.metadata.generation ?? 0;
  const all = [readyFact(open), acceptedFact(problem), ...resolved, ...stalledFacts(problem)];
  const onTrial = configuration.spec.enforcement === "Audit";
  return {
    observedGeneration: generation,
    summary: summarize(configuration).slice(0, 512),
    installs,
    ...(onTrial ? { violations: violating.length } : {}),
    ...(violating.length > 0 ? { violating: violations(configuration.metadata.name, violating) } : {}),
    conditions: mergeConditions(configuration.status?.conditions, all, generation, toTimestamp(now)),
  };
};

const asProblem = ({ reason, message }: { readonly reason: Reason; readonly message: string }): Problem => ({
  reason,
  message,
});
