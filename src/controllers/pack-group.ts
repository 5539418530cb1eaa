/** PackGroup: its status tells people how many it names, and everybody whether they are fresh. */
import { PACK_GROUP } from "../api/kinds.ts";
import { FIELD_MANAGER } from "../api/names.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { type GroupPart, untilFreshnessChanges } from "../policy/groups.ts";
import { groupStatus } from "../resources/group-status.ts";
import type { Reconcile } from "../runtime/controller.ts";
import { DONE, requeueAfter } from "../runtime/outcome.ts";
import { StatusWriter } from "./status-writer.ts";
import type { ObservedGroup, World } from "./world.ts";

export type GroupOptions = {
  readonly client: Pick<Client, "replaceStatus">;
  readonly world: Pick<World, "groups">;
  readonly clock: Clock;
};

/** Timers do not notice when somebody sets the clock, so a group that can become stale is looked at as often as this. */
const LOOK_MS = 60_000;

/**
 * Guarantees: `Fresh` changes at the moment at which the group becomes stale, and when its source reports; a clock that
 * jumps is noticed within a minute. The source writes `status.syncTime` meanwhile: each write names the version that it
 * was made from, so a report is never lost, but makes for another look.
 */
export const createGroupReconcile = ({ client, clock, world: { groups } }: GroupOptions): Reconcile => {
  const writer = new StatusWriter<Omit<ObservedGroup, "part">>({
    client,
    clock,
    resource: PACK_GROUP,
    informer: groups,
    fieldManager: FIELD_MANAGER.group,
    counters: [],
  });
  return async (name, ctx) => {
    const observed = groups.store.get(name);
    if (observed === undefined) return DONE;
    const { part, ...group } = observed;
    const now = clock.now();
    await writer.write(group, groupStatus({ now, group, part }), ctx);
    const wait = nextLook(part, now);
    return wait === undefined ? DONE : requeueAfter(wait, "Freshness");
  };
};

const nextLook = (part: GroupPart, now: number): number | undefined =>
  Number.isFinite(part.freshUntil) ? Math.min(untilFreshnessChanges(part, now) ?? LOOK_MS, LOOK_MS) : undefined;
