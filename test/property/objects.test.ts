import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { GATEWAY_APP, LABEL, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import type { NetworkPolicy, NetworkPolicySpec } from "../../src/api/wire.ts";
import { evaluateInstall } from "../../src/policy/evaluate.ts";
import type { InstallInput } from "../../src/policy/input.ts";
import { desiredObjects } from "../../src/resources/desired.ts";
import { policyProblem } from "../../src/resources/guard.ts";
import { networkPolicy } from "../../src/resources/network-policy.ts";
import type { Children } from "../../src/resources/plan.ts";
import { plan } from "../../src/resources/plan.ts";
import { podLabels } from "../../src/resources/sandbox-pod.ts";
import { DEFAULT_SETTINGS, PORT } from "../../src/resources/settings.ts";
import { NOW, packInstall } from "../gen/objects.ts";
import { allows, type End } from "./flows.ts";
import { applied, look, named, nextInput, settled } from "./live.ts";
import { changes, RUNS, worlds } from "./worlds.ts";

const WHY = { reason: "Uninstalled", message: "the pack is not installed." } as const;

/** The policy that ships with the manifests: nothing in, nothing out, for every pod. */
const BASELINE: NetworkPolicySpec = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };

const namespaceLabels = (name: string) => ({ "kubernetes.io/metadata.name": name });
const SANDBOXES = namespaceLabels(SANDBOX_NAMESPACE);
const gateway: End = {
  name: "gateway",
  pod: { [LABEL.name]: GATEWAY_APP, more: "labels" },
  namespace: namespaceLabels(SYSTEM_NAMESPACE),
};
const ENDS: readonly End[] = [
  gateway,
  { name: "controller", pod: { [LABEL.name]: "packs-controller" }, namespace: namespaceLabels(SYSTEM_NAMESPACE) },
  { name: "impostor", pod: { [LABEL.name]: GATEWAY_APP }, namespace: namespaceLabels("team") },
  { name: "another sandbox", pod: { [LABEL.sandbox]: "true", [LABEL.installUid]: "other" }, namespace: SANDBOXES },
  { name: "impostor among sandboxes", pod: { [LABEL.name]: GATEWAY_APP }, namespace: SANDBOXES },
  { name: "cluster DNS", pod: { "k8s-app": "kube-dns" }, namespace: namespaceLabels("kube-system") },
  { name: "no labels", pod: {}, namespace: {} },
  { name: "the internet", outside: true },
];
const PORTS = [PORT.proxyTls, PORT.proxyClear, PORT.agent, 1, 53, 80, 443, 6443, 10250, 65535];

/** Every connection that the policies let a sandbox open or accept, as `Egress gateway 8443`. */
const flows = (policies: readonly NetworkPolicySpec[], labels: Readonly<Record<string, string>>): readonly string[] =>
  (["Egress", "Ingress"] as const).flatMap((direction) =>
    ENDS.flatMap((end) =>
      PORTS.filter((port) => allows(policies, labels, SANDBOXES, direction, end, port)).map(
        (port) => `${direction} ${end.name} ${port}`,
      ),
    ),
  );

const desiredPolicy = (input: InstallInput): NetworkPolicy | undefined => {
  const { networkPolicy: policy } = desiredObjects(input, evaluateInstall(input), DEFAULT_SETTINGS);
  return policy === "keep" ? undefined : policy;
};

describe("P1 reach: whatever the world is,", () => {
  test("S0-1 a policy isolates both directions and has no empty or missing list of peers or ports", () => {
    let seen = 0;
    fc.assert(
      fc.property(worlds(), (input) => {
        const policy = desiredPolicy(input);
        if (policy === undefined) return;
        seen++;
        expect(policyProblem(policy)).toBeUndefined();
        expect(policy.spec.policyTypes).toEqual(["Ingress", "Egress"]);
        const rules = [...(policy.spec.ingress ?? []), ...(policy.spec.egress ?? [])];
        for (const rule of rules) {
          expect("from" in rule ? rule.from?.length : "to" in rule ? rule.to?.length : 0).toBeGreaterThan(0);
          expect(rule.ports?.length).toBeGreaterThan(0);
        }
      }),
      RUNS,
    );
    expect(seen).toBeGreaterThan(RUNS.numRuns / 10);
  });

  test("S0-4 S0-22 all policies together let the gateway's proxy port out, if a domain is in effect, the gateway in, and nothing else", () => {
    let open = 0;
    fc.assert(
      fc.property(worlds(), (input) => {
        const policy = desiredPolicy(input);
        if (policy === undefined) return;
        const definition = input.definition.state === "found" ? input.definition.value : undefined;
        const evaluation = evaluateInstall(input);
        const declares = "permit" in evaluation && evaluation.permit.hosts.length > 0;
        const port = definition?.spec.source.image === undefined ? 8443 : 8080;
        const neighbour = networkPolicy(packInstall("neighbour"), {
          domains: ["a.com"],
          agentPort: PORT.agent,
          proxyPort: 8080,
        });
        const all = [BASELINE, neighbour.spec, policy.spec];
        open += declares ? 1 : 0;
        expect(flows(all, podLabels(input.install))).toEqual([
          ...(declares ? [`Egress gateway ${port}`] : []),
          "Ingress gateway 8000",
        ]);
      }),
      RUNS,
    );
    expect(open).toBeGreaterThan(RUNS.numRuns / 20);
  });

  test("a sandbox that lost its labels, or its policy, reaches nothing at all", () => {
    const fence = networkPolicy(packInstall("crm"), { domains: ["a.com"], agentPort: PORT.agent, proxyPort: 8443 });
    expect(flows([BASELINE, fence.spec], {})).toEqual([]);
    expect(flows([BASELINE], podLabels(packInstall("crm")))).toEqual([]);
  });

  test("the reading of policies sees a wide one (so the tests above can fail)", () => {
    const labels = podLabels(packInstall("crm"));
    const wide: NetworkPolicySpec = { podSelector: {}, policyTypes: ["Egress"], egress: [{ to: [] }] };
    expect(flows([BASELINE, wide], labels)).toHaveLength(ENDS.length * PORTS.length);
    expect(flows([], labels)).toHaveLength(2 * ENDS.length * PORTS.length);
  });
});

/** Two worlds around one install, one after the other. */
const lives = fc.tuple(worlds(), changes);

/** What somebody with rights did to the children meanwhile. */
const tampering = fc.constantFrom<(children: Children) => Children>(
  (it) => it,
  ({ grant: _, ...rest }) => ({ ...rest, grant: undefined }),
  ({ networkPolicy: _, ...rest }) => ({ ...rest, networkPolicy: undefined }),
  ({ pod: _, ...rest }) => ({ ...rest, pod: undefined }),
  (it) => (it.grant === undefined ? it : { ...it, grant: { ...it.grant, specHash: "edited" } }),
  (it) => (it.networkPolicy === undefined ? it : { ...it, networkPolicy: { ...it.networkPolicy, specHash: "edited" } }),
  (it) => (it.pod === undefined ? it : { ...it, pod: { ...it.pod, drift: "evil 0" } }),
  (it) => (it.pod === undefined ? it : { ...it, pod: { ...it.pod, metadata: { ...it.pod.metadata, labels: {} } } }),
);

/** A fence goes only once its pod is seen to be gone. */
const FENCE_GONE = ["delete NetworkPolicy"];

describe("planned writes", () => {
  test("lead to what is wanted: applied, they leave nothing to write but what waits for the end of a pod", () => {
    fc.assert(
      fc.property(lives, tampering, ([first, change], tamper) => {
        const before = tamper(settled(first).children);
        const input = { ...first, ...change, granted: before.grant?.granted };
        const { children, desired, writes } = look(input, before);
        const second = plan(input.install, desired, children, WHY);
        const fenceGone = children.networkPolicy === undefined ? [] : FENCE_GONE;
        const after = desired.pod !== undefined ? ["create Pod"] : fenceGone;
        expect(named(second)).toEqual(named(writes).includes("delete Pod") ? after : []);
        expect(plan(input.install, desired, second.reduce(applied, children), WHY)).toEqual([]);
      }),
      RUNS,
    );
  });

  test("never leave a pod without its fence, nor a grant open without one, after any of them", () => {
    fc.assert(
      fc.property(lives, ([first, change]) => {
        const start = settled(first);
        const next = { ...nextInput(first, start), ...change };
        let children = start.children;
        for (const write of look(next, children).writes) {
          children = applied(children, write);
          if (children.pod !== undefined) expect(children.networkPolicy).toBeDefined();
          if (children.grant?.state === "Active") expect(children.networkPolicy).toBeDefined();
        }
      }),
      RUNS,
    );
  });

  test("never open a host on the way that neither the old nor the new grant has", () => {
    fc.assert(
      fc.property(lives, ([first, change]) => {
        const start = settled(first);
        const next = { ...nextInput(first, start), ...change };
        const then = look(next, start.children);
        const wanted =
          then.desired.grant === "keep" || then.desired.grant === undefined ? [] : then.desired.grant.spec.hosts;
        const known = [...(start.children.grant?.granted.hosts ?? []), ...(wanted ?? []).map(({ domain }) => domain)];
        let children = start.children;
        for (const write of then.writes) {
          children = applied(children, write);
          for (const host of children.grant?.granted.hosts ?? []) expect(known).toContain(host);
        }
      }),
      RUNS,
    );
  });
});

describe("looked at again and again", () => {
  test("an install comes to rest: in a world that stands still nothing is written any more, neither objects nor status", () => {
    fc.assert(
      fc.property(lives, ([first, change]) => {
        const start = settled(first);
        const world = { ...nextInput(first, start), ...change };
        const rest = settled(world, start.children);
        expect(rest.writes).toEqual([]);
        const later = { ...nextInput(world, rest), now: NOW + 1_000 };
        const again = look(later, rest.children);
        expect(again.writes).toEqual([]);
        expect(again.status).toEqual(rest.status);
      }),
      RUNS,
    );
  });
});
