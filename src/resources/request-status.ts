/** The status of a PackRequest: what was decided, by whom, and why. Pure. */
import type { PackRequest, PackRequestStatus } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { ended, type Problem, problem } from "../policy/problem.ts";
import { conditionOf, type Fact, fact, mergeConditions } from "./conditions.ts";
import { acceptedFact, readyFact, stalledFacts } from "./summary.ts";

export type RequestStatusInput = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly request: PackRequest;
  /** Whether there is a PackDefinition of the name. */
  readonly packExists: boolean;
  /** Why nobody vouches for who asked and who decided; undefined while the admission policies are in force. */
  readonly unvouched: Problem | undefined;
};

/** A request that is denied is at its end (kstatus: Failed); everything else but an approval waits (InProgress). */
export const requestStatus = (input: RequestStatusInput): PackRequestStatus => {
  const { now, request } = input;
  const generation = request.metadata.generation ?? 0;
  return {
    observedGeneration: generation,
    conditions: mergeConditions(request.status?.conditions, factsOf(input), generation, toTimestamp(now)),
  };
};

const factsOf = ({ packExists, request, unvouched }: RequestStatusInput): readonly Fact[] => {
  const { decision, packRef } = request.spec;
  if (unvouched !== undefined && !isSettled(request)) return [readyFact(unvouched), acceptedFact(unvouched)];
  const accepted = acceptedFact(undefined);
  if (decision === "Denied") {
    const denied = problem("ApprovalDenied", decided(request, "denied"));
    return [readyFact(denied), accepted, ...stalledFacts(denied)];
  }
  if (!packExists) {
    return [readyFact(problem("PackNotFound", `there is no PackDefinition '${packRef.name}' yet.`)), accepted];
  }
  return decision === "Approved"
    ? [fact("Ready", "True", "Approved", decided(request, "approved")), accepted]
    : [readyFact(pending(request)), accepted];
};

/** It was shown as approved or denied while somebody vouched for that, and nobody has edited it since. */
const isSettled = (request: PackRequest): boolean => {
  const ready = conditionOf(request, "Ready");
  return (
    request.status?.observedGeneration === request.metadata.generation &&
    (ready?.reason === "Approved" || ready?.reason === "ApprovalDenied")
  );
};

const pending = ({ spec: { packRef, requester } }: PackRequest): Problem =>
  problem(
    "ApprovalPending",
    `'${requester}' waits for a decision about the pack '${packRef.name}': whoever holds the verb 'approve' on that PackDefinition sets \`spec.decision\`.`,
  );

const decided = ({ spec }: PackRequest, how: "approved" | "denied"): string => {
  const why = spec.decisionReason === undefined ? "." : `: ${ended(spec.decisionReason)}`;
  return `'${spec.decidedBy ?? "somebody"}' ${how} the pack '${spec.packRef.name}'${why}`;
};
