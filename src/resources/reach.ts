/**
 * Which foreign NetworkPolicies widen a sandbox's reach. Policies are additive: what any policy that selects the pod
 * allows, is allowed. A policy without rules only narrows.
 */
import { keyOf } from "../api/meta.ts";
import { LABEL } from "../api/names.ts";
import type { LabelSelector, NetworkPolicy, NetworkPolicySpec } from "../api/wire.ts";

export type Labels = Readonly<Record<string, string>>;

/** Label selector semantics of the API: every part must hold; an empty selector selects everything. */
export const selects = (selector: LabelSelector, labels: Labels): boolean => {
  const exact = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return (
    exact &&
    (selector.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === "Exists") return value !== undefined;
      if (operator === "DoesNotExist") return value === undefined;
      const listed = value !== undefined && values.includes(value);
      return operator === "In" ? listed : !listed;
    })
  );
};

/** Whether a policy allows anything at all; rules of a direction that `policyTypes` leaves out do not count. */
export const allowsAnything = ({ policyTypes, ingress = [], egress = [] }: NetworkPolicySpec): boolean => {
  const has = (type: "Ingress" | "Egress", rules: readonly unknown[]): boolean =>
    rules.length > 0 && (policyTypes === undefined || policyTypes.length === 0 || policyTypes.includes(type));
  return has("Ingress", ingress) || has("Egress", egress);
};

/** The foreign policies, by name and sorted, that select a pod with any of these labels and allow it anything. */
export const wideningPolicies = (
  policies: Iterable<Pick<NetworkPolicy, "metadata" | "spec">>,
  labelSets: readonly Labels[],
  own: { readonly name: string; readonly uid: string },
): readonly string[] => {
  const names: string[] = [];
  for (const policy of policies) {
    const mine = policy.metadata.name === own.name && policy.metadata.labels?.[LABEL.installUid] === own.uid;
    const selected = labelSets.some((labels) => selects(policy.spec.podSelector, labels));
    if (!mine && selected && allowsAnything(policy.spec)) names.push(keyOf(policy));
  }
  return names.sort();
};
