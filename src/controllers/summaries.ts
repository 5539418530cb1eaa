/** PackDefinition, PackConfiguration, PackOrganization: their status tells people whether they count, and for whom. */
import { PACK_CONFIGURATION, PACK_DEFINITION, PACK_ORGANIZATION } from "../api/kinds.ts";
import { FIELD_MANAGER } from "../api/names.ts";
import type { PackConfiguration, PackDefinition, PackOrganization } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { evaluateDefinition } from "../policy/definition.ts";
import { domainRules, type Settings } from "../resources/settings.ts";
import { configurationStatus, definitionStatus, organizationStatus } from "../resources/summary-status.ts";
import type { Reconcile } from "../runtime/controller.ts";
import { DONE, requeueAfter } from "../runtime/outcome.ts";
import { gatherOrganization } from "./gather.ts";
import { StatusWriter } from "./status-writer.ts";
import { decisiveInformers, type World } from "./world.ts";

export type SummaryOptions = {
  readonly client: Client;
  readonly world: World;
  readonly settings: Settings;
  readonly clock: Clock;
};

const UNKNOWN_MS = 2_000;

/** A status that counts, or says that something is missing, is written only while everything can be listed. */
const countable = (world: World): boolean => decisiveInformers(world).every((informer) => informer.synced());

export const createDefinitionReconcile = ({ client, clock, settings, world }: SummaryOptions): Reconcile => {
  const writer = new StatusWriter<PackDefinition>({
    client,
    clock,
    resource: PACK_DEFINITION,
    informer: world.definitions,
    fieldManager: FIELD_MANAGER.definition,
    counters: ["installs"],
  });
  return async (name, ctx) => {
    if (!countable(world)) return requeueAfter(UNKNOWN_MS, "NotSynced");
    const definition = world.definitions.store.get(name);
    if (definition === undefined) {
      writer.forget(name);
      return DONE;
    }
    const known = knownDomains(world, definition);
    const organization = gatherOrganization(world);
    const facts = evaluateDefinition({ definition, organization, known, rules: domainRules(settings) });
    const installs = world.installs.store.keysBy("pack", name).length;
    return writer.write(definition, definitionStatus({ now: clock.now(), definition, facts, known, installs }), ctx);
  };
};

/** What the status remembers, and what any install of the pack has been granted since. */
const knownDomains = (world: World, definition: PackDefinition): readonly string[] => {
  const granted = world.grants.store.by("pack", definition.metadata.name).flatMap((grant) => grant.granted.hosts);
  return [...new Set([...(definition.status?.knownDomains ?? []), ...granted])].sort();
};

export const createConfigurationReconcile = ({ client, clock, world }: SummaryOptions): Reconcile => {
  const writer = new StatusWriter<PackConfiguration>({
    client,
    clock,
    resource: PACK_CONFIGURATION,
    informer: world.configurations,
    fieldManager: FIELD_MANAGER.configuration,
    counters: ["installs"],
  });
  return async (name, ctx) => {
    if (!countable(world)) return requeueAfter(UNKNOWN_MS, "NotSynced");
    const configuration = world.configurations.store.get(name);
    if (configuration === undefined) {
      writer.forget(name);
      return DONE;
    }
    const pack = configuration.spec.packRef?.name;
    const definition = pack === undefined ? undefined : world.definitions.store.get(pack);
    const installs = world.installs.store.keysBy("bound", name).length;
    return writer.write(
      configuration,
      configurationStatus({ now: clock.now(), configuration, definition, installs }),
      ctx,
    );
  };
};

export const createOrganizationReconcile = ({ client, clock, world }: SummaryOptions): Reconcile => {
  const writer = new StatusWriter<PackOrganization>({
    client,
    clock,
    resource: PACK_ORGANIZATION,
    informer: world.organizations,
    fieldManager: FIELD_MANAGER.organization,
    counters: [],
  });
  return async (name, ctx) => {
    const organization = world.organizations.store.get(name);
    if (organization === undefined) return DONE;
    return writer.write(organization, organizationStatus(organization, clock.now()), ctx);
  };
};
