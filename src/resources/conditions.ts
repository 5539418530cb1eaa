/** Conditions, merged without flapping: `lastTransitionTime` moves only when `status` flips. */
import type { Reason } from "../api/reasons.ts";
import type { Condition } from "../api/v1alpha1/index.ts";

/** A fact to show; `observedGeneration` and times are added by {@link mergeConditions}. */
export type Fact = {
  readonly type: string;
  readonly status: Condition["status"];
  readonly reason: Reason;
  readonly message: string;
};

export const fact = (type: string, status: Condition["status"], reason: Reason, message: string): Fact => ({
  type,
  status,
  reason,
  message: cut(message),
});

/** At most the 1024 characters that the CRDs allow in a message. */
export const cut = (message: string): string => (message.length <= 1024 ? message : `${message.slice(0, 1023)}…`);

/** The new conditions, in the order of `facts`; a type that is not among them is gone. */
export const mergeConditions = (
  previous: readonly Condition[] | undefined,
  facts: readonly Fact[],
  generation: number,
  now: string,
): readonly Condition[] =>
  facts.map((it) => {
    const before = previous?.find(({ type }) => type === it.type);
    return {
      ...it,
      observedGeneration: generation,
      lastTransitionTime: before?.status === it.status ? before.lastTransitionTime : now,
    };
  });

export const conditionOf = (
  object: { readonly status?: { readonly conditions?: readonly Condition[] } },
  type: string,
): Condition | undefined => object.status?.conditions?.find((condition) => condition.type === type);
