/** PackConfiguration: its status tells people whether it counts, for whom, and what a trial would do. */
import { PACK_CONFIGURATION } from "../api/kinds.ts";
import { keyOf } from "../api/meta.ts";
import { FIELD_MANAGER } from "../api/names.ts";
import type { PackConfiguration } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { configurationStatus } from "../resources/configuration-status.ts";
import type { Reconcile } from "../runtime/controller.ts";
import { DONE, requeueAfter } from "../runtime/outcome.ts";
import { StatusWriter } from "./status-writer.ts";
import { decisiveInformers, type World } from "./world.ts";

export type ConfigurationOptions = { readonly client: Client; readonly world: World; readonly clock: Clock };

const UNKNOWN_MS = 2_000;

export const createConfigurationReconcile = ({ client, clock, world }: ConfigurationOptions): Reconcile => {
  const { configurations, definitions, groups, installs } = world;
  const writer = new StatusWriter<PackConfiguration>({
    client,
    clock,
    resource: PACK_CONFIGURATION,
    informer: configurations,
    fieldManager: FIELD_MANAGER.configuration,
    counters: ["installs", "violations", "violating"],
  });
  return async (name, ctx) => {
    if (!decisiveInformers(world).every((informer) => informer.synced())) return requeueAfter(UNKNOWN_MS, "NotSynced");
    const configuration = configurations.store.get(name);
    if (configuration === undefined) {
      writer.forget(name);
      return DONE;
    }
    const pack = configuration.spec.packRef?.name;
    const status = configurationStatus({
      now: clock.now(),
      configuration,
      definition: pack === undefined ? undefined : definitions.store.get(pack),
      partsOf: (group) => groups.store.by("group", group).map(({ part }) => part),
      installs: installs.store.keysBy("bound", name).length,
      violating: [...installs.store.by("trial", name)].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)),
    });
    return writer.write(configuration, status, ctx);
  };
};
