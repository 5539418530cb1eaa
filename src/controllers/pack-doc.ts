/** PackDoc: its status tells people what it is called and who is in it, and the API server with whom it may be shared. */
import { PACK_DOC } from "../api/kinds.ts";
import { FIELD_MANAGER } from "../api/names.ts";
import type { PackConfiguration, PackDoc } from "../api/v1alpha1/index.ts";
import type { Client } from "../kube/client.ts";
import type { Clock } from "../lib/clock.ts";
import { audienceOf } from "../policy/audience.ts";
import { isEnforced } from "../policy/configuration.ts";
import { type RestrictionWorld, restrictsSharing } from "../policy/doc-restriction.ts";
import { docStatus } from "../resources/doc-status.ts";
import type { Reconcile } from "../runtime/controller.ts";
import { DONE, requeueAfter } from "../runtime/outcome.ts";
import { claimantsOf, foldersOf, gatherGroups, gatherOrganization } from "./gather.ts";
import { StatusWriter } from "./status-writer.ts";
import type { World } from "./world.ts";

export type DocOptions = {
  readonly client: Pick<Client, "replaceStatus">;
  readonly world: World;
  readonly clock: Clock;
};

const UNKNOWN_MS = 2_000;

/** What the status is made from. */
const sources = ({ configurations, docs, folders, groups, installs, organizations }: World) => [
  configurations,
  docs,
  folders,
  groups,
  installs,
  organizations,
];

export const createDocReconcile = ({ client, clock, world }: DocOptions): Reconcile => {
  const { docs } = world;
  const writer = new StatusWriter<PackDoc>({
    client,
    clock,
    resource: PACK_DOC,
    informer: docs,
    fieldManager: FIELD_MANAGER.doc,
    counters: [],
  });
  return async (key, ctx) => {
    if (!sources(world).every((informer) => informer.synced())) return requeueAfter(UNKNOWN_MS, "NotSynced");
    const doc = docs.store.get(key);
    if (doc === undefined || doc.metadata.deletionTimestamp !== undefined) return DONE;
    const now = clock.now();
    const status = docStatus({
      now,
      doc,
      audience: audienceOf(doc, foldersOf(world, doc.metadata.namespace ?? "")),
      claimants: claimantsOf(world, doc),
      configurations: boundIn(world, key),
      world: gatherRestrictionWorld(world, now),
    });
    return writer.write(doc, status, ctx);
  };
};

/** What the installs in a doc are bound to and what counts of it; undefined if one of the configurations is not there. */
const boundIn = ({ configurations, installs }: World, doc: string): readonly PackConfiguration[] | undefined => {
  const bound: PackConfiguration[] = [];
  for (const { metadata, status } of installs.store.by("record", doc)) {
    const binding = status?.boundConfiguration;
    if (metadata.deletionTimestamp !== undefined || binding === undefined || binding.builtIn === true) continue;
    const configuration = configurations.store.get(binding.name);
    if (configuration === undefined) return undefined;
    if (isEnforced(configuration)) bound.push(configuration);
  }
  return bound;
};

const gatherRestrictionWorld = (world: World, now: number): RestrictionWorld => ({
  organization: gatherOrganization(world),
  groups: gatherGroups(world, now),
  groupNames: world.groups.store.list().map(({ part }) => part.group),
  membersOf: (group) => membersOf(world, group),
});

function* membersOf({ groups }: World, group: string): Generator<string> {
  for (const { part } of groups.store.by("group", group)) yield* part.members;
}

/** The keys of the PackDocs in which an install is bound to the configuration. */
export const docsBoundTo = ({ installs }: World, configuration: string): readonly string[] =>
  installs.store
    .by("bound", configuration)
    .flatMap(({ metadata, spec }) => (spec.docRef === undefined ? [] : [`${metadata.namespace}/${spec.docRef.name}`]));

/** The keys of the PackDocs that are limited in whom they may be shared with: any group can matter to them. */
export const docsWithRestriction = (world: World): readonly string[] => [
  ...new Set(
    world.configurations.store
      .list()
      .filter(restrictsSharing)
      .flatMap(({ metadata }) => docsBoundTo(world, metadata.name)),
  ),
];
