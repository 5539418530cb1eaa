/**
 * The admission policies of config/policies on a real API server, with real identities: who may write what, and what
 * those who may not are told. Everybody here holds the RBAC rights for what he tries, so that what refuses is the policy.
 */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  EVENT,
  NAMESPACE,
  NETWORK_POLICY,
  PACK_CONFIGURATION,
  PACK_DEFINITION,
  PACK_GRANT,
  PACK_INSTALL,
  PACK_ORGANIZATION,
  POD,
  type Resource,
} from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import {
  ANNOTATION,
  BASELINE_POLICY,
  CONTROLLER_SERVICE_ACCOUNT,
  CONTROLLER_USER,
  GATEWAY_SERVICE_ACCOUNT,
  INSTALL_FINALIZER,
  LABEL,
  SANDBOX_NAMESPACE,
  SANDBOX_SERVICE_ACCOUNT,
  SYSTEM_NAMESPACE,
} from "../../src/api/names.ts";
import type { PackInstall } from "../../src/api/v1alpha1/index.ts";
import type { Client } from "../../src/kube/client.ts";
import { isNotFound } from "../../src/kube/errors.ts";
import { addFinalizer } from "../../src/runtime/finalizer.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { eventually } from "../cluster/eventually.ts";
import { clientFrom, describeCluster, serviceAccountExists } from "../cluster/harness.ts";
import { applyObjects, installConfig, installCrds, readObjects } from "../cluster/manifests.ts";
import { object, refusal, TRY, WRITE } from "./admission-kit.ts";

const ANA = "ana@example.com";
const BEN = "ben@example.com";
const TEAM = "team-a";
const MASTERS = ["system:masters"];

const builtIn = (apiVersion: string, kind: string, plural: string): Resource => ({
  apiVersion,
  kind,
  plural,
  namespaced: true,
});
const CONFIG_MAP = builtIn("v1", "ConfigMap", "configmaps");
const SERVICE = builtIn("v1", "Service", "services");
const SERVICE_ACCOUNT = builtIn("v1", "ServiceAccount", "serviceaccounts");
const RESOURCE_QUOTA = builtIn("v1", "ResourceQuota", "resourcequotas");
const ROLE_BINDING = builtIn("rbac.authorization.k8s.io/v1", "RoleBinding", "rolebindings");
const DEPLOYMENT = builtIn("apps/v1", "Deployment", "deployments");

const install = (name: string, installer: string, namespace = TEAM): PackInstall =>
  object(PACK_INSTALL, name, namespace, { spec: { packRef: { name: "crm" }, installer } }) as PackInstall;

const grant = (name: string): KubeObject =>
  object(PACK_GRANT, name, SYSTEM_NAMESPACE, {
    spec: { install: { namespace: TEAM, name: "crm", uid: "1" }, pack: "crm", state: "Revoked" },
  });

const sandbox = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    namespace: SANDBOX_NAMESPACE,
    labels: { [LABEL.installUid]: "1", [LABEL.sandbox]: "true" },
    annotations: { [ANNOTATION.podHash]: "x" },
  },
  ...{
    spec: {
      serviceAccountName: SANDBOX_SERVICE_ACCOUNT,
      nodeName: "node-1",
      securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "sandbox",
          image: "sandbox:1",
          resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "256Mi" } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
        },
      ],
    },
  },
});

const policy = (name: string, spec: object): KubeObject => object(NETWORK_POLICY, name, SANDBOX_NAMESPACE, { spec });
const SHUT = { podSelector: {}, policyTypes: ["Ingress", "Egress"] };

describeCluster("admission policies", () => {
  let cluster: ControlPlane;
  /** A member of `system:masters`: no RBAC rule stops him. */
  let admin: Client;
  let ana: Client;
  let ben: Client;
  let controller: Client;
  const opened: Client[] = [];

  const enter = (kubeconfig: string): Client => {
    const client = clientFrom(kubeconfig);
    opened.push(client);
    return client;
  };
  const asUser = async (name: string, groups: readonly string[] = []): Promise<Client> =>
    enter(await cluster.kubeconfigFor(name, groups));
  const asServiceAccount = async (namespace: string, name: string): Promise<Client> =>
    enter(await cluster.serviceAccountKubeconfig(namespace, name));

  const bind = async (kind: "Role" | "ClusterRole", role: string, user: string): Promise<void> => {
    const subject = { kind: "User", name: user, apiGroup: "rbac.authorization.k8s.io" };
    const name = `${role}-${user.replace("@", "-at-")}`;
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind, name: role };
    await admin.create(ROLE_BINDING, object(ROLE_BINDING, name, TEAM, { roleRef, subjects: [subject] }), WRITE);
  };

  beforeAll(async () => {
    cluster = await startControlPlane();
    admin = enter(cluster.kubeconfig);
    await installCrds(admin);
    await installConfig(admin);
    await admin.create(NAMESPACE, object(NAMESPACE, TEAM), WRITE);
    await Promise.all([TEAM, SYSTEM_NAMESPACE, SANDBOX_NAMESPACE].map((name) => serviceAccountExists(admin, name)));
    [ana, ben] = await Promise.all([asUser(ANA), asUser(BEN)]);
    controller = await asServiceAccount(SYSTEM_NAMESPACE, CONTROLLER_SERVICE_ACCOUNT);
    for (const user of [ANA, BEN]) await bind("ClusterRole", "edit", user);
    await eventually("the role edit includes packs-installer", () => ana.list(PACK_INSTALL, { namespace: TEAM }));
    await inForce();
  });

  afterAll(async () => {
    await Promise.all(opened.map((client) => client.close()));
    await cluster?.stop();
  });

  /** The API server takes new policies up a moment after they were written, each on its own. */
  const inForce = async (): Promise<void> => {
    const impostor = await asUser(CONTROLLER_USER, MASTERS);
    const probes: Readonly<Record<string, () => Promise<unknown>>> = {
      "packs-installer": () => ana.create(PACK_INSTALL, install("probe", BEN), TRY),
      "packs-fence-compiled": () => admin.create(PACK_GRANT, grant("probe"), TRY),
      "packs-fence-sandboxes": () => admin.create(POD, sandbox("probe"), TRY),
      "packs-fence-labels": () => admin.create(CONFIG_MAP, labelled(TEAM), TRY),
      "packs-fence-namespace": () => admin.create(NAMESPACE, object(NAMESPACE, SANDBOX_NAMESPACE), TRY),
      "packs-controller-finalizers": () => impostor.create(PACK_INSTALL, install("probe", ANA), TRY),
    };
    for (const [name, probe] of Object.entries(probes)) {
      await eventually(`the policy ${name} is in force`, () => refusal(probe()));
    }
  };

  const labelled = (namespace: string): KubeObject => {
    const { metadata, ...rest } = object(CONFIG_MAP, "copy", namespace);
    return { ...rest, metadata: { ...metadata, labels: { [LABEL.installUid]: "1" } } };
  };

  test("every policy of config/policies is tried below or in admission-people.test.ts", async () => {
    const names = readObjects("config/policies").map(({ metadata }) => metadata.name);
    expect([...new Set(names)]).toEqual([
      "packs-account",
      "packs-certification",
      "packs-controller-finalizers",
      "packs-doc-share",
      "packs-doc",
      "packs-fence-compiled",
      "packs-fence-labels",
      "packs-fence-namespace",
      "packs-fence-sandboxes",
      "packs-group-sync",
      "packs-installer",
      "packs-namespace-owner",
      "packs-organization",
      "packs-request",
      "packs-review",
    ]);
  });

  describeCluster("packs-installer", () => {
    const ref = { namespace: TEAM, name: "anas" };

    beforeAll(async () => {
      await ana.create(PACK_INSTALL, install("anas", ANA), WRITE);
    });

    test("a user installs in her own name", async () => {
      await ana.create(PACK_INSTALL, install("hers", ANA), TRY);
    });

    test("nobody installs in another's name, and is told what would help", async () => {
      expect(await refusal(ana.create(PACK_INSTALL, install("his", BEN), TRY))).toBe(
        "`spec.installer` is 'ben@example.com', but this request comes from 'ana@example.com'. Install in your own name, " +
          "or ask an administrator for the verb 'install-as' on installers.packs.dev 'ben@example.com'.",
      );
    });

    test("who holds `install-as` on a name installs in that name, and in no other", async () => {
      await admin.create(SERVICE_ACCOUNT, object(SERVICE_ACCOUNT, "gitops", TEAM), WRITE);
      const subjects = [{ kind: "ServiceAccount", name: "gitops", namespace: TEAM }];
      const role = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "installs-of-team-a" };
      const rules = [
        { apiGroups: ["packs.dev"], resources: ["installers"], resourceNames: [ANA], verbs: ["install-as"] },
      ];
      const rbac = "rbac.authorization.k8s.io/v1";
      const edit = { ...role, name: "edit" };
      await applyObjects(admin, [
        { apiVersion: rbac, kind: "ClusterRole", metadata: { name: role.name }, ...{ rules } },
        { apiVersion: rbac, kind: "ClusterRoleBinding", metadata: { name: "gitops" }, ...{ roleRef: role, subjects } },
        object(ROLE_BINDING, "gitops", TEAM, { roleRef: edit, subjects }),
      ]);
      const gitops = await asServiceAccount(TEAM, "gitops");
      await eventually("the pipeline may act for ana", () =>
        gitops.create(PACK_INSTALL, install("by-gitops", ANA), TRY),
      );
      expect(await refusal(gitops.create(PACK_INSTALL, install("by-gitops", BEN), TRY))).toContain(
        "but this request comes from 'system:serviceaccount:team-a:gitops'",
      );
    });

    test("a `*` inside a namespace does not include `install-as`", async () => {
      const all = { apiGroups: ["*"], resources: ["*"], verbs: ["*"] };
      const role = object(builtIn("rbac.authorization.k8s.io/v1", "Role", "roles"), "all", TEAM, { rules: [all] });
      await applyObjects(admin, [role]);
      await bind("Role", "all", "team-admin");
      const teamAdmin = await asUser("team-admin");
      await eventually("the role is in force", () => teamAdmin.list(POD, { namespace: TEAM }));
      expect(await refusal(teamAdmin.create(PACK_INSTALL, install("his", BEN), TRY))).toContain("from 'team-admin'");
    });

    test("an administrator of the cluster installs in anybody's name", async () => {
      await admin.create(PACK_INSTALL, install("his", BEN), TRY);
    });

    test("others may label her install, ask for one more evaluation and delete it", async () => {
      const metadata = { labels: { team: "a" }, annotations: { [ANNOTATION.reconcileRequestedAt]: "1" } };
      await ben.mergePatch(PACK_INSTALL, ref, { metadata }, TRY);
      await ana.create(PACK_INSTALL, install("short-lived", ANA), WRITE);
      await ben.delete(PACK_INSTALL, { namespace: TEAM, name: "short-lived" });
    });

    test("others may not change what her install asks for, not even suspend it", async () => {
      const patch = { spec: { suspend: true } };
      expect(await refusal(ben.mergePatch(PACK_INSTALL, ref, patch, TRY))).toContain(
        "but this request comes from 'ben@example.com'",
      );
      await ana.mergePatch(PACK_INSTALL, ref, patch, TRY);
    });

    test("others may not ask for her pack again", async () => {
      const patch = { metadata: { annotations: { [ANNOTATION.reinstallRequestedAt]: "1" } } };
      expect(await refusal(ben.mergePatch(PACK_INSTALL, ref, patch, TRY))).toContain(
        "`spec.installer` is 'ana@example.com', but this request comes from 'ben@example.com'",
      );
      await ana.mergePatch(PACK_INSTALL, ref, patch, TRY);
    });
  });

  describeCluster("packs-fence-compiled", () => {
    const ref = { namespace: SYSTEM_NAMESPACE, name: "compiled" };
    const advice = "Change the PackInstall, PackConfiguration or PackDefinition that it follows from instead.";

    beforeAll(async () => {
      await controller.create(PACK_GRANT, grant("compiled"), WRITE);
    });

    test("the controller writes grants, changes them and deletes them", async () => {
      const written = await controller.create(PACK_GRANT, grant("passing"), WRITE);
      const spec = { ...(written as KubeObject & { spec: object }).spec, state: "Suspended" };
      await controller.replace(PACK_GRANT, { ...written, spec } as KubeObject, WRITE);
      await controller.delete(PACK_GRANT, { namespace: SYSTEM_NAMESPACE, name: "passing" });
    });

    test.each([
      ["writes a grant", () => admin.create(PACK_GRANT, grant("forged"), TRY)],
      ["changes a grant", () => admin.mergePatch(PACK_GRANT, ref, { spec: { state: "Suspended" } }, TRY)],
      ["deletes a grant", () => admin.delete(PACK_GRANT, ref)],
    ])("an administrator who %s is refused", async (_, write) => {
      expect(await refusal(write())).toBe(`only the packs controller writes packgrants. ${advice}`);
    });

    const definition = object(PACK_DEFINITION, "crm", undefined, {
      spec: {
        displayName: "CRM",
        version: "1",
        source: { bundle: { configMapRef: { name: "crm", key: "pack.js" }, sha256: "0".repeat(64) } },
        authentication: { type: "None" },
      },
    });
    const configuration = object(PACK_CONFIGURATION, "crm", undefined, {
      spec: { packRef: { name: "crm" }, state: "Approved" },
    });
    const organization = object(PACK_ORGANIZATION, "default", undefined, { spec: { members: "Everyone" } });

    test.each([
      [PACK_DEFINITION, definition],
      [PACK_CONFIGURATION, configuration],
      [PACK_ORGANIZATION, organization],
      [PACK_INSTALL, install("with-status", ANA)],
    ])("the status of a $kind is written by the controller and by nobody else", async (resource, wanted) => {
      const written = await admin.create(resource, wanted, WRITE);
      const judged = { ...written, status: { observedGeneration: 1 } } as KubeObject;
      expect(await refusal(admin.replaceStatus(resource, judged, TRY))).toBe(
        `only the packs controller writes ${resource.plural}/status. ${advice}`,
      );
      await controller.replaceStatus(resource, judged, TRY);
    });
  });

  describeCluster("packs-fence-sandboxes", () => {
    const ref = { namespace: SANDBOX_NAMESPACE, name: "live" };
    const path = `/api/v1/namespaces/${SANDBOX_NAMESPACE}`;
    const refused = (what: string): string =>
      `the namespace packs-sandboxes belongs to the packs controller, and ${what} is refused for everybody else. ` +
      "Change the PackInstall, and the controller does the rest.";

    /** A subresource, which the client does not speak; as admin. */
    const post = async (subpath: string, body: unknown): Promise<string> => {
      const answer = await cluster.access.request("POST", `${path}${subpath}`, body);
      return answer.code === 403 ? (answer.body.split("denied request: ")[1] ?? answer.body) : String(answer.code);
    };

    beforeAll(async () => {
      await controller.create(POD, sandbox("live"), WRITE);
    });

    test("the controller makes, relabels and removes pods and policies", async () => {
      await controller.create(POD, sandbox("passing"), WRITE);
      const passing = { namespace: SANDBOX_NAMESPACE, name: "passing" };
      await controller.mergePatch(POD, passing, { metadata: { labels: { [LABEL.pack]: "crm" } } }, WRITE);
      await controller.delete(POD, passing, { gracePeriodSeconds: 0 });
      await controller.create(NETWORK_POLICY, policy("passing", SHUT), WRITE);
      await controller.delete(NETWORK_POLICY, passing);
    });

    test("the controller cannot make a pod that breaks the Pod Security standard", async () => {
      const pod = sandbox("privileged") as KubeObject & { spec: { containers: object[] } };
      const containers = pod.spec.containers.map((it) => ({ ...it, securityContext: { privileged: true } }));
      const wanted = { ...pod, spec: { ...pod.spec, containers } };
      await expect(controller.create(POD, wanted, TRY)).rejects.toThrow('violates PodSecurity "restricted:latest"');
    });

    test("the node reports what became of a pod", async () => {
      const kubelet = await asUser("system:node:node-1", ["system:nodes"]);
      const pod = await admin.get<KubeObject>(POD, ref);
      await kubelet.replaceStatus(POD, { ...pod, status: { phase: "Running" } } as KubeObject, WRITE);
    });

    const baseline = { namespace: SANDBOX_NAMESPACE, name: BASELINE_POLICY };
    const account = { namespace: SANDBOX_NAMESPACE, name: SANDBOX_SERVICE_ACCOUNT };
    const patchPod = (patch: object): Promise<unknown> => admin.mergePatch(POD, ref, patch, TRY);
    const patchBaseline = (spec: object): Promise<unknown> => admin.mergePatch(NETWORK_POLICY, baseline, { spec }, TRY);
    const service = object(SERVICE, "way-in", SANDBOX_NAMESPACE, { spec: { clusterIP: "None" } });

    test.each([
      ["creates a pod", "CREATE of pods", () => admin.create(POD, sandbox("mine"), TRY)],
      ["moves a pod", "UPDATE of pods", () => patchPod({ metadata: { labels: { [LABEL.installUid]: "2" } } })],
      ["labels a pod", "UPDATE of pods", () => patchPod({ metadata: { labels: { mine: "too" } } })],
      [
        "changes our annotation",
        "UPDATE of pods",
        () => patchPod({ metadata: { annotations: { [ANNOTATION.podHash]: "y" } } }),
      ],
      [
        "removes our annotation",
        "UPDATE of pods",
        () => patchPod({ metadata: { annotations: { [ANNOTATION.podHash]: null } } }),
      ],
      ["limits a pod's time", "UPDATE of pods", () => patchPod({ spec: { activeDeadlineSeconds: 1 } })],
      [
        "reports a pod's status",
        "UPDATE of pods/status",
        async () => admin.replaceStatus(POD, { ...(await admin.get(POD, ref)), status: {} } as KubeObject, TRY),
      ],
      [
        "adds a policy",
        "CREATE of networkpolicies",
        () => admin.create(NETWORK_POLICY, policy("open-sesame", SHUT), TRY),
      ],
      ["opens the baseline", "UPDATE of networkpolicies", () => patchBaseline({ egress: [{}] })],
      [
        "narrows the baseline",
        "UPDATE of networkpolicies",
        () => patchBaseline({ podSelector: { matchLabels: { a: "b" } } }),
      ],
      ["deletes the baseline", "DELETE of networkpolicies", () => admin.delete(NETWORK_POLICY, baseline)],
      [
        "mounts tokens",
        "UPDATE of serviceaccounts",
        () => admin.mergePatch(SERVICE_ACCOUNT, account, { automountServiceAccountToken: true }, TRY),
      ],
      ["adds a Service", "CREATE of services", () => admin.create(SERVICE, service, TRY)],
      [
        "adds a ConfigMap",
        "CREATE of configmaps",
        () => admin.create(CONFIG_MAP, object(CONFIG_MAP, "x", SANDBOX_NAMESPACE), TRY),
      ],
    ])("an administrator who %s is refused", async (_, what, write) => {
      expect(await refusal(write())).toBe(refused(what));
    });

    test.each([
      ["CONNECT of pods/exec", "/pods/live/exec?command=sh&container=sandbox&stdout=true", {}],
      ["CONNECT of pods/attach", "/pods/live/attach?container=sandbox&stdout=true", {}],
      ["CONNECT of pods/portforward", "/pods/live/portforward?ports=8000", {}],
      [
        "CREATE of serviceaccounts/token",
        `/serviceaccounts/${SANDBOX_SERVICE_ACCOUNT}/token`,
        { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
      ],
    ])("%s by an administrator is refused", async (what, subpath, body) => {
      expect(await post(subpath, body)).toContain(refused(what));
    });

    test("a debug container is refused", async () => {
      const securityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };
      const ephemeralContainers = [{ name: "debug", image: "busybox", securityContext }];
      // The path of the subresource pods/live/ephemeralcontainers, which the client has no word for.
      const resource = { ...POD, plural: "pods/live" };
      const subresource = { namespace: SANDBOX_NAMESPACE, name: "ephemeralcontainers" };
      const patch = admin.mergePatch(resource, subresource, { spec: { ephemeralContainers } }, TRY);
      expect(await refusal(patch)).toBe(refused("UPDATE of pods/ephemeralcontainers"));
    });

    test("a network plug-in notes the pod's address in an annotation", async () => {
      await admin.mergePatch(POD, ref, { metadata: { annotations: { "cni.example.org/podIP": "10.0.0.7" } } }, TRY);
    });

    test("a drain evicts a sandbox, and an administrator deletes one", async () => {
      for (const name of ["drained", "deleted"]) await controller.create(POD, sandbox(name), WRITE);
      const metadata = { name: "drained", namespace: SANDBOX_NAMESPACE };
      expect(await post("/pods/drained/eviction", { apiVersion: "policy/v1", kind: "Eviction", metadata })).toBe("201");
      await admin.delete(POD, { namespace: SANDBOX_NAMESPACE, name: "deleted" }, { gracePeriodSeconds: 0 });
    });

    test("the gateway reports events of sandboxes, and nobody else does", async () => {
      const gateway = await asUser(`system:serviceaccount:${SYSTEM_NAMESPACE}:${GATEWAY_SERVICE_ACCOUNT}`, MASTERS);
      const event = object(EVENT, "denied", SANDBOX_NAMESPACE, {
        eventTime: "2026-01-02T03:04:05.000000Z",
        reportingController: "packs.dev/gateway",
        reportingInstance: "gateway-1",
        action: "Deny",
        reason: "HostNotGranted",
        type: "Warning",
        regarding: { kind: "Pod", namespace: SANDBOX_NAMESPACE, name: "live" },
      });
      await gateway.create(EVENT, event, TRY);
      expect(await refusal(admin.create(EVENT, event, TRY))).toBe(refused("CREATE of events"));
      expect(await refusal(gateway.create(POD, sandbox("mine"), TRY))).toBe(refused("CREATE of pods"));
    });

    test("an administrator adapts the quota and lets people look", async () => {
      const quota = { namespace: SANDBOX_NAMESPACE, name: "sandboxes" };
      await admin.mergePatch(RESOURCE_QUOTA, quota, { spec: { hard: { pods: "50" } } }, TRY);
      const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "view" };
      const viewers = object(ROLE_BINDING, "viewers", SANDBOX_NAMESPACE, { roleRef, subjects: [] });
      await admin.create(ROLE_BINDING, viewers, TRY);
    });

    test("the manifests can be applied again", async () => {
      await installConfig(admin);
    });

    test("the fence ends at the namespace", async () => {
      await admin.create(CONFIG_MAP, object(CONFIG_MAP, "elsewhere", TEAM), TRY);
    });
  });

  describeCluster("packs-fence-labels", () => {
    const text = "the label 'packs.dev/install-uid' is written by the packs controller only. Remove it.";
    const withLabel = (resource: Resource, rest: object = {}): KubeObject => {
      const { metadata, ...others } = object(resource, "copy", TEAM, rest);
      return { ...others, metadata: { ...metadata, labels: { [LABEL.installUid]: "1" } } };
    };
    const pod = { spec: { containers: [{ name: "a", image: "a" }] } };
    const selector = { matchLabels: { a: "a" } };
    const template = { metadata: { labels: { a: "a" } }, ...pod };

    test.each([
      [CONFIG_MAP, {}],
      [POD, pod],
      [NETWORK_POLICY, { spec: { podSelector: {} } }],
      [DEPLOYMENT, { spec: { selector, template } }],
      [PACK_INSTALL, { spec: { packRef: { name: "crm" }, installer: ANA } }],
    ])("a $kind with the controller's label is refused", async (resource, rest) => {
      expect(await refusal(admin.create(resource, withLabel(resource, rest), TRY))).toBe(text);
    });

    test("the label cannot be added later", async () => {
      await admin.create(CONFIG_MAP, object(CONFIG_MAP, "plain", TEAM), WRITE);
      const patch = { metadata: { labels: { [LABEL.installUid]: "1" } } };
      expect(await refusal(admin.mergePatch(CONFIG_MAP, { namespace: TEAM, name: "plain" }, patch, TRY))).toBe(text);
    });

    test.each([
      [POD, pod],
      [SERVICE, { spec: { clusterIP: "None" } }],
    ])("the label cannot be added through the status of a $kind", async (resource, rest) => {
      const written = await admin.create(resource, object(resource, "sly", TEAM, rest), WRITE);
      const labels = { [LABEL.installUid]: "1" };
      const sly = { ...written, metadata: { ...written.metadata, labels } };
      expect(await refusal(admin.replaceStatus(resource, sly, TRY))).toBe(text);
    });

    test("an object that has had the label since before can still be changed, but for the label", async () => {
      const ref = { namespace: SYSTEM_NAMESPACE, name: "from-before" };
      const { metadata, ...rest } = object(CONFIG_MAP, ref.name, ref.namespace);
      const impostor = await asUser(CONTROLLER_USER, MASTERS);
      await impostor.create(
        CONFIG_MAP,
        { ...rest, metadata: { ...metadata, labels: { [LABEL.installUid]: "1" } } },
        WRITE,
      );
      await admin.mergePatch(CONFIG_MAP, ref, { metadata: { labels: { a: "b" } } }, TRY);
      const other = { metadata: { labels: { [LABEL.installUid]: "2" } } };
      expect(await refusal(admin.mergePatch(CONFIG_MAP, ref, other, TRY))).toBe(text);
    });

    test("the label can be taken off", async () => {
      const ref = { namespace: SYSTEM_NAMESPACE, name: "stained" };
      const stained = object(CONFIG_MAP, ref.name, ref.namespace);
      const metadata = { ...stained.metadata, labels: { [LABEL.installUid]: "1" } };
      const impostor = await asUser(CONTROLLER_USER, MASTERS);
      await impostor.create(CONFIG_MAP, { ...stained, metadata }, WRITE);
      await admin.mergePatch(CONFIG_MAP, ref, { metadata: { labels: { [LABEL.installUid]: null } } }, WRITE);
    });

    test("the controller labels the grants that it writes", async () => {
      const { metadata, ...rest } = grant("labelled");
      const labels = { [LABEL.installUid]: "1" };
      await controller.create(PACK_GRANT, { ...rest, metadata: { ...metadata, labels } }, TRY);
    });

    test("other labels are free", async () => {
      const { metadata, ...rest } = object(CONFIG_MAP, "labelled", TEAM);
      await admin.create(CONFIG_MAP, { ...rest, metadata: { ...metadata, labels: { [LABEL.pack]: "crm" } } }, TRY);
    });
  });

  describeCluster("packs-fence-namespace", () => {
    const ref = { name: SANDBOX_NAMESPACE };
    const enforce = "pod-security.kubernetes.io/enforce";
    const label = (labels: Readonly<Record<string, string | null>>): Promise<KubeObject> =>
      admin.mergePatch(NAMESPACE, ref, { metadata: { labels } }, TRY);

    test.each([
      ["weakened", { [enforce]: "baseline" }],
      ["taken off", { [enforce]: null }],
    ])("Pod Security of the sandboxes' namespace cannot be %s", async (_, labels) => {
      expect(await refusal(label(labels))).toBe(
        "the namespace packs-sandboxes must have the label 'pod-security.kubernetes.io/enforce=restricted'.",
      );
    });

    test("Pod Security of the sandboxes' namespace cannot go back to an old version", async () => {
      expect(await refusal(label({ [`${enforce}-version`]: "v1.20" }))).toBe(
        "the namespace packs-sandboxes must have the label 'pod-security.kubernetes.io/enforce-version=latest', or none of that name.",
      );
    });

    test.each(["status", "finalize"])("nor through the subresource %s", async (subresource) => {
      const namespace = await admin.get<KubeObject>(NAMESPACE, ref);
      const metadata = { ...namespace.metadata, labels: { ...namespace.metadata.labels, [enforce]: "privileged" } };
      const path = `/api/v1/namespaces/${SANDBOX_NAMESPACE}/${subresource}?dryRun=All`;
      const { kubectl, kubeconfig } = cluster.endpoint;
      const put = promisify(execFile)(kubectl, ["--kubeconfig", kubeconfig, "replace", "--raw", path, "-f", "-"]);
      put.child.stdin?.end(JSON.stringify({ ...namespace, metadata }));
      await expect(put).rejects.toThrow("'pod-security.kubernetes.io/enforce=restricted'");
    });

    test("a namespace of that name cannot be made without Pod Security", async () => {
      expect(await refusal(admin.create(NAMESPACE, object(NAMESPACE, SANDBOX_NAMESPACE), TRY))).toContain(
        "'pod-security.kubernetes.io/enforce=restricted'",
      );
    });

    test("other labels of it, and other namespaces, are free", async () => {
      await label({ owner: "platform" });
      await admin.mergePatch(NAMESPACE, { name: TEAM }, { metadata: { labels: { [enforce]: "baseline" } } }, TRY);
    });
  });

  describeCluster("packs-controller-finalizers", () => {
    const ref = { namespace: TEAM, name: "finalized" };
    const theirs = "example.org/keep";
    let written: PackInstall;
    /** The controller, were RBAC and packs-installer not in his way. */
    let impostor: Client;

    const patch = (client: Client, change: object): Promise<KubeObject> =>
      client.mergePatch(PACK_INSTALL, ref, change, TRY);

    beforeAll(async () => {
      impostor = await asUser(CONTROLLER_USER, MASTERS);
      const { metadata, ...rest } = install("finalized", ANA);
      written = await ana.create(PACK_INSTALL, { ...rest, metadata: { ...metadata, finalizers: [theirs] } }, WRITE);
    });

    afterAll(() => admin.mergePatch(PACK_INSTALL, ref, { metadata: { finalizers: null } }, WRITE));

    test("the controller puts its finalizer on and takes it off", async () => {
      const on = addFinalizer(written, INSTALL_FINALIZER);
      const { metadata } = await controller.jsonPatch<PackInstall>(PACK_INSTALL, ref, on, WRITE);
      expect(metadata.finalizers).toEqual([theirs, INSTALL_FINALIZER]);
      await patch(controller, { metadata: { finalizers: [theirs] } });
    });

    test.each([
      ["`spec`", { spec: { suspend: true } }],
      ["labels, annotations or owners", { metadata: { labels: { a: "b" } } }],
      ["labels, annotations or owners", { metadata: { annotations: { [ANNOTATION.reinstallRequestedAt]: "1" } } }],
      [
        "labels, annotations or owners",
        { metadata: { ownerReferences: [{ apiVersion: "v1", kind: "ConfigMap", name: "x", uid: "1" }] } },
      ],
    ])("the controller cannot change %s of an install", async (what, change) => {
      expect(await refusal(patch(impostor, change))).toBe(
        `the packs controller must not change ${what} of a PackInstall.`,
      );
    });

    test.each([
      ["taken off", [INSTALL_FINALIZER]],
      ["joined", [theirs, INSTALL_FINALIZER, "example.org/mine"]],
    ])("finalizers of others cannot be %s by the controller", async (_, finalizers) => {
      expect(await refusal(patch(controller, { metadata: { finalizers } }))).toBe(
        "the packs controller must not change finalizers of a PackInstall other than 'packs.dev/uninstall'.",
      );
    });

    test("the controller cannot create an install, were it allowed to by RBAC", async () => {
      expect(await refusal(impostor.create(PACK_INSTALL, install("forged", ANA), TRY))).toBe(
        "the packs controller must not create a PackInstall.",
      );
    });

    test("the policy is about nobody else", async () => {
      await patch(ana, { spec: { suspend: true }, metadata: { labels: { a: "b" }, finalizers: [] } });
    });
  });

  test("the policies do not keep the two namespaces from being deleted", async () => {
    await controller.create(PACK_GRANT, grant("left-behind"), WRITE);
    for (const name of [SANDBOX_NAMESPACE, SYSTEM_NAMESPACE]) await admin.delete(NAMESPACE, { name });
    const pods = await admin.list<KubeObject>(POD, { namespace: SANDBOX_NAMESPACE });
    for (const { metadata } of pods.items) {
      // Nobody else ends pods of a node that does not exist.
      await admin.delete(POD, { namespace: SANDBOX_NAMESPACE, name: metadata.name }, { gracePeriodSeconds: 0 });
    }
    for (const name of [SANDBOX_NAMESPACE, SYSTEM_NAMESPACE]) {
      await eventually(
        `the namespace ${name} is gone`,
        () => admin.get(NAMESPACE, { name }).then(() => false, isNotFound),
        { deadlineMs: 40_000 },
      );
    }
  });
});
