/** The fence of one sandbox (invariant P1): the gateway's proxy out, the gateway in, and nothing else. */
import { ANNOTATION, GATEWAY_APP, LABEL, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../api/names.ts";
import type { PackInstall } from "../api/v1alpha1/index.ts";
import type { NetworkPolicy, NetworkPolicyPeer, NetworkPolicySpec } from "../api/wire.ts";
import { deepEqual } from "../lib/deep-equal.ts";
import { guarded } from "./guard.ts";
import { childMeta } from "./identity.ts";
import { PORT } from "./settings.ts";

const GATEWAY: NetworkPolicyPeer = {
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": SYSTEM_NAMESPACE } },
  podSelector: { matchLabels: { [LABEL.name]: GATEWAY_APP } },
};

export type Fence = {
  /** Declared domains, for people. Without any there is no way out at all. */
  readonly domains: readonly string[];
  /** Container packs speak to the proxy in clear. */
  readonly proxyPort: number;
};

/** The fence of the pods with this label; `proxyPort` undefined: no way out. */
const fenceSpec = (installUid: string, proxyPort: number | undefined): NetworkPolicySpec => ({
  podSelector: { matchLabels: { [LABEL.installUid]: installUid } },
  policyTypes: ["Ingress", "Egress"],
  ingress: [{ from: [GATEWAY], ports: [{ protocol: "TCP", port: PORT.agent }] }],
  ...(proxyPort === undefined ? {} : { egress: [{ to: [GATEWAY], ports: [{ protocol: "TCP", port: proxyPort }] }] }),
});

/** Whether a spec is, to the letter, a fence for the pods of one install. */
export const isFence = (spec: NetworkPolicySpec, installUid: string): boolean =>
  [PORT.proxyTls, PORT.proxyClear, undefined].some((port) => deepEqual(spec, fenceSpec(installUid, port)));

export const networkPolicy = (install: PackInstall, { domains, proxyPort }: Fence): NetworkPolicy => {
  const meta = childMeta(install, SANDBOX_NAMESPACE);
  return guarded({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { ...meta, annotations: { [ANNOTATION.domains]: domains.join(",") } },
    spec: fenceSpec(install.metadata.uid ?? "", domains.length === 0 ? undefined : proxyPort),
  });
};
