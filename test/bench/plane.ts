/** A control plane with the operator's CRDs and configuration in it, and the identities of a measurement. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Resource } from "../../src/api/kinds.ts";
import { NAMESPACE, PACK_CONFIGURATION, PACK_DEFINITION, PACK_ORGANIZATION } from "../../src/api/kinds.ts";
import { CONTROLLER_SERVICE_ACCOUNT, CONTROLLER_USER, SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import type { PackConfiguration, PackDefinition, PackOrganization } from "../../src/api/v1alpha1/index.ts";
import type { Client } from "../../src/kube/client.ts";
import { clientFrom } from "../cluster/connect.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { eventually } from "../cluster/eventually.ts";
import { installConfig, installCrds } from "../cluster/manifests.ts";
import type { PodIdentity } from "./actors.ts";
import { AuditLog } from "./audit.ts";
import { forEach } from "./pool.ts";
import type { Declared } from "./templates.ts";
import { namespaceOf, ORGANIZATION, type Pack } from "./workload.ts";

/** Whoever declares packs and installs them: not the controller, and subject to priority and fairness like it. */
export const PEOPLE = "bench-people";

const WRITE = { fieldManager: PEOPLE };
const PARALLEL = 16;
/** Lasts longer than any measurement. */
const TOKEN = { expirationSeconds: 4 * 3600 };
/** PodGC would delete pods of nodes that do not exist; the other two write into every new namespace. */
const CONTROLLERS = "*,-podgc,-serviceaccount-controller,-root-ca-certificate-publisher-controller";
const CLUSTER_ROLE_BINDING: Resource = {
  apiVersion: "rbac.authorization.k8s.io/v1",
  kind: "ClusterRoleBinding",
  plural: "clusterrolebindings",
  namespaced: false,
};

export type PlaneOptions = {
  /** Namespaces for installs, `team-0000` and on. */
  readonly namespaces: number;
  readonly controllerManager: boolean;
};

type Identities = Pick<Plane, "admin" | "people" | "controllerKubeconfig" | "pod">;

export class Plane {
  readonly cluster: ControlPlane;
  readonly audit: AuditLog;
  /** A member of `system:masters`. */
  readonly admin: Client;
  readonly people: Client;
  /** The kubeconfig of the controller's ServiceAccount, and the same as a pod finds it. */
  readonly controllerKubeconfig: string;
  readonly pod: PodIdentity;

  private constructor(cluster: ControlPlane, audit: AuditLog, identities: Identities) {
    this.cluster = cluster;
    this.audit = audit;
    this.admin = identities.admin;
    this.people = identities.people;
    this.controllerKubeconfig = identities.controllerKubeconfig;
    this.pod = identities.pod;
  }

  static async start({ namespaces, controllerManager }: PlaneOptions): Promise<Plane> {
    const audit = await AuditLog.create([CONTROLLER_USER, PEOPLE]);
    const cluster = await startControlPlane({
      controllerManager,
      controllers: CONTROLLERS,
      apiServerFlags: audit.flags,
      log: () => undefined,
    });
    const admin = clientFrom(cluster.kubeconfig);
    await installCrds(admin);
    await installConfig(admin);
    const plane = new Plane(cluster, audit, {
      admin,
      people: clientFrom(await cluster.kubeconfigFor(PEOPLE)),
      controllerKubeconfig: await cluster.serviceAccountKubeconfig(SYSTEM_NAMESPACE, CONTROLLER_SERVICE_ACCOUNT, TOKEN),
      pod: await podIdentity(cluster),
    });
    await plane.admin.create(CLUSTER_ROLE_BINDING, everythingForPeople(), WRITE);
    await plane.#untilPeopleMay();
    await forEach(
      Array.from({ length: namespaces }, (_, index) => namespaceOf(index)),
      PARALLEL,
      (name) => plane.people.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name } }, WRITE),
    );
    return plane;
  }

  /** The process that serves the API. */
  get apiServer(): number {
    return this.cluster.processes().get("kube-apiserver") ?? 0;
  }

  /** Writes the pack and its configuration; gives them as stored. */
  async declare({ configuration, definition }: Pack): Promise<Declared> {
    return {
      organization: await this.people.get<PackOrganization>(PACK_ORGANIZATION, { name: ORGANIZATION.metadata.name }),
      definition: await this.people.create<PackDefinition>(PACK_DEFINITION, definition, WRITE),
      configuration: await this.people.create<PackConfiguration>(PACK_CONFIGURATION, configuration, WRITE),
    };
  }

  async stop(): Promise<void> {
    await Promise.all([this.admin.close(), this.people.close()]);
    await this.cluster.stop();
    await this.audit.remove();
  }

  /** Rights take effect a moment after they are written. */
  async #untilPeopleMay(): Promise<void> {
    await eventually("people may declare an organization", () =>
      this.people.create(PACK_ORGANIZATION, ORGANIZATION, WRITE),
    );
  }
}

/** What the kubelet would mount into the controller's pod. */
const podIdentity = async ({ access, endpoint }: ControlPlane): Promise<PodIdentity> => {
  const directory = join(endpoint.directory, "serviceaccount");
  await mkdir(directory);
  await writeFile(join(directory, "ca.crt"), endpoint.ca);
  await writeFile(join(directory, "namespace"), SYSTEM_NAMESPACE);
  const token = await access.serviceAccountToken(SYSTEM_NAMESPACE, CONTROLLER_SERVICE_ACCOUNT, TOKEN);
  await writeFile(join(directory, "token"), token, { mode: 0o600 });
  const { hostname, port } = new URL(endpoint.url);
  return { host: hostname, port, directory };
};

const everythingForPeople = () => ({
  apiVersion: CLUSTER_ROLE_BINDING.apiVersion,
  kind: CLUSTER_ROLE_BINDING.kind,
  metadata: { name: PEOPLE },
  roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "cluster-admin" },
  subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: PEOPLE }],
});
