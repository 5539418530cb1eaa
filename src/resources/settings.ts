import type { DomainRules } from "../policy/host.ts";

/** What the builders need to know of the cluster. Parsed once from flags or from `packctl render --settings FILE`. */
export type Settings = {
  /** The image of sandbox pods: agent, child and proof. */
  readonly sandboxImage: string;
  /** The gateway's ClusterIP. Sandboxes have no DNS, so this is an address. */
  readonly gatewayAddress: string;
  /** The cluster's DNS domain; names under it cannot be declared by a pack. */
  readonly clusterDomain: string;
  /** `host:port` of listeners that a sandbox must never reach; the proof tries them. TCP unless prefixed by `udp:`. */
  readonly canaries: readonly string[];
  /** Every eligible node supports user namespaces for pods. */
  readonly userNamespaces: boolean;
  /** Allows names under `test`. Never set it in production. */
  readonly testMode: boolean;
  /**
   * `Required`: nothing new is acted on unless the admission policies are in force. `Unchecked`: names in objects are
   * taken as true; for clusters that know no ValidatingAdmissionPolicies, or have something else that checks.
   */
  readonly admission: AdmissionMode;
};

export const ADMISSION_MODES = ["Required", "Unchecked"] as const;
export type AdmissionMode = (typeof ADMISSION_MODES)[number];

export const DEFAULT_SETTINGS: Settings = {
  sandboxImage: "packs-operator:latest",
  gatewayAddress: "10.96.0.20",
  clusterDomain: "cluster.local",
  canaries: ["10.96.0.1:443", "10.96.0.10:53", "udp:10.96.0.10:53", "169.254.169.254:80"],
  userNamespaces: false,
  testMode: false,
  admission: "Required",
};

/** What the settings say about the domains that packs may declare. */
export const domainRules = ({ clusterDomain, testMode }: Settings): DomainRules => ({ clusterDomain, testMode });

/** Fixed ports: the NetworkPolicies, the pods and the gateway's Service agree on them. */
export const PORT = {
  /** The gateway's proxy for JavaScript packs, over TLS. */
  proxyTls: 8443,
  /** The gateway's proxy for container packs, which know only `http_proxy`. */
  proxyClear: 8080,
  /** The sandbox agent, called by the gateway only. */
  agent: 8000,
} as const;
