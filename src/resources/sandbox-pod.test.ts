import { describe, expect, test } from "vitest";
import { changed, definedBy, packDefinition, packInstall, reaching, runningImage } from "../../test/gen/objects.ts";
import { ANNOTATION, LABEL } from "../api/names.ts";
import type { PackDefinition } from "../api/v1alpha1/index.ts";
import type { Container, Pod } from "../api/wire.ts";
import { networkPolicy } from "./network-policy.ts";
import { selects } from "./reach.ts";
import { sandboxPod, wayOf } from "./sandbox-pod.ts";
import { DEFAULT_SETTINGS, type Settings } from "./settings.ts";

const IMAGE = "registry.example.com/pack@sha256:0000";
const install = packInstall("crm");
const bundle = packDefinition("crm");
const container = changed(bundle, runningImage(IMAGE));

const pod = (definition = bundle, settings: Partial<Settings> = {}): Pod =>
  sandboxPod(install, definition, { ...DEFAULT_SETTINGS, ...settings });

const containers = ({ spec }: Pod): readonly Container[] => [...(spec.initContainers ?? []), ...spec.containers];
const environment = ({ env = [] }: Container): Readonly<Record<string, unknown>> =>
  Object.fromEntries(env.map((it) => [it.name, "value" in it ? it.value : it.valueFrom.fieldRef.fieldPath]));
const hash = ({ metadata }: Pod): string | undefined => metadata.annotations?.[ANNOTATION.podHash];

describe.each([
  ["of a bundle", bundle],
  ["of an image", container],
])("S0-8 the sandbox %s", (_, definition) => {
  const made = pod(definition);

  test("has no token of the API and no links to Services", () => {
    expect(made.spec).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false });
    expect(made.spec.serviceAccountName).toBe("packs-sandbox");
  });

  test("S0-4 has no DNS of the cluster", () => {
    expect(made.spec).toMatchObject({ dnsPolicy: "None", dnsConfig: { nameservers: ["127.0.0.1"] } });
  });

  test("runs as nobody, never as root, with the runtime's seccomp profile", () => {
    expect(made.spec.securityContext).toMatchObject({
      runAsNonRoot: true,
      runAsUser: 65532,
      runAsGroup: 65532,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  test("gives every container what restricted Pod Security asks for, and a read-only root", () => {
    for (const { securityContext } of containers(made)) {
      expect(securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ["ALL"] },
        readOnlyRootFilesystem: true,
      });
    }
  });

  test("shares nothing of its node", () => {
    for (const field of ["hostNetwork", "hostPID", "hostIPC", "nodeName"]) expect(made.spec).not.toHaveProperty(field);
    for (const volume of made.spec.volumes ?? []) expect(volume).not.toHaveProperty("hostPath");
    for (const { ports = [] } of containers(made))
      for (const port of ports) expect(port).not.toHaveProperty("hostPort");
  });

  test("limits the memory of every container", () => {
    for (const { resources } of containers(made)) expect(resources?.limits?.["memory"]).toMatch(/^\d+Mi$/);
  });

  test("proves its fence in an init container, before any code of the pack exists", () => {
    expect(made.spec.initContainers?.map(({ args, image, name }) => [name, image, args])).toEqual([
      ["prove", DEFAULT_SETTINGS.sandboxImage, ["sandbox", "prove"]],
    ]);
    expect(made.spec.containers).toHaveLength(1);
  });

  test("is selected by its fence", () => {
    const fence = networkPolicy(install, { domains: [], agentPort: 8000, proxyPort: 8443 });
    expect(selects(fence.spec.podSelector, made.metadata.labels ?? {})).toBe(true);
    expect(made.metadata.labels?.[LABEL.sandbox]).toBe("true");
    expect(made.metadata.namespace).toBe("packs-sandboxes");
  });

  test("writes only into memory, and not much", () => {
    const scratch = made.spec.volumes?.find(({ name }) => name === "scratch");
    expect(scratch).toEqual({ name: "scratch", emptyDir: { medium: "Memory", sizeLimit: "16Mi" } });
    const writable = containers(made).flatMap(({ volumeMounts = [] }) => volumeMounts.filter((it) => !it.readOnly));
    expect(writable).toEqual([{ name: "scratch", mountPath: "/tmp" }]);
  });
});

describe("a sandbox", () => {
  test("of a bundle gets the token for the gateway, in the proof and in the agent", () => {
    const mounted = containers(pod()).filter(({ volumeMounts }) => volumeMounts?.some(({ name }) => name === "token"));
    expect(mounted.map(({ name }) => name)).toEqual(["prove", "sandbox"]);
  });

  test("of an image gets it in the proof only: the pack's own image must not see it", () => {
    const mounted = containers(pod(container)).filter((it) => it.volumeMounts?.some(({ name }) => name === "token"));
    expect(mounted.map(({ name }) => name)).toEqual(["prove"]);
  });

  test("has only tokens for the gateway, short-lived", () => {
    const token = pod().spec.volumes?.find(({ name }) => name === "token");
    expect(token).toMatchObject({
      projected: { sources: [{ serviceAccountToken: { audience: "packs-gateway", expirationSeconds: 600 } }] },
    });
  });

  test("knows the gateway by address, and whether it declares domains", () => {
    const [prove] = pod().spec.initContainers ?? [];
    expect(prove && environment(prove)).toEqual({
      PACKS_GATEWAY: "10.96.0.20:8443",
      PACKS_DOMAINS: "declared",
      PACKS_CANARIES: "10.96.0.1:443,10.96.0.10:53,udp:10.96.0.10:53,169.254.169.254:80",
      PACKS_MAX_RUNS: "4",
      PACKS_NODE_ADDRESS: "status.hostIP",
      PACKS_POD_ADDRESS: "status.podIP",
    });
  });

  test("S0-22 without domains is told so", () => {
    const [sandbox] = pod(changed(bundle, reaching())).spec.containers;
    expect(sandbox && environment(sandbox)["PACKS_DOMAINS"]).toBe("none");
  });

  test("writes the gateway's IPv6 address in brackets", () => {
    const [sandbox] = pod(bundle, { gatewayAddress: "fd00::20" }).spec.containers;
    expect(sandbox && environment(sandbox)["PACKS_GATEWAY"]).toBe("[fd00::20]:8443");
  });

  test("of an image speaks to the proxy by the usual variables, at the port for it", () => {
    const [sandbox] = pod(container).spec.containers;
    const proxy = "http://10.96.0.20:8080";
    expect(sandbox && environment(sandbox)).toMatchObject({ HTTP_PROXY: proxy, https_proxy: proxy });
    expect([bundle, container].map((it) => wayOf(it).proxyPort)).toEqual([8443, 8080]);
  });

  test("of an image runs that image with its command", () => {
    const definition = changed(
      bundle,
      definedBy({ source: { image: { reference: IMAGE, port: 9000, command: ["/pack"], args: ["serve"] } } }),
    );
    expect(pod(definition).spec.containers[0]).toMatchObject({
      image: IMAGE,
      command: ["/pack"],
      args: ["serve"],
      ports: [{ containerPort: 9000 }],
      readinessProbe: { tcpSocket: { port: 9000 } },
    });
  });

  test("takes the resources of the definition, and keeps the default limit of memory beside others", () => {
    const resources = { requests: { cpu: "1" }, limits: { cpu: "2" } };
    expect(pod(changed(bundle, definedBy({ sandbox: { resources } }))).spec.containers[0]?.resources).toEqual({
      requests: { cpu: "1", memory: "64Mi" },
      limits: { cpu: "2", memory: "256Mi" },
    });
  });

  test("asks for no more than its limit, where the definition gives only one of the two", () => {
    const resourcesOf = (resources: NonNullable<NonNullable<PackDefinition["spec"]["sandbox"]>["resources"]>) =>
      pod(changed(bundle, definedBy({ sandbox: { resources } }))).spec.containers[0]?.resources;
    expect(resourcesOf({ limits: { cpu: "10m", memory: "32Mi" } })).toEqual({
      requests: { cpu: "10m", memory: "32Mi" },
      limits: { cpu: "10m", memory: "32Mi" },
    });
    expect(resourcesOf({ requests: { memory: "1Gi" } })).toEqual({
      requests: { cpu: "50m", memory: "1Gi" },
      limits: { memory: "1Gi" },
    });
    expect(resourcesOf({ requests: { memory: "32Mi" } })?.limits).toEqual({ memory: "256Mi" });
  });

  test("uses the runtime class of the definition, and user namespaces where nodes support them", () => {
    expect(pod(changed(bundle, definedBy({ sandbox: { runtimeClassName: "gvisor" } }))).spec.runtimeClassName).toBe(
      "gvisor",
    );
    expect(pod().spec).not.toHaveProperty("hostUsers");
    expect(pod(bundle, { userNamespaces: true }).spec.hostUsers).toBe(false);
  });
});

describe("the hash of a pod", () => {
  test("is the same for the same world", () => {
    expect(hash(pod())).toBe(hash(pod()));
  });

  const rows: readonly (readonly [sentence: string, other: Pod])[] = [
    ["the image of sandboxes", pod(bundle, { sandboxImage: "other" })],
    ["the gateway's address", pod(bundle, { gatewayAddress: "10.96.0.21" })],
    ["whether there are domains", pod(changed(bundle, reaching()))],
    ["the source", pod(container)],
    ["the number of runs", pod(changed(bundle, definedBy({ sandbox: { maxConcurrentRuns: 1 } })))],
  ];
  test.each(rows)("is another one if it changes: %s", (_, other) => {
    expect(hash(other)).not.toBe(hash(pod()));
  });

  test("is the same with one more domain: the pod need not start again for it", () => {
    expect(hash(pod(changed(bundle, reaching("a.com", "b.com"))))).toBe(hash(pod()));
  });
});
