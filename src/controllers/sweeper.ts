/**
 * Removes generated objects whose PackInstall is gone: a finalizer that somebody removed by hand, a restored backup,
 * a copied label. Keyed by the UID that the objects record.
 */
import { NETWORK_POLICY, PACK_GRANT, POD, type Resource } from "../api/kinds.ts";
import { type KubeObject, keyOf } from "../api/meta.ts";
import { FIELD_MANAGER, LABEL } from "../api/names.ts";
import type { Client } from "../kube/client.ts";
import { childNameOf } from "../resources/identity.ts";
import type { ReconcileContext } from "../runtime/controller.ts";
import type { Informer } from "../runtime/informer.ts";
import { DONE, type Outcome, requeueAfter } from "../runtime/outcome.ts";
import type { KindsServed } from "./kinds-served.ts";
import type { World } from "./world.ts";
import { execute } from "./write.ts";

const RETRY_MS = 5_000;

type Child = KubeObject;

export const createSweeper =
  (client: Client, world: World, kindsServed: KindsServed) =>
  async (uid: string, ctx: ReconcileContext): Promise<Outcome> => {
    const informers = [world.installs, world.grants, world.pods, world.policies];
    if (!informers.every((informer) => informer.synced())) return requeueAfter(RETRY_MS, "NotSynced");
    const orphans = orphansOf(world, uid);
    if (orphans.length === 0) return DONE;
    if ((await kindsServed(ctx.signal)) !== undefined) return requeueAfter(RETRY_MS, "KindNotServed");
    for (const { resource, informer, child } of orphans) {
      const write = { verb: "delete", resource, over: child } as const;
      await execute(client, write, { fieldManager: FIELD_MANAGER.sweeper }, ctx.signal);
      ctx.ownWrites.deleted(uid, informer, keyOf(child), child.metadata.uid ?? "");
      ctx.logger.info({ resource: resource.plural, object: keyOf(child) }, "orphan removed");
    }
    return DONE;
  };

/** The installs that generated objects record, by UID. */
export const recordedUids = ({ grants, pods, policies }: World): Iterable<string> => {
  const children: readonly Child[] = [...grants.store.list(), ...pods.store.list(), ...policies.store.list()];
  return new Set(children.flatMap(({ metadata }) => metadata.labels?.[LABEL.installUid] ?? []));
};

/** A policy with a live install's UID that is not of our making is somebody else's; it is reported, not removed. */
const isForeign = (child: Child): boolean => "foreign" in child;

type Orphan = { readonly resource: Resource; readonly informer: Informer<Child>; readonly child: Child };

/** In the order in which reach shrinks: grant, pod, policy. A fence stays for as long as a pod of the install does. */
const orphansOf = (world: World, uid: string): readonly Orphan[] => {
  const names = new Set(world.installs.store.by("uid", uid).map(childNameOf));
  const isLeft = (child: Child): boolean => !names.has(child.metadata.name) && !(names.size > 0 && isForeign(child));
  const sources: readonly (readonly [Resource, Informer<Child>])[] = [
    [PACK_GRANT, world.grants],
    [POD, world.pods],
    ...(world.pods.store.keysBy("uid", uid).length === 0 ? [[NETWORK_POLICY, world.policies] as const] : []),
  ];
  return sources.flatMap(([resource, informer]) =>
    informer.store
      .by("uid", uid)
      .filter((child) => isLeft(child) && child.metadata.deletionTimestamp === undefined)
      .map((child) => ({ resource, informer, child })),
  );
};
