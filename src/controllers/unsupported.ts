/**
 * Kinds that this version stores but does not act on. Their objects say so themselves: nothing is accepted that
 * nobody enforces.
 */
import type { KubeObject } from "../api/meta.ts";
import { FIELD_MANAGER } from "../api/names.ts";
import type { CommonStatus } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { unsupportedStatus } from "../resources/summary-status.ts";
import type { Reconcile } from "../runtime/controller.ts";
import type { Informer } from "../runtime/informer.ts";
import { DONE } from "../runtime/outcome.ts";
import { StatusWriter } from "./status-writer.ts";

/** What is kept of such an object: its identity and its status. */
export type UnsupportedObject = KubeObject & { readonly status?: CommonStatus };

export const observeUnsupported = ({ apiVersion, kind, metadata, status }: UnsupportedObject): UnsupportedObject => {
  const { name, namespace, uid, resourceVersion, generation } = metadata;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(uid === undefined ? {} : { uid }),
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
      ...(generation === undefined ? {} : { generation }),
    },
    ...(status === undefined ? {} : { status }),
  };
};

export const createUnsupportedReconcile = (
  client: Client,
  clock: Clock,
  informer: Informer<UnsupportedObject>,
): Reconcile => {
  const { resource } = informer;
  const writer = new StatusWriter<UnsupportedObject>({
    client,
    clock,
    resource,
    informer,
    fieldManager: FIELD_MANAGER.unsupported,
    counters: [],
  });
  return async (key, ctx) => {
    const object = informer.store.get(key);
    return object === undefined ? DONE : writer.write(object, unsupportedStatus(object, clock.now()), ctx);
  };
};
