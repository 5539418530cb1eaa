import { describe, expect, test } from "vitest";
import { packInstall } from "../../test/gen/objects.ts";
import { ANNOTATION, LABEL } from "../api/names.ts";
import type { NetworkPolicy, NetworkPolicySpec } from "../api/wire.ts";
import { isFence, networkPolicy } from "./network-policy.ts";
import { observePolicy } from "./observed.ts";

const install = packInstall("crm");
const gateway = {
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "packs-system" } },
  podSelector: { matchLabels: { "app.kubernetes.io/name": "packs-gateway" } },
};
const fenced = networkPolicy(install, { domains: ["a.com", "b.com"], agentPort: 8000, proxyPort: 8443 });
const closed = networkPolicy(install, { domains: [], agentPort: 8000, proxyPort: 8443 });

describe("the fence of a sandbox", () => {
  test("S0-1 S0-4 lets the gateway's proxy port out, the gateway in, and nothing else", () => {
    expect(fenced.spec).toEqual({
      podSelector: { matchLabels: { [LABEL.installUid]: "uid-of-crm" } },
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: [gateway], ports: [{ protocol: "TCP", port: 8000 }] }],
      egress: [{ to: [gateway], ports: [{ protocol: "TCP", port: 8443 }] }],
    });
  });

  test("S0-22 has no egress rule at all without a declared domain, and isolates egress all the same", () => {
    expect(closed.spec).not.toHaveProperty("egress");
    expect(closed.spec.policyTypes).toEqual(["Ingress", "Egress"]);
  });

  test("lists the declared domains for people", () => {
    expect(fenced.metadata.annotations).toEqual({ [ANNOTATION.domains]: "a.com,b.com" });
    expect(closed.metadata.annotations).toEqual({ [ANNOTATION.domains]: "" });
  });

  test("lies beside the pod, in the sandboxes' namespace", () => {
    expect(fenced.metadata.namespace).toBe("packs-sandboxes");
  });
});

describe("a policy in the sandboxes' namespace", () => {
  const policy = (spec: Partial<NetworkPolicySpec>, metadata: Partial<NetworkPolicy["metadata"]> = {}) =>
    observePolicy({
      ...fenced,
      metadata: { ...fenced.metadata, ...metadata },
      spec: { ...fenced.spec, ...spec },
    });
  const database = {
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "databases" } },
    podSelector: { matchLabels: { app: "db" } },
  };

  test("is a fence only to the letter", () => {
    const uid = "uid-of-crm";
    expect(isFence(fenced.spec, uid)).toBe(true);
    expect(isFence(closed.spec, uid)).toBe(true);
    expect(isFence(networkPolicy(install, { domains: ["a.com"], agentPort: 8000, proxyPort: 8080 }).spec, uid)).toBe(
      true,
    );
    expect(isFence(fenced.spec, "another")).toBe(false);
    expect(isFence({ ...fenced.spec, policyTypes: ["Ingress"] }, uid)).toBe(false);
  });

  test("that is a fence is not foreign", () => {
    expect(policy({}).foreign).toBeUndefined();
    expect(observePolicy(closed).foreign).toBeUndefined();
  });

  const rows: readonly (readonly [sentence: string, observed: ReturnType<typeof policy>])[] = [
    ["without our label", policy({}, { labels: {} })],
    ["with another name", policy({}, { name: "extra" })],
    [
      "that selects another sandbox than its label says",
      policy({ podSelector: { matchLabels: { [LABEL.installUid]: "x" } } }),
    ],
    [
      "that selects more than one label",
      policy({ podSelector: { matchLabels: { ...fenced.spec.podSelector.matchLabels, a: "b" } } }),
    ],
    [
      "that lets a sandbox reach something else than the gateway, though it is labelled as ours",
      policy({ egress: [{ to: [database], ports: [{ protocol: "TCP", port: 5432 }] }] }),
    ],
    [
      "that lets a sandbox reach the gateway at another port",
      policy({ egress: [{ to: [gateway], ports: [{ protocol: "TCP", port: 9090 }] }] }),
    ],
    ["that lets everybody in", policy({ ingress: [{}] })],
  ];
  test.each(rows)("%s is foreign", (_, observed) => {
    expect(observed.foreign).toBeDefined();
  });
});
