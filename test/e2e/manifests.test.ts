/**
 * The plain manifests and the examples, on a real API server by the very commands that their READMEs name: they go in
 * in that order, they can be applied again, and they agree with the code that relies on them.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { GROUP, POD } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import {
  ANNOTATION,
  BASELINE_POLICY,
  CONTROLLER_SERVICE_ACCOUNT,
  CONTROLLER_USER,
  GATEWAY_APP,
  GATEWAY_SERVICE_ACCOUNT,
  INSTALL_FINALIZER,
  LABEL,
  LEADER_LEASE,
  MANAGED_BY,
  SANDBOX_NAMESPACE,
  SANDBOX_SERVICE_ACCOUNT,
  SYSTEM_NAMESPACE,
} from "../../src/api/names.ts";
import type { PackConfiguration, PackDefinition, PackInstall, PackOrganization } from "../../src/api/v1alpha1/index.ts";
import type { NetworkPolicy } from "../../src/api/wire.ts";
import type { Client } from "../../src/kube/client.ts";
import { compileComponents } from "../../src/policy/components.ts";
import { configurationProblem, unknownComponents } from "../../src/policy/configuration.ts";
import { evaluateDefinition } from "../../src/policy/definition.ts";
import { type Evaluation, evaluateInstall } from "../../src/policy/evaluate.ts";
import { found, lookup } from "../../src/policy/truth.ts";
import { sandboxPod } from "../../src/resources/sandbox-pod.ts";
import { DEFAULT_SETTINGS, PORT } from "../../src/resources/settings.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { eventually } from "../cluster/eventually.ts";
import { clientFrom, describeCluster, serviceAccountExists } from "../cluster/harness.ts";
import { installCrds, readObjects, resourceOf } from "../cluster/manifests.ts";
import { installInput, NOW } from "../gen/objects.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const CONFIG = ["-f", "config/namespaces/", "-f", "config/rbac/", "-f", "config/policies/"];
const EXAMPLES = ["quickstart", "narrow", "denied"];
const CANARY_PORT = 8444;

const config = (path: string): readonly KubeObject[] => readObjects(join(ROOT, "config", path));
const example = (folder: string): readonly KubeObject[] => readObjects(join(ROOT, "examples", folder));
const EVERYTHING = EXAMPLES.flatMap(example);

const named = <T extends KubeObject>(
  objects: readonly KubeObject[],
  kind: string,
  name: string,
  namespace?: string,
): T => {
  const it = objects.find(
    (object) => object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace,
  );
  if (it === undefined) throw new Error(`there is no ${kind} ${name}`);
  return it as T;
};

const ofKind = <T extends KubeObject>(objects: readonly KubeObject[], kind: string): readonly T[] =>
  objects.filter((object) => object.kind === kind) as unknown as readonly T[];

type Rule = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
};
type Role = KubeObject & { readonly rules: readonly Rule[] };
type Policy = KubeObject & {
  readonly spec: {
    readonly failurePolicy: string;
    readonly validations: readonly { readonly message?: string; readonly expression: string }[];
  };
};
type Binding = KubeObject & { readonly spec: { readonly policyName: string; readonly validationActions: string[] } };

describe("the manifests and the code agree", () => {
  const policies = ofKind<Policy>(config("policies"), "ValidatingAdmissionPolicy");
  const roles = config("rbac").filter(({ kind }) => kind.endsWith("Role")) as unknown as readonly Role[];

  test("on the names of namespaces and accounts", () => {
    const objects = config("namespaces");
    for (const name of [SYSTEM_NAMESPACE, SANDBOX_NAMESPACE]) {
      expect(named(objects, "Namespace", name).metadata.labels).toMatchObject({
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/audit": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
      });
    }
    const accounts = ofKind(objects, "ServiceAccount").map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(accounts).toEqual([
      `${SANDBOX_NAMESPACE}/${SANDBOX_SERVICE_ACCOUNT}`,
      `${SYSTEM_NAMESPACE}/${CONTROLLER_SERVICE_ACCOUNT}`,
      `${SYSTEM_NAMESPACE}/${GATEWAY_SERVICE_ACCOUNT}`,
    ]);
  });

  test("on the baseline of the sandboxes' namespace, which denies everything", () => {
    const baseline = named<NetworkPolicy>(config("namespaces"), "NetworkPolicy", BASELINE_POLICY, SANDBOX_NAMESPACE);
    expect(baseline.metadata.labels?.[LABEL.managedBy]).toBe(MANAGED_BY);
    expect(baseline.spec).toEqual({ podSelector: {}, policyTypes: ["Ingress", "Egress"] });
  });

  test("on the gateway's ports and on whom they are for", () => {
    const { spec } = named<NetworkPolicy>(config("namespaces"), "NetworkPolicy", "gateway", SYSTEM_NAMESPACE);
    const sandboxes = {
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": SANDBOX_NAMESPACE } },
      podSelector: { matchLabels: { [LABEL.sandbox]: "true" } },
    };
    expect(spec.podSelector).toEqual({ matchLabels: { [LABEL.name]: GATEWAY_APP } });
    expect(spec.ingress).toEqual([
      {
        from: [sandboxes],
        ports: [
          { protocol: "TCP", port: PORT.proxyTls },
          { protocol: "TCP", port: PORT.proxyClear },
          { protocol: "TCP", port: CANARY_PORT },
          { protocol: "UDP", port: CANARY_PORT },
        ],
      },
    ]);
    expect(spec.egress?.[0]).toEqual({ to: [sandboxes], ports: [{ protocol: "TCP", port: PORT.agent }] });
  });

  test("on the names that policies and roles spell out", () => {
    const text = (path: string): string => readFileSync(join(ROOT, "config", path), "utf8");
    for (const { metadata } of policies.filter(({ metadata: { name } }) => /compiled|sandboxes|labels/.test(name))) {
      expect(text(`policies/${metadata.name}.yaml`)).toContain(`request.userInfo.username != '${CONTROLLER_USER}'`);
    }
    expect(text("policies/packs-controller-finalizers.yaml")).toContain(`username == '${CONTROLLER_USER}'`);
    expect(text("policies/packs-controller-finalizers.yaml")).toContain(`f != '${INSTALL_FINALIZER}'`);
    expect(text("policies/packs-installer.yaml")).toContain(`'${ANNOTATION.reinstallRequestedAt}'`);
    expect(text("policies/packs-fence-labels.yaml")).toContain(`key: ${LABEL.installUid}\n`);
    expect(text("policies/packs-fence-sandboxes.yaml")).toContain(`startsWith('${GROUP}/')`);
    expect(text("rbac/controller.yaml")).toContain(`resourceNames: [${LEADER_LEASE}]`);
  });

  test("every policy is bound, denies, fails closed and has a plain message", () => {
    const bindings = ofKind<Binding>(config("policies"), "ValidatingAdmissionPolicyBinding");
    expect(bindings.map(({ spec }) => spec.policyName)).toEqual(policies.map(({ metadata }) => metadata.name));
    for (const { spec } of bindings) expect(spec.validationActions).toEqual(["Deny", "Audit"]);
    for (const { spec } of policies) {
      expect(spec.failurePolicy).toBe("Fail");
      for (const { message } of spec.validations) expect(message).toMatch(/\.$/);
    }
  });

  test("no role has a wildcard or reads Secrets", () => {
    for (const { rules } of roles) {
      for (const { apiGroups, resources, verbs } of rules) {
        expect([...apiGroups, ...resources, ...verbs]).not.toContain("*");
        expect(resources).not.toContain("secrets");
      }
    }
  });
});

describe("the examples", () => {
  const organization = named<PackOrganization>(EVERYTHING, "PackOrganization", "default");
  const definitions = ofKind<PackDefinition>(EVERYTHING, "PackDefinition");
  const configurations = ofKind<PackConfiguration>(EVERYTHING, "PackConfiguration");
  const installs = ofKind<PackInstall>(EVERYTHING, "PackInstall");
  const { clusterDomain, testMode } = DEFAULT_SETTINGS;
  const rules = { clusterDomain, testMode };
  const definitionOf = (pack: string): PackDefinition => named(definitions, "PackDefinition", pack);

  /** With all examples applied. */
  const evaluate = (install: PackInstall): Evaluation =>
    evaluateInstall(
      installInput({
        install,
        organization: found(organization),
        definition: lookup(definitions.find(({ metadata }) => metadata.name === install.spec.packRef.name)),
        configurations,
        rules,
      }),
    );

  test("use nothing that this version does not act on", () => {
    for (const definition of definitions) {
      const facts = evaluateDefinition({
        definition,
        organization: found(organization),
        known: [],
        reviews: [],
        now: NOW,
        rules,
      });
      expect(facts).toMatchObject({ problem: undefined, sensitive: [] });
    }
    for (const configuration of configurations) {
      expect(configurationProblem(configuration)).toBeUndefined();
      expect(unknownComponents(configuration, definitionOf(configuration.spec.packRef?.name ?? ""))).toEqual([]);
    }
  });

  test.each([
    ["team-a", { outcome: "Installed", permit: { binding: { name: "acme-crm" } } }],
    ["team-b", { outcome: "Installed", permit: { binding: { name: "acme-crm-narrow" } } }],
    ["team-c", { outcome: "Refused", problem: { reason: "PackDenied" } }],
  ])("come out in %s as their README says", (namespace, outcome) => {
    const install = installs.find(({ metadata }) => metadata.namespace === namespace);
    if (install === undefined) throw new Error(`there is no install in ${namespace}`);
    expect(evaluate(install)).toMatchObject(outcome);
  });

  test.each([
    ["acme-crm", ["AddNote"]],
    ["acme-crm-narrow", ["DealFile", "Deals"]],
  ])("%s leaves enabled what its README says", (name, disabled) => {
    const definition = definitionOf("acme-crm");
    const configuration = named<PackConfiguration>(configurations, "PackConfiguration", name);
    const components = compileComponents(definition, configuration, definition.spec.networkDomains ?? []);
    expect(components.filter(({ enabled }) => !enabled).map((component) => component.name)).toEqual(disabled);
  });

  test("the checksum of the definition is that of the code", () => {
    const { source } = definitionOf("acme-crm").spec;
    const code = named<KubeObject & { data: Record<string, string> }>(
      EVERYTHING,
      "ConfigMap",
      source.bundle?.configMapRef.name ?? "",
      SYSTEM_NAMESPACE,
    );
    const text = code.data[source.bundle?.configMapRef.key ?? ""] ?? "";
    expect(createHash("sha256").update(text).digest("hex")).toBe(source.bundle?.sha256);
  });
});

describeCluster("on a real API server", () => {
  let cluster: ControlPlane;
  let admin: Client;

  const kubectl = async (...args: readonly string[]): Promise<string> => {
    const env = { ...process.env, KUBECONFIG: cluster.kubeconfig };
    const { stdout } = await promisify(execFile)(cluster.endpoint.kubectl, [...args], { cwd: ROOT, env });
    return stdout;
  };

  beforeAll(async () => {
    cluster = await startControlPlane();
    admin = clientFrom(cluster.kubeconfig);
    await kubectl("apply", "--server-side", "-f", "crds/");
    await installCrds(admin);
    await kubectl("apply", ...CONFIG);
    await Promise.all([SYSTEM_NAMESPACE, SANDBOX_NAMESPACE].map((name) => serviceAccountExists(admin, name)));
  });

  afterAll(async () => {
    await admin?.close();
    await cluster?.stop();
  });

  test("the manifests can be applied again, and nothing changes", async () => {
    const lines = (await kubectl("apply", ...CONFIG)).trim().split("\n");
    expect(lines.length).toBeGreaterThan(20);
    expect(lines.filter((line) => !line.endsWith(" unchanged"))).toEqual([]);
    expect(await kubectl("diff", ...CONFIG)).toBe("");
  });

  test("the API server finds nothing to warn about in the policies", async () => {
    type Checked = Policy & {
      readonly status?: { readonly typeChecking?: { readonly expressionWarnings?: unknown[] } };
    };
    for (const policy of ofKind<Policy>(config("policies"), "ValidatingAdmissionPolicy")) {
      const checked = await eventually(`${policy.metadata.name} is type-checked`, async () => {
        const found = await admin.get<Checked>(resourceOf(policy), { name: policy.metadata.name });
        return found.status?.typeChecking && found.status;
      });
      expect(checked.typeChecking?.expressionWarnings ?? []).toEqual([]);
    }
  });

  const may = async (user: string, resourceAttributes: object): Promise<boolean> => {
    const spec = { user, groups: ["system:authenticated"], resourceAttributes };
    const review = { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec };
    const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
    const { body } = await cluster.access.request("POST", path, review);
    return (JSON.parse(body) as { readonly status: { readonly allowed: boolean } }).status.allowed;
  };

  test("the controller may read installs everywhere", async () => {
    expect(await may(CONTROLLER_USER, { verb: "list", group: GROUP, resource: "packinstalls" })).toBe(true);
  });

  test.each(["get", "list", "watch"])("the controller may not %s Secrets anywhere", async (verb) => {
    for (const namespace of [SYSTEM_NAMESPACE, SANDBOX_NAMESPACE, "default", ""]) {
      expect(await may(CONTROLLER_USER, { verb, resource: "secrets", namespace })).toBe(false);
    }
  });

  test.each([
    ["make pods outside the sandboxes' namespace", { verb: "create", resource: "pods", namespace: "default" }],
    ["read pods outside the sandboxes' namespace", { verb: "list", resource: "pods" }],
    [
      "run commands in sandboxes",
      { verb: "create", resource: "pods", subresource: "exec", namespace: SANDBOX_NAMESPACE },
    ],
    [
      "make tokens",
      { verb: "create", resource: "serviceaccounts", subresource: "token", namespace: SANDBOX_NAMESPACE },
    ],
    ["write installs", { verb: "update", group: GROUP, resource: "packinstalls", namespace: "default" }],
    ["delete installs", { verb: "delete", group: GROUP, resource: "packinstalls", namespace: "default" }],
    [
      "write grants outside packs-system",
      { verb: "create", group: GROUP, resource: "packgrants", namespace: "default" },
    ],
    ["change namespaces", { verb: "patch", resource: "namespaces", name: SANDBOX_NAMESPACE }],
    [
      "read other kinds of definitions",
      { verb: "get", group: "apiextensions.k8s.io", resource: "customresourcedefinitions", name: "x.y" },
    ],
    ["act as other people", { verb: "install-as", group: GROUP, resource: "installers", name: "ana@example.com" }],
  ])("the controller may not %s", async (_, attributes) => {
    expect(await may(CONTROLLER_USER, attributes)).toBe(false);
  });

  test.each([
    ["sandboxes", `system:serviceaccount:${SANDBOX_NAMESPACE}:${SANDBOX_SERVICE_ACCOUNT}`],
    ["the gateway", `system:serviceaccount:${SYSTEM_NAMESPACE}:${GATEWAY_SERVICE_ACCOUNT}`],
  ])("the account of %s holds no rights", async (_, user) => {
    for (const resource of ["pods", "secrets", "configmaps"]) {
      for (const namespace of [SYSTEM_NAMESPACE, SANDBOX_NAMESPACE]) {
        expect(await may(user, { verb: "get", resource, namespace })).toBe(false);
      }
    }
  });

  test.each(EXAMPLES)("examples/%s is applied by one command", async (folder) => {
    const lines = (await kubectl("apply", "-f", `examples/${folder}/`)).trim().split("\n");
    expect(lines).toHaveLength(example(folder).length);
  });

  test.each(EXAMPLES.map((folder) => [folder, example(folder)] as const))(
    "every object of examples/%s is accepted with strict field checks",
    async (_, objects) => {
      for (const object of objects) {
        await admin.apply(resourceOf(object), object, { fieldManager: "strict", dryRun: true, force: true });
      }
    },
  );

  test("the sandboxes' namespace takes the pod that the controller makes, and leaves it as it is", async () => {
    const controller = clientFrom(await cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, CONTROLLER_SERVICE_ACCOUNT));
    const definition = named<PackDefinition>(EVERYTHING, "PackDefinition", "acme-crm");
    const install = named<PackInstall>(EVERYTHING, "PackInstall", "crm", "team-a");
    const wanted = sandboxPod(install, definition, DEFAULT_SETTINGS);
    try {
      const pod = await controller.create(POD, wanted, { fieldManager: "test" });
      expect(pod).toMatchObject(wanted);
      type Quota = KubeObject & { readonly status?: { readonly used?: Readonly<Record<string, string>> } };
      const quota = named(config("namespaces"), "ResourceQuota", "sandboxes", SANDBOX_NAMESPACE);
      await eventually("the pod is counted", async () => {
        const { status } = await admin.get<Quota>(resourceOf(quota), {
          namespace: SANDBOX_NAMESPACE,
          name: "sandboxes",
        });
        return status?.used?.["pods"] === "1" && status.used["limits.memory"] === "256Mi";
      });
    } finally {
      await controller.close();
    }
  });

  test("everything can be removed, while the policies are in force", async () => {
    await kubectl("delete", "packinstalls", "--all", "--all-namespaces");
    await kubectl("delete", "namespace", SANDBOX_NAMESPACE, SYSTEM_NAMESPACE, "--timeout=60s");
    const rest = ["-f", "config/policies/", "-f", "config/rbac/", "-f", "crds/"];
    await kubectl("delete", "--ignore-not-found", ...rest, "--timeout=60s");
    expect(await kubectl("get", "crds,clusterroles,validatingadmissionpolicies", "-o", "name")).not.toContain("packs");
  });
});
