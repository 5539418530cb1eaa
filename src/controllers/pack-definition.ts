/** PackDefinition: its status tells people what of it is in effect, what must be reviewed, and who uses it. */
import { PACK_DEFINITION } from "../api/kinds.ts";
import { FIELD_MANAGER } from "../api/names.ts";
import type { PackDefinition } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { definitionStatus } from "../resources/definition-status.ts";
import type { Settings } from "../resources/settings.ts";
import type { Reconcile } from "../runtime/controller.ts";
import { DONE, requeueAfter } from "../runtime/outcome.ts";
import { untilExpiry } from "./expiry.ts";
import { gatherFacts, gatherKnownDomains } from "./gather.ts";
import { StatusWriter } from "./status-writer.ts";
import { decisiveInformers, type World } from "./world.ts";

export type DefinitionOptions = {
  readonly client: Pick<Client, "replaceStatus">;
  readonly world: World;
  readonly settings: Settings;
  readonly clock: Clock;
};

const UNKNOWN_MS = 2_000;

/** Written only while everything can be listed: a review or an install that is merely not seen must not count as gone. */
export const createDefinitionReconcile = ({ client, clock, settings, world }: DefinitionOptions): Reconcile => {
  const { accounts, definitions, installs } = world;
  const writer = new StatusWriter<PackDefinition>({
    client,
    clock,
    resource: PACK_DEFINITION,
    informer: definitions,
    fieldManager: FIELD_MANAGER.definition,
    counters: ["installs", "accounts"],
  });
  return async (name, ctx) => {
    if (!decisiveInformers(world).every((informer) => informer.synced())) return requeueAfter(UNKNOWN_MS, "NotSynced");
    const definition = definitions.store.get(name);
    if (definition === undefined) {
      writer.forget(name);
      return DONE;
    }
    const now = clock.now();
    const known = gatherKnownDomains(world, definition);
    const facts = gatherFacts(world, definition, settings, now);
    const status = definitionStatus({
      now,
      definition,
      facts,
      known,
      installs: installs.store.keysBy("pack", name).length,
      accounts: accounts.store.keysBy("pack", name).length,
    });
    const written = await writer.write(definition, status, ctx);
    return written === DONE ? untilExpiry(facts.expiresAt, now) : written;
  };
};
