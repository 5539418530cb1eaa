/** People with rights, and what they read when an admission policy refuses them. */
import {
  NAMESPACE,
  type Resource,
  VALIDATING_ADMISSION_POLICY,
  VALIDATING_ADMISSION_POLICY_BINDING,
} from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import type { Client } from "../../src/kube/client.ts";
import { ApiError } from "../../src/kube/errors.ts";
import type { Problem } from "../../src/policy/problem.ts";
import { admissionProblem } from "../../src/resources/admission.ts";
import {
  observeAdmissionBinding,
  observeAdmissionPolicy,
  type ValidatingAdmissionPolicy,
  type ValidatingAdmissionPolicyBinding,
} from "../../src/resources/admission-observed.ts";
import { type ControlPlane, startControlPlane } from "../cluster/control-plane.ts";
import { eventually } from "../cluster/eventually.ts";
import { clientFrom, serviceAccountExists } from "../cluster/harness.ts";
import { applyObjects, installConfig, installCrds, readObjects } from "../cluster/manifests.ts";

export const WRITE = { fieldManager: "test" } as const;
export const TRY = { ...WRITE, dryRun: true } as const;

export type Rule = {
  readonly apiGroups?: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
};

const RBAC = { apiVersion: "rbac.authorization.k8s.io/v1", apiGroup: "rbac.authorization.k8s.io" };

/** What whoever is refused reads. Fails if the write was accepted, or refused by somebody else than a policy. */
export const refusal = async (write: Promise<unknown>): Promise<string> => {
  const answer = await write.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (answer === undefined) throw new Error("it was accepted");
  if (!(answer instanceof ApiError) || answer.code !== 403) throw answer;
  const text = answer.message.split("denied request: ")[1];
  if (text === undefined) throw answer;
  return text;
};

/** What the controller would say of the policies that this API server shows. */
export const admissionProblemOf = async (client: Client): Promise<Problem | undefined> => {
  const [policies, bindings] = await Promise.all([
    client.list<KubeObject & ValidatingAdmissionPolicy>(VALIDATING_ADMISSION_POLICY),
    client.list<KubeObject & ValidatingAdmissionPolicyBinding>(VALIDATING_ADMISSION_POLICY_BINDING),
  ]);
  return admissionProblem(policies.items.map(observeAdmissionPolicy), bindings.items.map(observeAdmissionBinding));
};

/** Does what a policy refuses, as an administrator can: the binding is gone while it lasts. */
export const withoutBinding = async (admin: Client, name: string, act: () => Promise<unknown>): Promise<void> => {
  const binding = readObjects("config/policies").filter(
    ({ kind, metadata }) => kind === VALIDATING_ADMISSION_POLICY_BINDING.kind && metadata.name === name,
  );
  await admin.delete(VALIDATING_ADMISSION_POLICY_BINDING, { name });
  await eventually(`the policy ${name} refuses nothing any more`, () => act().then(() => true));
  await applyObjects(admin, binding);
};

/** A control plane with our CRDs, roles and policies, and ways into it under any name. */
export class Office {
  readonly plane: ControlPlane;
  /** A member of `system:masters`: no RBAC rule stops him. */
  readonly admin: Client;
  readonly #opened: Client[] = [];

  private constructor(plane: ControlPlane, admin: Client) {
    this.plane = plane;
    this.admin = admin;
    this.#opened.push(admin);
  }

  /** `team`: a namespace to write to. */
  static async open(team: string): Promise<Office> {
    const plane = await startControlPlane();
    const office = new Office(plane, clientFrom(plane.kubeconfig));
    try {
      const { admin } = office;
      await installCrds(admin);
      await installConfig(admin);
      await admin.create(NAMESPACE, { apiVersion: "v1", kind: "Namespace", metadata: { name: team } }, WRITE);
      await Promise.all([team, SYSTEM_NAMESPACE, SANDBOX_NAMESPACE].map((name) => serviceAccountExists(admin, name)));
      return office;
    } catch (error) {
      await office.close();
      throw error;
    }
  }

  async enter(user: string, groups: readonly string[] = []): Promise<Client> {
    return this.#opened[this.#opened.push(clientFrom(await this.plane.kubeconfigFor(user, groups))) - 1] as Client;
  }

  async enterAs(namespace: string, serviceAccount: string): Promise<Client> {
    const kubeconfig = await this.plane.serviceAccountKubeconfig(namespace, serviceAccount);
    return this.#opened[this.#opened.push(clientFrom(kubeconfig)) - 1] as Client;
  }

  /** Gives users rights: everywhere, or in one namespace. In force a moment later. */
  async give(name: string, users: readonly string[], rules: readonly Rule[], namespace?: string): Promise<void> {
    const prefix = namespace === undefined ? "Cluster" : "";
    const metadata = { name, ...(namespace === undefined ? {} : { namespace }) };
    const roleRef = { apiGroup: RBAC.apiGroup, kind: `${prefix}Role`, name };
    const subjects = users.map((user) => ({ kind: "User", name: user, apiGroup: RBAC.apiGroup }));
    const all = rules.map((rule) => ({ apiGroups: ["packs.dev"], ...rule }));
    await applyObjects(this.admin, [
      { apiVersion: RBAC.apiVersion, kind: `${prefix}Role`, metadata, ...{ rules: all } },
      { apiVersion: RBAC.apiVersion, kind: `${prefix}RoleBinding`, metadata, ...{ roleRef, subjects } },
    ]);
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.map((client) => client.close()));
    await this.plane.stop();
  }
}

export const object = (resource: Resource, name: string, namespace?: string, rest: object = {}): KubeObject => ({
  apiVersion: resource.apiVersion,
  kind: resource.kind,
  metadata: { name, ...(namespace === undefined ? {} : { namespace }) },
  ...rest,
});
