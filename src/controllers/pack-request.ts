/** PackRequest: its status tells who asked what was decided. */
import { PACK_REQUEST } from "../api/kinds.ts";
import { FIELD_MANAGER } from "../api/names.ts";
import type { PackRequest } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import type { Problem } from "../policy/problem.ts";
import { requestStatus } from "../resources/request-status.ts";
import type { Reconcile } from "../runtime/controller.ts";
import { DONE, requeueAfter } from "../runtime/outcome.ts";
import { StatusWriter } from "./status-writer.ts";
import type { World } from "./world.ts";

export type RequestOptions = {
  readonly client: Pick<Client, "replaceStatus">;
  readonly world: Pick<World, "definitions" | "requests">;
  readonly clock: Clock;
  /** Why nobody vouches for who asked; undefined while the admission policies are in force. */
  readonly unvouched: () => Problem | undefined;
};

const UNKNOWN_MS = 2_000;

export const createRequestReconcile = ({ client, clock, unvouched, world }: RequestOptions): Reconcile => {
  const { definitions, requests } = world;
  const writer = new StatusWriter<PackRequest>({
    client,
    clock,
    resource: PACK_REQUEST,
    informer: requests,
    fieldManager: FIELD_MANAGER.request,
    counters: [],
  });
  return async (key, ctx) => {
    if (!definitions.synced()) return requeueAfter(UNKNOWN_MS, "NotSynced");
    const request = requests.store.get(key);
    if (request === undefined || request.metadata.deletionTimestamp !== undefined) return DONE;
    const packExists = definitions.store.get(request.spec.packRef.name) !== undefined;
    const status = requestStatus({ now: clock.now(), request, packExists, unvouched: unvouched() });
    return writer.write(request, status, ctx);
  };
};
