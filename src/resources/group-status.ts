/** The status of a PackGroup: how many it names, and whether they are fresh. Pure. */
import type { PackGroup, PackGroupStatus } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { type GroupPart, isFresh } from "../policy/groups.ts";
import { type Problem, problem } from "../policy/problem.ts";
import { type Fact, fact, mergeConditions } from "./conditions.ts";
import { readyFact } from "./summary.ts";

export type GroupStatusInput = {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly group: Pick<PackGroup, "metadata" | "status">;
  readonly part: GroupPart;
};

/** `syncTime` belongs to the group's source and stays as it is. */
export const groupStatus = ({ group, now, part }: GroupStatusInput): PackGroupStatus => {
  const { metadata, status } = group;
  const generation = metadata.generation ?? 0;
  const stale = isFresh(part, now) ? undefined : staleness(status?.syncTime, part, now);
  return {
    observedGeneration: generation,
    ...(status?.syncTime === undefined ? {} : { syncTime: status.syncTime }),
    memberCount: part.members.size,
    conditions: mergeConditions(status?.conditions, [readyFact(stale), freshFact(stale)], generation, toTimestamp(now)),
  };
};

const freshFact = (stale: Problem | undefined): Fact =>
  stale === undefined
    ? fact("Fresh", "True", "Fresh", "The members are as new as the group asks for.")
    : fact("Fresh", "False", stale.reason, stale.message);

const UNTIL_THEN = "until its source reports, who is a member counts as unknown: nobody comes or goes by it";

const staleness = (syncTime: string | undefined, { freshFrom }: GroupPart, now: number): Problem => {
  if (syncTime === undefined) return problem("GroupDataStale", `the group's source has never reported; ${UNTIL_THEN}.`);
  const what =
    now < freshFrom
      ? `the group's source reported from the future, ${syncTime}; check its clock`
      : `the group's source last reported at ${syncTime}, which is longer ago than the group allows`;
  return problem("GroupDataStale", `${what}; ${UNTIL_THEN}.`);
};
