/** PackReview: its status tells the reviewer whether it counts, and when it stops to. */
import { PACK_REVIEW } from "../api/kinds.ts";
import { FIELD_MANAGER } from "../api/names.ts";
import type { PackReview } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { expiresAfter } from "../policy/review.ts";
import { reviewStatus } from "../resources/review-status.ts";
import type { Settings } from "../resources/settings.ts";
import type { Reconcile } from "../runtime/controller.ts";
import { DONE, requeueAfter } from "../runtime/outcome.ts";
import { untilExpiry } from "./expiry.ts";
import { gatherUnvouched } from "./gather.ts";
import { StatusWriter } from "./status-writer.ts";
import { decisiveInformers, type World } from "./world.ts";

export type ReviewOptions = {
  readonly client: Pick<Client, "replaceStatus">;
  readonly world: World;
  readonly settings: Settings;
  readonly clock: Clock;
};

const UNKNOWN_MS = 2_000;

export const createReviewReconcile = ({ client, clock, settings, world }: ReviewOptions): Reconcile => {
  const writer = new StatusWriter<PackReview>({
    client,
    clock,
    resource: PACK_REVIEW,
    informer: world.reviews,
    fieldManager: FIELD_MANAGER.review,
    counters: [],
  });
  return async (name, ctx) => {
    if (!decisiveInformers(world).every((informer) => informer.synced())) return requeueAfter(UNKNOWN_MS, "NotSynced");
    const review = world.reviews.store.get(name);
    if (review === undefined) return DONE;
    const now = clock.now();
    const definition = world.definitions.store.get(review.spec.packRef.name);
    const unvouched = gatherUnvouched(world, settings);
    const written = await writer.write(review, reviewStatus({ now, review, definition, unvouched }), ctx);
    return written === DONE ? untilExpiry(expiresAfter(review, now), now) : written;
  };
};
