/**
 * What it costs to evaluate one install, gathered from the stores as the controller does it, in a world that stands
 * still: configurations of one pack that name groups, 200 groups of 5,000 members, docs six folders deep. Everything is
 * found by indexes; no result is remembered.
 */
import { PACK_CONFIGURATION, PACK_INSTALL } from "../../src/api/kinds.ts";
import type { KubeObject } from "../../src/api/meta.ts";
import type { PackConfiguration, PackInstall } from "../../src/api/v1alpha1/index.ts";
import { gatherInput } from "../../src/controllers/gather.ts";
import { decisiveInformers, type World } from "../../src/controllers/world.ts";
import { type Client, createClient } from "../../src/kube/client.ts";
import { evaluateInstall } from "../../src/policy/evaluate.ts";
import { trialFindings } from "../../src/policy/trial.ts";
import { DEFAULT_SETTINGS, type Settings } from "../../src/resources/settings.ts";
import { startApiServer } from "../apiserver/server.ts";
import { LiveWorld } from "../apiserver/world.ts";
import { resourceOf } from "../cluster/manifests.ts";
import {
  about,
  boundTo,
  changed,
  forGroups,
  inDoc,
  installedBy,
  of as ofPack,
  organization,
  packConfiguration,
  packDefinition,
  packDocObject,
  packFolder,
  packGroup,
  packInstall,
  share,
  sharedWithin,
  withMeta,
  withStatus,
} from "../gen/objects.ts";
import { forEach } from "./pool.ts";
import { type Spread, spread } from "./statistics.ts";

export const SIZES = [10, 100, 500, 1_000] as const;
export const GROUPS = 200;
export const MEMBERS = 5_000;
export const DEPTH = 6;
const INSTALLS = 200;
export const ROUNDS = 7;
/** Milliseconds. */
export const ROUND_MS = 300;
/** Microseconds, of an install that is bound, in a world of 500 configurations. */
export const CEILING = 50;
/** How much more a hundred times as many configurations may cost. */
export const GROWTH = 2;

/** Microseconds of processor time for one install. */
export type Evaluated = {
  readonly configurations: number;
  /** Bound to one of them, all of which are about its pack. */
  readonly bound: Spread;
  /** Not bound yet; ten of them are about its pack. */
  readonly unbound: Spread;
  /** Not bound yet; all of them are about its pack, so each has to be asked. */
  readonly crowded: Spread;
};

const settings: Settings = { ...DEFAULT_SETTINGS, admission: "Unchecked" };

const user = (group: number, member: number): string => `user-${group}-${member}@example.com`;
const groupName = (index: number): string => `group-${index}`;

const groups = (): readonly KubeObject[] =>
  Array.from({ length: GROUPS }, (_, group) =>
    packGroup(groupName(group), { members: Array.from({ length: MEMBERS }, (_, member) => user(group, member)) }),
  );

const FOLDERS: readonly string[] = Array.from({ length: DEPTH }, (_, above) => `folder-${DEPTH - 1 - above}`);

/** A chain: the doc is in the last folder. */
const folders = (): readonly KubeObject[] =>
  Array.from({ length: DEPTH }, (_, depth) =>
    packFolder(`folder-${depth}`, {
      ...(depth === 0 ? {} : { parentRef: { name: `folder-${depth - 1}` } }),
      sharing: [share("Group", groupName(0)), share("User", user(0, depth))],
    }),
  );

/** Each names two groups; every one but the first leaves the installers of this world out. */
const configuration = (index: number, pack = CROWDED): PackConfiguration =>
  packConfiguration(
    `configuration-${index}`,
    index === 0 ? forGroups(groupName(0)) : forGroups(groupName(1 + (index % 98)), groupName(100 + (index % 98))),
    ...(index === 0 ? [sharedWithin()] : []),
    about(pack),
  );

/** All configurations are about this pack, and ten of them about a copy of it. */
const CROWDED = "crowded";
const PACK = "crm";
const OF_PACK = 10;

const doc = (index: number, role: Role): KubeObject =>
  packDocObject(`doc-${role}-${index}`, {
    owner: user(0, index),
    folderRef: { name: `folder-${DEPTH - 1}` },
    sharing: [share("Group", groupName(0))],
  });

type Role = "bound" | "unbound" | "crowded";
const ROLES: readonly Role[] = ["bound", "unbound", "crowded"];

const install = (index: number, role: Role): PackInstall =>
  packInstall(
    `${role}-${index}`,
    ofPack(role === "unbound" ? PACK : CROWDED),
    installedBy(user(0, index)),
    inDoc(`doc-${role}-${index}`),
  );

const of = <T>(count: number, make: (index: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));

const objectsOf = (configurations: number): readonly KubeObject[] => [
  organization(),
  packDefinition(PACK),
  packDefinition(CROWDED),
  ...groups(),
  ...folders(),
  ...of(configurations, (index) => configuration(index)),
  ...of(OF_PACK, (index) => changed(configuration(index, PACK), withMeta({ name: `of-pack-${index}` }))),
  ...ROLES.flatMap((role) => of(INSTALLS, (index) => doc(index, role))),
  ...ROLES.flatMap((role) => of(INSTALLS, (index) => install(index, role))),
];

const WRITE = { fieldManager: "bench" };

const seed = async (client: Client, configurations: number): Promise<void> => {
  await forEach(objectsOf(configurations), 8, async (object) => {
    const { metadata, ...rest } = object as KubeObject & { readonly status?: unknown };
    const { name, namespace } = metadata;
    const fresh = { ...rest, metadata: { name, ...(namespace === undefined ? {} : { namespace }) } };
    await client.create(resourceOf(object), fresh, WRITE);
  });
  const bound = await client.get<PackConfiguration>(PACK_CONFIGURATION, { name: configuration(0).metadata.name });
  const { items } = await client.list<PackInstall>(PACK_INSTALL);
  await forEach(items.filter(has("bound")), 8, (it) =>
    client.replaceStatus(PACK_INSTALL, changed(it, boundTo(bound), withStatus({ folders: FOLDERS })), WRITE),
  );
};

const has =
  (role: Role) =>
  ({ metadata }: PackInstall): boolean =>
    metadata.name.startsWith(`${role}-`);

const evaluate = (world: World, it: PackInstall): string => {
  const input = gatherInput(world, it, settings, Date.now());
  trialFindings(input);
  return evaluateInstall(input).outcome;
};

/** Microseconds of this thread's processor time for one. */
const measure = (world: World, installs: readonly PackInstall[]): number => {
  const end = performance.now() + ROUND_MS;
  const before = process.threadCpuUsage();
  let count = 0;
  for (; performance.now() < end; count += installs.length) for (const it of installs) evaluate(world, it);
  const { system, user: own } = process.threadCpuUsage(before);
  return (own + system) / count;
};

const spreadOf = (world: World, installs: readonly PackInstall[]): Spread => {
  measure(world, installs);
  return spread(of(ROUNDS, () => measure(world, installs)));
};

const evaluated = async (configurations: number): Promise<Evaluated> => {
  const server = await startApiServer();
  const client = createClient(server.config(), { userAgent: "bench" });
  try {
    await seed(client, configurations);
    const live = await LiveWorld.start(client, decisiveInformers);
    const all = live.world.installs.store.list();
    const wrong = all.find((it) => evaluate(live.world, it) !== "Installed");
    if (wrong !== undefined) throw new Error(`${wrong.metadata.name}: ${evaluate(live.world, wrong)}`);
    const measured = ROLES.map((role) => [role, spreadOf(live.world, all.filter(has(role)))] as const);
    const result = { configurations, ...(Object.fromEntries(measured) as Record<Role, Spread>) };
    await live.stop();
    return result;
  } finally {
    await client.close();
    await server.close();
  }
};

/** @throws Error if an install is not evaluated as it must be */
export const measureEvaluations = async (): Promise<readonly Evaluated[]> => {
  const results: Evaluated[] = [];
  for (const size of SIZES) results.push(await evaluated(size));
  return results;
};
