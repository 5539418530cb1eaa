/**
 * The pod of one sandbox: restricted Pod Security, no API token, no DNS, no writable disk. An init container proves
 * from inside that only the gateway is reachable before any pack code exists in the pod: every pod's network is open
 * for a moment after its start, until the policy engine has programmed the policy.
 */
import { ANNOTATION, LABEL, SANDBOX_NAMESPACE, SANDBOX_SERVICE_ACCOUNT } from "../api/names.ts";
import type { PackDefinition, PackInstall, SandboxSettings } from "../api/v1alpha1/index.ts";
import type { Container, EnvVar, Pod, PodSpec } from "../api/wire.ts";
import { perObject } from "../lib/per-object.ts";
import { contentHash } from "../lib/stable-json.ts";
import { childLabels, childMeta } from "./identity.ts";
import type { Way } from "./network-policy.ts";
import { larger, smaller } from "./quantity.ts";
import { PORT, type Settings } from "./settings.ts";

/** A numeric user that owns nothing. */
const NOBODY = 65532;
const TOKEN_PATH = "/var/run/packs";
/** Seconds; the shortest that the API server issues. The kubelet renews it. */
const TOKEN_LIFETIME = 600;
const DEFAULT_REQUESTS = { cpu: "50m", memory: "64Mi" } as const;
const DEFAULT_MEMORY = "256Mi";
const DEFAULT_RUNS = 4;
/** Names of the containers; the controller reads their states. */
export const CONTAINER = { prove: "prove", sandbox: "sandbox" } as const;

const SECURITY: Container["securityContext"] = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  readOnlyRootFilesystem: true,
};

/** The ports that a pack's sandbox uses. */
export const wayOf = ({ spec: { source } }: PackDefinition): Way =>
  source.image === undefined
    ? { agentPort: PORT.agent, proxyPort: PORT.proxyTls }
    : { agentPort: source.image.port ?? PORT.agent, proxyPort: PORT.proxyClear };

const environment = (definition: PackDefinition, settings: Settings): readonly EnvVar[] => {
  const port = wayOf(definition).proxyPort;
  const gateway = `${settings.gatewayAddress.includes(":") ? `[${settings.gatewayAddress}]` : settings.gatewayAddress}:${port}`;
  const own: EnvVar[] = [
    { name: "PACKS_GATEWAY", value: gateway },
    { name: "PACKS_DOMAINS", value: definition.spec.networkDomains?.length ? "declared" : "none" },
    { name: "PACKS_CANARIES", value: settings.canaries.join(",") },
    { name: "PACKS_MAX_RUNS", value: String(definition.spec.sandbox?.maxConcurrentRuns ?? DEFAULT_RUNS) },
    field("PACKS_NODE_ADDRESS", "status.hostIP"),
    field("PACKS_POD_ADDRESS", "status.podIP"),
  ];
  if (definition.spec.source.image === undefined) return own;
  const proxy = `http://${gateway}`;
  return [
    ...own,
    ...["HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"].map((name) => ({ name, value: proxy })),
  ];
};

const field = (name: string, fieldPath: string): EnvVar => ({
  name,
  valueFrom: { fieldRef: { apiVersion: "v1", fieldPath } },
});

const prove = (definition: PackDefinition, settings: Settings): Container => ({
  name: CONTAINER.prove,
  image: settings.sandboxImage,
  imagePullPolicy: "IfNotPresent",
  args: ["sandbox", "prove"],
  env: environment(definition, settings),
  resources: { requests: { cpu: "10m", memory: "48Mi" }, limits: { memory: "96Mi" } },
  securityContext: SECURITY,
  terminationMessagePath: "/dev/termination-log",
  terminationMessagePolicy: "File",
  volumeMounts: [{ name: "token", mountPath: TOKEN_PATH, readOnly: true }],
});

const sandbox = (definition: PackDefinition, settings: Settings): Container => {
  const { image } = definition.spec.source;
  const port = wayOf(definition).agentPort;
  return {
    name: CONTAINER.sandbox,
    image: image?.reference ?? settings.sandboxImage,
    imagePullPolicy: "IfNotPresent",
    ...(image === undefined ? { args: ["sandbox", "agent"] } : containerCommand(image)),
    env: environment(definition, settings),
    ports: [{ name: "agent", containerPort: port, protocol: "TCP" }],
    resources: resourcesOf(definition.spec.sandbox?.resources),
    securityContext: SECURITY,
    ...(image === undefined
      ? { readinessProbe: { httpGet: { path: "/readyz", port }, periodSeconds: 1, failureThreshold: 3 } }
      : { readinessProbe: { tcpSocket: { port }, periodSeconds: 1, failureThreshold: 3 } }),
    volumeMounts: [
      ...(image === undefined ? [{ name: "token", mountPath: TOKEN_PATH, readOnly: true }] : []),
      { name: "scratch", mountPath: "/tmp" },
    ],
  };
};

/** What is left out gets a default that never contradicts what is given: no request is above its limit. */
const resourcesOf = ({
  requests,
  limits,
}: NonNullable<SandboxSettings["resources"]> = {}): NonNullable<Container["resources"]> => ({
  requests: {
    cpu: limits?.cpu === undefined ? DEFAULT_REQUESTS.cpu : smaller(DEFAULT_REQUESTS.cpu, limits.cpu),
    memory: limits?.memory === undefined ? DEFAULT_REQUESTS.memory : smaller(DEFAULT_REQUESTS.memory, limits.memory),
    ...requests,
  },
  limits: {
    memory: requests?.memory === undefined ? DEFAULT_MEMORY : larger(DEFAULT_MEMORY, requests.memory),
    ...limits,
  },
});

type Image = NonNullable<PackDefinition["spec"]["source"]["image"]>;

const containerCommand = ({ command, args }: Image): Pick<Container, "command" | "args"> => ({
  ...(command === undefined ? {} : { command }),
  ...(args === undefined ? {} : { args }),
});

const podSpec = (definition: PackDefinition, settings: Settings): PodSpec => {
  const { runtimeClassName } = definition.spec.sandbox ?? {};
  return {
    serviceAccountName: SANDBOX_SERVICE_ACCOUNT,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    dnsPolicy: "None",
    // A resolver is mandatory under dnsPolicy None; nothing listens there, and a look-up fails at once.
    dnsConfig: { nameservers: ["127.0.0.1"] },
    ...(settings.userNamespaces ? { hostUsers: false } : {}),
    restartPolicy: "Always",
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
    terminationGracePeriodSeconds: 5,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: NOBODY,
      runAsGroup: NOBODY,
      fsGroup: NOBODY,
      seccompProfile: { type: "RuntimeDefault" },
    },
    initContainers: [prove(definition, settings)],
    containers: [sandbox(definition, settings)],
    volumes: [
      {
        name: "token",
        projected: {
          defaultMode: 0o440,
          sources: [
            { serviceAccountToken: { audience: "packs-gateway", expirationSeconds: TOKEN_LIFETIME, path: "token" } },
          ],
        },
      },
      // In memory: on disk the size limit does not bind.
      { name: "scratch", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } },
    ],
  };
};

/** The same for every install of a pack. */
const podTemplate = perObject((definition: PackDefinition) =>
  perObject((settings: Settings) => {
    const spec = podSpec(definition, settings);
    return { spec, hash: contentHash(spec) };
  }),
);

/** The labels of a sandbox pod; the fence selects by `install-uid`. */
export const podLabels = (install: PackInstall): Readonly<Record<string, string>> => ({
  ...childLabels(install),
  [LABEL.sandbox]: "true",
});

/** The pod as it must be. Its hash annotation tells whether a running pod is still what is wanted. */
export const sandboxPod = (install: PackInstall, definition: PackDefinition, settings: Settings): Pod => {
  const { hash, spec } = podTemplate(definition)(settings);
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...childMeta(install, SANDBOX_NAMESPACE),
      labels: podLabels(install),
      annotations: { [ANNOTATION.podHash]: hash },
    },
    spec,
  };
};
