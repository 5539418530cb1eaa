/** Whether every install of a pack is in its final state, and each of its objects there: nothing fast may be unfinished. */
import { NETWORK_POLICY, PACK_GRANT, PACK_INSTALL, POD, type Resource } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import { INSTALL_FINALIZER, LABEL, SANDBOX_NAMESPACE, SYSTEM_NAMESPACE } from "../../src/api/names.ts";
import type { PackGrant, PackInstall } from "../../src/api/v1alpha1/index.ts";
import type { Client, ListOptions } from "../../src/kube/client.ts";
import { childNameOf } from "../../src/resources/identity.ts";
import type { Pack } from "./workload.ts";

const listAll = async <T extends KubeObject>(client: Client, resource: Resource, options: ListOptions = {}) => {
  const items: T[] = [];
  for (let token: string | undefined; ; ) {
    const page = await client.list<T>(resource, {
      ...options,
      limit: 500,
      ...(token === undefined ? {} : { continue: token }),
    });
    items.push(...page.items);
    token = page.continue;
    if (token === undefined) return items;
  }
};

const unfinished = ({ metadata, status }: PackInstall, configuration: string, generation: number): boolean =>
  metadata.finalizers?.includes(INSTALL_FINALIZER) !== true ||
  status?.boundConfiguration?.name !== configuration ||
  status.boundConfiguration.generation !== generation ||
  status.conditions?.find(({ type }) => type === "Installed")?.status !== "True";

/** @throws Error that says what is missing */
export const checkFinal = async (client: Client, pack: Pack, count: number, generation = 1): Promise<void> => {
  const labelSelector = `${LABEL.pack}=${pack.name}`;
  const installs = (await listAll<PackInstall>(client, PACK_INSTALL)).filter(
    ({ spec }) => spec.packRef.name === pack.name,
  );
  const grants = await listAll<PackGrant>(client, PACK_GRANT, { namespace: SYSTEM_NAMESPACE, labelSelector });
  const policies = await listAll(client, NETWORK_POLICY, { namespace: SANDBOX_NAMESPACE, labelSelector });
  const pods = await listAll(client, POD, { namespace: SANDBOX_NAMESPACE, labelSelector });
  const configuration = pack.configuration.metadata.name;
  const open = installs.filter((install) => unfinished(install, configuration, generation));
  if (installs.length !== count || open.length > 0) {
    throw new Error(`${open.length} of ${installs.length} installs of ${pack.name} are not final; ${count} are wanted`);
  }
  const inactive = grants.filter(({ spec }) => spec.state !== "Active");
  if (inactive.length > 0) throw new Error(`${inactive.length} grants of ${pack.name} are not active`);
  for (const [what, children] of Object.entries({ grants, policies, pods })) {
    const names = new Set(children.map(({ metadata }) => metadata.name));
    const missing = installs.filter((install) => !names.has(childNameOf(install)));
    if (missing.length > 0) throw new Error(`${missing.length} ${what} of ${pack.name} are missing`);
  }
};
