/** What tests on a real API server share: a way in, namespaces of their own, clients for any identity. */
import { randomBytes } from "node:crypto";
import { describe, inject } from "vitest";
import { NAMESPACE, type Resource } from "../../src/api/kinds.ts";
import type { Client } from "../../src/kube/client.ts";
import { Access } from "./access.ts";
import { eventually } from "./eventually.ts";

export { clientFrom, configFrom } from "./connect.ts";

const SERVICE_ACCOUNT: Resource = {
  apiVersion: "v1",
  kind: "ServiceAccount",
  plural: "serviceaccounts",
  namespaced: true,
};
const FIELD_MANAGER = "test-harness";

/** `describe` for tests that need the project's control plane; skipped where it cannot be had (never in CI). */
export const describeCluster: typeof describe =
  inject("cluster") === null ? (describe.skip as typeof describe) : describe;

/**
 * The control plane that all files of the project share. Use namespaces of your own and leave cluster-scoped objects
 * of fixed names alone; a file that runs controllers starts a control plane of its own.
 */
export function sharedCluster(): Promise<Access> {
  const endpoint = inject("cluster");
  if (endpoint === null) throw new Error("no cluster: use describeCluster");
  return Access.open(endpoint);
}

/** Makes a namespace with a name of its own, ready for pods. */
export async function freshNamespace(
  client: Client,
  prefix = "test",
  labels: Readonly<Record<string, string>> = {},
): Promise<string> {
  const name = `${prefix}-${randomBytes(4).toString("hex")}`;
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } };
  await client.create(NAMESPACE, namespace, { fieldManager: FIELD_MANAGER });
  await serviceAccountExists(client, name);
  return name;
}

/** Pods of a namespace are forbidden until the controller manager has made its ServiceAccount. */
export async function serviceAccountExists(client: Client, namespace: string, name = "default"): Promise<void> {
  await eventually(`the ServiceAccount ${namespace}/${name} exists`, () =>
    client.get(SERVICE_ACCOUNT, { namespace, name }),
  );
}
