/**
 * The last look at a NetworkPolicy before it leaves a builder. In the NetworkPolicy API an empty or missing list of
 * peers or ports means "everybody" and "every port"; such a rule must never be written, whatever the input was.
 */
import type { NetworkPolicy, NetworkPolicyPeer } from "../api/wire.ts";

const isEmptySelector = (selector: NetworkPolicyPeer["podSelector"]): boolean =>
  selector !== undefined &&
  Object.keys(selector.matchLabels ?? {}).length === 0 &&
  (selector.matchExpressions ?? []).length === 0;

const peerProblem = (peer: NetworkPolicyPeer): string | undefined => {
  if (peer.ipBlock !== undefined) return "a peer is an address block";
  if (peer.podSelector === undefined || peer.namespaceSelector === undefined) {
    return "a peer lacks a pod or a namespace selector";
  }
  return isEmptySelector(peer.podSelector) || isEmptySelector(peer.namespaceSelector)
    ? "a peer's selector selects everything"
    : undefined;
};

/** What makes a policy wider than it looks, or undefined. */
export const policyProblem = ({ spec }: NetworkPolicy): string | undefined => {
  if (isEmptySelector(spec.podSelector)) return "it selects every pod of the namespace";
  const types = spec.policyTypes ?? [];
  if (!types.includes("Ingress") || !types.includes("Egress")) return "it does not isolate both directions";
  const rules = [
    ...(spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports })),
    ...(spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports })),
  ];
  for (const { peers, ports } of rules) {
    if (peers === undefined || peers.length === 0) return "a rule without peers means everybody";
    if (ports === undefined || ports.length === 0) return "a rule without ports means every port";
    if (ports.some(({ port, endPort }) => typeof port !== "number" || endPort !== undefined)) {
      return "a rule's port is not one number";
    }
    const wrong = peers.map(peerProblem).find((it) => it !== undefined);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
};

/** Returns the policy, or throws: a builder that would write such a policy is broken, and nothing must be written. */
export const guarded = (policy: NetworkPolicy): NetworkPolicy => {
  const wrong = policyProblem(policy);
  if (wrong !== undefined) throw new Error(`refusing to write NetworkPolicy ${policy.metadata.name}: ${wrong}`);
  return policy;
};
