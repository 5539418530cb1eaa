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

/** The ports of one kind of pack. */
export type Way = {
  /** Where the gateway calls the sandbox. */
  readonly agentPort: number;
  /** Where the sandbox calls the gateway: container packs speak to the proxy in clear. */
  readonly proxyPort: number;
};

export type Fence = Way & {
  /** The domains in effect, for people. Without any there is no way out at all. */
  readonly domains: readonly string[];
};

/** The fence of the pods with this label; `proxyPort` undefined: no way out. */
const fenceSpec = (installUid: string, agentPort: number, proxyPort: number | undefined): NetworkPolicySpec => ({
  podSelector: { matchLabels: { [LABEL.installUid]: installUid } },
  policyTypes: ["Ingress", "Egress"],
  ingress: [{ from: [GATEWAY], ports: [{ protocol: "TCP", port: agentPort }] }],
  ...(proxyPort === undefined ? {} : { egress: [{ to: [GATEWAY], ports: [{ protocol: "TCP", port: proxyPort }] }] }),
});

/** Whether a spec is, to the letter, a fence for the pods of one install. */
export const isFence = (spec: NetworkPolicySpec, installUid: string): boolean => {
  const agentPort = spec.ingress?.[0]?.ports?.[0]?.port;
  if (typeof agentPort !== "number") return false;
  return [PORT.proxyTls, PORT.proxyClear, undefined].some((proxyPort) =>
    deepEqual(spec, fenceSpec(installUid, agentPort, proxyPort)),
  );
};

export const networkPolicy = (install: PackInstall, { agentPort, domains, proxyPort }: Fence): NetworkPolicy => {
  const meta = childMeta(install, SANDBOX_NAMESPACE);
  return guarded({
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { ...meta, annotations: { [ANNOTATION.domains]: domains.join(",") } },
    spec: fenceSpec(install.metadata.uid ?? "", agentPort, domains.length === 0 ? undefined : proxyPort),
  });
};

/** A fence without any way out. */
export const closedFence = (install: PackInstall): NetworkPolicy =>
  networkPolicy(install, { domains: [], agentPort: PORT.agent, proxyPort: PORT.proxyTls });
