/** What NetworkPolicies let through, read as the API documents them. Written apart from the builders and their guard. */
import type { LabelSelector, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec } from "../../src/api/wire.ts";

export type Labels = Readonly<Record<string, string>>;

/** Another end of a connection: a pod with its namespace's labels, or an address outside. */
export type End = { readonly name: string } & (
  | { readonly pod: Labels; readonly namespace: Labels }
  | { readonly outside: true }
);

const chosen = (selector: LabelSelector, labels: Labels): boolean => {
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) if (labels[key] !== value) return false;
  for (const { key, operator, values } of selector.matchExpressions ?? []) {
    const has = Object.hasOwn(labels, key);
    const among = has && (values ?? []).includes(labels[key] ?? "");
    const holds = { In: among, NotIn: !among, Exists: has, DoesNotExist: !has }[operator];
    if (!holds) return false;
  }
  return true;
};

const isPeer = (peer: NetworkPolicyPeer, end: End, own: Labels): boolean => {
  if ("outside" in end) return peer.ipBlock !== undefined;
  if (peer.ipBlock !== undefined) return true;
  if (peer.namespaceSelector !== undefined && !chosen(peer.namespaceSelector, end.namespace)) return false;
  if (peer.namespaceSelector === undefined && end.namespace !== own) return false;
  return peer.podSelector === undefined || chosen(peer.podSelector, end.pod);
};

const isPort = (port: NetworkPolicyPort, number: number): boolean => {
  if ((port.protocol ?? "TCP") !== "TCP") return false;
  if (port.port === undefined || typeof port.port === "string") return true;
  return port.endPort === undefined ? port.port === number : port.port <= number && number <= port.endPort;
};

/** Whether a pod may open (`Egress`) or accept (`Ingress`) a TCP connection with `end` at `port`. */
export const allows = (
  policies: readonly NetworkPolicySpec[],
  pod: Labels,
  namespace: Labels,
  direction: "Ingress" | "Egress",
  end: End,
  port: number,
): boolean => {
  let isolated = false;
  for (const spec of policies) {
    const types = spec.policyTypes ?? (spec.egress === undefined ? ["Ingress"] : ["Ingress", "Egress"]);
    if (!types.includes(direction) || !chosen(spec.podSelector, pod)) continue;
    isolated = true;
    const rules =
      direction === "Egress"
        ? (spec.egress ?? []).map(({ ports, to }) => ({ ports, peers: to }))
        : (spec.ingress ?? []).map(({ from, ports }) => ({ ports, peers: from }));
    for (const { peers, ports } of rules) {
      const fromAnybody = peers === undefined || peers.length === 0;
      const atAnyPort = ports === undefined || ports.length === 0;
      if (!fromAnybody && !peers.some((peer) => isPeer(peer, end, namespace))) continue;
      if (atAnyPort || ports.some((it) => isPort(it, port))) return true;
    }
  }
  return !isolated;
};
