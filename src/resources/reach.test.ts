import { describe, expect, test } from "vitest";
import { packInstall } from "../../test/gen/objects.ts";
import { LABEL } from "../api/names.ts";
import type { LabelSelector, NetworkPolicy, NetworkPolicySpec } from "../api/wire.ts";
import { childNameOf } from "./identity.ts";
import { networkPolicy } from "./network-policy.ts";
import { selects, wideningPolicies } from "./reach.ts";
import { podLabels } from "./sandbox-pod.ts";

const install = packInstall("crm");
const labels = podLabels(install);
const own = { name: childNameOf(install), uid: install.metadata.uid ?? "" };

const expressions = (...matchExpressions: NonNullable<LabelSelector["matchExpressions"]>): LabelSelector => ({
  matchExpressions,
});

describe("a selector", () => {
  const pod = { app: "web", tier: "gold", empty: "" };
  const rows: readonly (readonly [sentence: string, selector: LabelSelector, selected: boolean])[] = [
    ["that is empty selects everything", {}, true],
    ["with empty lists selects everything", { matchLabels: {}, matchExpressions: [] }, true],
    ["selects by a label", { matchLabels: { app: "web" } }, true],
    ["does not select by another value", { matchLabels: { app: "api" } }, false],
    ["does not select by a label that is missing", { matchLabels: { zone: "a" } }, false],
    ["needs all labels", { matchLabels: { app: "web", tier: "tin" } }, false],
    ["takes an empty value for a value", { matchLabels: { empty: "" } }, true],
    ["In: selects a listed value", expressions({ key: "app", operator: "In", values: ["api", "web"] }), true],
    ["In: does not select another value", expressions({ key: "app", operator: "In", values: ["api"] }), false],
    ["In: does not select a missing label", expressions({ key: "zone", operator: "In", values: ["a"] }), false],
    ["NotIn: does not select a listed value", expressions({ key: "app", operator: "NotIn", values: ["web"] }), false],
    ["NotIn: selects another value", expressions({ key: "app", operator: "NotIn", values: ["api"] }), true],
    ["NotIn: selects a missing label", expressions({ key: "zone", operator: "NotIn", values: ["a"] }), true],
    ["Exists: selects a label of any value", expressions({ key: "empty", operator: "Exists" }), true],
    ["Exists: does not select a missing label", expressions({ key: "zone", operator: "Exists" }), false],
    ["DoesNotExist: selects a missing label", expressions({ key: "zone", operator: "DoesNotExist" }), true],
    [
      "DoesNotExist: does not select a label of any value",
      expressions({ key: "empty", operator: "DoesNotExist" }),
      false,
    ],
    [
      "needs all expressions",
      expressions({ key: "app", operator: "Exists" }, { key: "zone", operator: "Exists" }),
      false,
    ],
    [
      "needs labels and expressions",
      { matchLabels: { app: "web" }, ...expressions({ key: "app", operator: "DoesNotExist" }) },
      false,
    ],
  ];
  test.each(rows)("%s", (_, selector, selected) => {
    expect(selects(selector, pod)).toBe(selected);
  });
});

const foreign = (
  spec: Partial<NetworkPolicySpec>,
  metadata: Partial<NetworkPolicy["metadata"]> = {},
): NetworkPolicy => ({
  apiVersion: "networking.k8s.io/v1",
  kind: "NetworkPolicy",
  metadata: { name: "foreign", namespace: "packs-sandboxes", ...metadata },
  spec: { podSelector: {}, ...spec },
});

describe("a foreign policy widens a sandbox's reach", () => {
  const rows: readonly (readonly [sentence: string, spec: Partial<NetworkPolicySpec>, widens: boolean])[] = [
    ["if it selects every pod and lets all out", { policyTypes: ["Egress"], egress: [{}] }, true],
    ["if it selects every pod and lets all in", { policyTypes: ["Ingress"], ingress: [{}] }, true],
    [
      "if it selects the sandboxes' label",
      { podSelector: { matchLabels: { [LABEL.sandbox]: "true" } }, egress: [{}] },
      true,
    ],
    ["if it selects this pack", { podSelector: { matchLabels: { [LABEL.pack]: "crm" } }, egress: [{}] }, true],
    [
      "if it selects by what a pod lacks",
      { podSelector: expressions({ key: "app", operator: "DoesNotExist" }), egress: [{}] },
      true,
    ],
    [
      "if it allows a single address",
      { egress: [{ to: [{ ipBlock: { cidr: "10.0.0.1/32" } }], ports: [{ port: 443 }] }] },
      true,
    ],
    ["if it says nothing about directions and has rules for egress", { egress: [{}] }, true],
    ["if its list of directions is empty and it has rules", { policyTypes: [], ingress: [{}] }, true],
    ["not if it selects another pack", { podSelector: { matchLabels: { [LABEL.pack]: "mail" } }, egress: [{}] }, false],
    ["not if it only denies", { policyTypes: ["Ingress", "Egress"] }, false],
    ["not if its rules are empty lists", { policyTypes: ["Ingress", "Egress"], ingress: [], egress: [] }, false],
    ["not by rules of a direction that it leaves out", { policyTypes: ["Ingress"], egress: [{}] }, false],
  ];
  test.each(rows)("%s", (_, spec, widens) => {
    expect(wideningPolicies([foreign(spec)], [labels], own)).toEqual(widens ? ["packs-sandboxes/foreign"] : []);
  });

  const open = { egress: [{}] };
  test("whatever its labels claim, unless it has the name of the sandbox's own", () => {
    const claiming = { labels: { [LABEL.installUid]: own.uid } };
    expect(wideningPolicies([foreign(open, claiming)], [labels], own)).toHaveLength(1);
    expect(wideningPolicies([foreign(open, { ...claiming, name: own.name })], [labels], own)).toEqual([]);
  });

  test("under the name of the sandbox's own, if it belongs to another life of the install", () => {
    const policy = foreign(open, { name: own.name, labels: { [LABEL.installUid]: "another" } });
    expect(wideningPolicies([policy], [labels], own)).toHaveLength(1);
  });

  test("and all of them are named, sorted", () => {
    const policies = ["b", "a", "c"].map((name) => foreign(name === "c" ? {} : open, { name }));
    expect(wideningPolicies(policies, [labels], own)).toEqual(["packs-sandboxes/a", "packs-sandboxes/b"]);
  });

  test("but the fence of another install does not", () => {
    const other = networkPolicy(packInstall("mail"), { domains: ["mail.com"], agentPort: 8000, proxyPort: 8443 });
    expect(wideningPolicies([other], [labels], own)).toEqual([]);
  });
});
