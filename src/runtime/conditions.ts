/** Conditions as the API conventions want them, and what kstatus makes of them. Pure. */
import type { Condition } from "../api/v1alpha1/index.ts";
import { toTimestamp } from "../lib/clock.ts";
import { deepEqual } from "../lib/deep-equal.ts";

/** A condition as a controller computes it: the time of the last flip is not its business. */
export type DesiredCondition = Omit<Condition, "lastTransitionTime">;

/**
 * The conditions of an object after a reconcile, sorted by type.
 *
 * - Types in `owned` that are not desired are removed; other controllers' types are kept.
 * - `lastTransitionTime` moves only when `status` flips.
 * - The result is `existing` itself when nothing changed.
 *
 * @param now milliseconds since 1970
 */
export const mergeConditions = (
  existing: readonly Condition[],
  desired: readonly DesiredCondition[],
  owned: readonly string[],
  now: number,
): readonly Condition[] => {
  const wanted = new Set(desired.map(({ type }) => type));
  const kept = existing.filter(({ type }) => !wanted.has(type) && !owned.includes(type));
  const set = desired.map((condition) => withTransition(condition, findCondition(existing, condition.type), now));
  const merged = [...kept, ...set].sort((a, b) => (a.type < b.type ? -1 : 1));
  return deepEqual(merged, existing) ? existing : merged;
};

const withTransition = (desired: DesiredCondition, former: Condition | undefined, now: number): Condition => ({
  ...desired,
  lastTransitionTime: former?.status === desired.status ? former.lastTransitionTime : toTimestamp(now),
});

export const findCondition = <C extends { readonly type: string }>(
  conditions: readonly C[] | undefined,
  type: string,
): C | undefined => conditions?.find((condition) => condition.type === type);

export type Kstatus = "Current" | "InProgress" | "Failed" | "Terminating";

/** What of an object kstatus looks at. */
export type Observed = {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
};

/**
 * How Flux, Helm 4 and cli-utils judge a custom resource
 * (kubernetes-sigs/cli-utils, pkg/kstatus/status/generic.go). An object without `Ready` is Current to them.
 */
export const kstatusOf = ({ metadata, status }: Observed): Kstatus => {
  if (metadata.deletionTimestamp !== undefined) return "Terminating";
  const { observedGeneration, conditions } = status ?? {};
  if (observedGeneration !== undefined && observedGeneration !== metadata.generation) return "InProgress";
  const is = (type: string, ...statuses: string[]): boolean =>
    statuses.includes(findCondition(conditions, type)?.status ?? "");
  if (is("Reconciling", "True")) return "InProgress";
  if (is("Stalled", "True")) return "Failed";
  return is("Ready", "False", "Unknown") ? "InProgress" : "Current";
};
