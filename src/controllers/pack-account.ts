/** PackAccount: its status tells its owner whether it counts, and records what he consented to. */
import { PACK_ACCOUNT } from "../api/kinds.ts";
import { FIELD_MANAGER } from "../api/names.ts";
import type { PackAccount } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { evaluateAccount } from "../policy/account.ts";
import { lookup } from "../policy/truth.ts";
import { accountStatus } from "../resources/account-status.ts";
import type { Settings } from "../resources/settings.ts";
import type { Reconcile } from "../runtime/controller.ts";
import { DONE, requeueAfter } from "../runtime/outcome.ts";
import { gatherFacts, gatherGroups, gatherOrganization, gatherUnvouched } from "./gather.ts";
import { StatusWriter } from "./status-writer.ts";
import { ANY, decisiveInformers, type World } from "./world.ts";

export type AccountOptions = {
  readonly client: Client;
  readonly world: World;
  readonly settings: Settings;
  readonly clock: Clock;
};

const UNKNOWN_MS = 2_000;

/**
 * A status is written only while everything can be listed. An account that is being deleted is left alone: nothing uses
 * it any more.
 */
export const createAccountReconcile = ({ client, clock, settings, world }: AccountOptions): Reconcile => {
  const { accounts, configurations, definitions } = world;
  const writer = new StatusWriter<PackAccount>({
    client,
    clock,
    resource: PACK_ACCOUNT,
    informer: accounts,
    fieldManager: FIELD_MANAGER.account,
    counters: [],
  });
  return async (key, ctx) => {
    if (!decisiveInformers(world).every((informer) => informer.synced())) return requeueAfter(UNKNOWN_MS, "NotSynced");
    const account = accounts.store.get(key);
    if (account === undefined || account.metadata.deletionTimestamp !== undefined) return DONE;
    const now = clock.now();
    const pack = account.spec.packRef.name;
    const definition = definitions.store.get(pack);
    const unvouched = gatherUnvouched(world, settings);
    const evaluation = evaluateAccount({
      account,
      definition: lookup(definition),
      facts: definition === undefined ? undefined : gatherFacts(world, definition, settings, now),
      configurations: [...configurations.store.by("pack", pack), ...configurations.store.by("selector", ANY)],
      configurationsKnown: configurations.synced(),
      organization: gatherOrganization(world),
      groups: gatherGroups(world, now),
      unvouched,
    });
    return writer.write(account, accountStatus({ now, account, evaluation }), ctx);
  };
};
