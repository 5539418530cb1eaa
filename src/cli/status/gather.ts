/** Everything about one install that the user may see. Reads only. */
import { EVENT, PACK_DEFINITION, PACK_INSTALL, POD, type Resource } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/meta.ts";
import type { PackDefinition, PackInstall } from "../../api/v1alpha1/index.ts";
import type { KubeEvent, Pod } from "../../api/wire.ts";
import type { Client, Ref } from "../../kube/client.ts";
import { isForbidden, isNotFound } from "../../kube/errors.ts";

/** An object that may be hidden from the user: `hidden` says nothing of whether it is there. */
export type Sight<T> =
  | { readonly state: "seen"; readonly value: T }
  | { readonly state: "absent" }
  | { readonly state: "hidden" };

export type InstallSight = {
  readonly install: PackInstall;
  readonly definition: Sight<PackDefinition>;
  readonly pod: Sight<Pod>;
  /** Newest first. */
  readonly events: Sight<readonly KubeEvent[]>;
};

const TIMEOUT_MS = 10_000;

const look = async <T>(read: Promise<T>): Promise<Sight<T>> => {
  try {
    return { state: "seen", value: await read };
  } catch (error) {
    if (isNotFound(error)) return { state: "absent" };
    if (isForbidden(error)) return { state: "hidden" };
    throw error;
  }
};

const timeOf = ({ series, eventTime, metadata }: KubeEvent): string =>
  series?.lastObservedTime ?? eventTime ?? metadata.creationTimestamp ?? "";

const eventsOf = async (client: Client, { namespace = "", name }: Ref, uid: string | undefined) => {
  const { items } = await client.list<KubeEvent>(EVENT, {
    namespace,
    fieldSelector: `regarding.kind=${PACK_INSTALL.kind},regarding.name=${name}`,
    timeoutMs: TIMEOUT_MS,
  });
  return items
    .filter(({ regarding }) => regarding.uid === undefined || regarding.uid === uid)
    .sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1));
};

/** Undefined where there is no such install. @throws ApiError, TransportError */
export const gatherInstall = async (client: Client, ref: Ref): Promise<InstallSight | undefined> => {
  const get = <T extends KubeObject>(resource: Resource, of: Ref): Promise<T> =>
    client.get<T>(resource, of, { timeoutMs: TIMEOUT_MS });
  const install = await get<PackInstall>(PACK_INSTALL, ref).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (install === undefined) return undefined;
  const { sandbox } = install.status ?? {};
  const podRef =
    sandbox?.pod === undefined || sandbox.namespace === undefined
      ? undefined
      : { namespace: sandbox.namespace, name: sandbox.pod };
  const [definition, pod, events] = await Promise.all([
    look(get<PackDefinition>(PACK_DEFINITION, { name: install.spec.packRef.name })),
    podRef === undefined ? ({ state: "absent" } as const) : look(get<Pod>(POD, podRef)),
    look(eventsOf(client, ref, install.metadata.uid)),
  ]);
  return { install, definition, pod, events };
};

export { timeOf as eventTime };
