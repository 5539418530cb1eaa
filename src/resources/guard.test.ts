import { describe, expect, test } from "vitest";
import { packInstall } from "../../test/gen/objects.ts";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicySpec } from "../api/wire.ts";
import { guarded, policyProblem } from "./guard.ts";
import { networkPolicy } from "./network-policy.ts";

const fence = networkPolicy(packInstall("crm"), { domains: ["api.crm.com"], agentPort: 8000, proxyPort: 8443 });
const peer: NetworkPolicyPeer = {
  namespaceSelector: { matchLabels: { a: "b" } },
  podSelector: { matchExpressions: [{ key: "app", operator: "In", values: ["x"] }] },
};
const ports = [{ protocol: "TCP", port: 8443 }] as const;

const having = (spec: Partial<NetworkPolicySpec>): NetworkPolicy => ({ ...fence, spec: { ...fence.spec, ...spec } });
const without = (key: keyof NetworkPolicySpec): NetworkPolicy => {
  const { [key]: _, ...spec } = fence.spec;
  return { ...fence, spec: spec as NetworkPolicySpec };
};
const to = (...peers: readonly NetworkPolicyPeer[]): NetworkPolicy => having({ egress: [{ to: peers, ports }] });

describe("the guard lets pass", () => {
  const rows: readonly (readonly [sentence: string, policy: NetworkPolicy])[] = [
    ["a fence with a way out", fence],
    ["a fence without a way out", networkPolicy(packInstall("crm"), { domains: [], agentPort: 8000, proxyPort: 8443 })],
    ["a fence without an egress field", without("egress")],
    ["an empty list of egress rules: nothing is allowed", having({ egress: [] })],
    ["a peer by expressions", to(peer)],
    [
      "several peers and ports",
      having({ egress: [{ to: [peer, peer], ports: [...ports, { protocol: "TCP", port: 8080 }] }] }),
    ],
  ];
  test.each(rows)("%s", (_, policy) => {
    expect(policyProblem(policy)).toBeUndefined();
    expect(guarded(policy)).toBe(policy);
  });
});

describe("the guard refuses", () => {
  const { namespaceSelector, podSelector } = peer;
  const rows: readonly (readonly [sentence: string, policy: NetworkPolicy, why: RegExp])[] = [
    ["a policy for every pod", having({ podSelector: {} }), /every pod/],
    [
      "a policy for every pod by empty lists",
      having({ podSelector: { matchLabels: {}, matchExpressions: [] } }),
      /every pod/,
    ],
    ["a policy without directions", without("policyTypes"), /both directions/],
    ["a policy that leaves ingress open", having({ policyTypes: ["Egress"] }), /both directions/],
    ["a policy that leaves egress open", having({ policyTypes: ["Ingress"] }), /both directions/],
    ["an egress rule without a peer list", having({ egress: [{ ports }] }), /everybody/],
    ["an egress rule with an empty peer list", to(), /everybody/],
    ["an ingress rule without a peer list", having({ ingress: [{ ports }] }), /everybody/],
    ["an ingress rule with an empty peer list", having({ ingress: [{ from: [], ports }] }), /everybody/],
    ["an empty rule", having({ egress: [{}] }), /everybody/],
    ["a wide rule behind a narrow one", having({ egress: [{ to: [peer], ports }, {}] }), /everybody/],
    ["an egress rule without a port list", having({ egress: [{ to: [peer] }] }), /every port/],
    ["an egress rule with an empty port list", having({ egress: [{ to: [peer], ports: [] }] }), /every port/],
    ["an ingress rule with an empty port list", having({ ingress: [{ from: [peer], ports: [] }] }), /every port/],
    [
      "a port without a number, which is every port",
      having({ egress: [{ to: [peer], ports: [{ protocol: "TCP" }] }] }),
      /one number/,
    ],
    ["a port by name", having({ egress: [{ to: [peer], ports: [{ port: "https" }] }] }), /one number/],
    ["a range of ports", having({ egress: [{ to: [peer], ports: [{ port: 1, endPort: 65535 }] }] }), /one number/],
    ["a block of addresses", to({ ipBlock: { cidr: "0.0.0.0/0" } }), /address block/],
    ["a peer without a selector", to({}), /lacks/],
    ["a peer without a pod selector", to({ namespaceSelector: namespaceSelector ?? {} }), /lacks/],
    ["a peer without a namespace selector", to({ podSelector: podSelector ?? {} }), /lacks/],
    ["a peer for every pod of a namespace", to({ ...peer, podSelector: {} }), /selects everything/],
    ["a peer in every namespace", to({ ...peer, namespaceSelector: { matchLabels: {} } }), /selects everything/],
    ["a wide peer beside a narrow one", to(peer, {}), /lacks/],
  ];
  test.each(rows)("%s", (_, policy, why) => {
    expect(policyProblem(policy)).toMatch(why);
    expect(() => guarded(policy)).toThrow(/refusing to write NetworkPolicy crm-/);
  });
});
