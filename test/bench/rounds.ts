/** One measured burst: people create many installs at once, or edit a configuration; the actor does the rest. */
import { setTimeout as sleep } from "node:timers/promises";
import { PACK_CONFIGURATION, PACK_INSTALL } from "../../src/api/kinds.ts";
import { CONTROLLER_USER } from "../../src/api/names.ts";
import type { PackConfiguration, PackInstall } from "../../src/api/v1alpha1/index.ts";
import type { Actor } from "./actors.ts";
import type { Write } from "./audit.ts";
import { PEOPLE, type Plane } from "./plane.ts";
import { forEach } from "./pool.ts";
import type { Declared } from "./templates.ts";
import { cpuMs, load } from "./usage.ts";
import { installOf, type Pack } from "./workload.ts";

/** Creations under way at once: more than the API server serves at once, so that all are there as soon as it can. */
const CREATORS = 16;
const POLL_MS = 100;
/** So long without a write, and everything is over: longer than the second for which counters are held back. */
const QUIET_MS = 2_500;
const DEADLINE_MS = 300_000;
const WRITE = { fieldManager: PEOPLE };

export type Burst = {
  /** From the first request of the people to the last answer to the actor. */
  readonly wallMs: number;
  /** The actor's writes to installs, grants, policies and pods: how many of `VERB RESOURCE`. */
  readonly writes: Readonly<Record<string, number>>;
  /** Its other writes: statuses of definitions and configurations. Leases are left out. */
  readonly others: Readonly<Record<string, number>>;
  /** Answers 409, and others that refuse. */
  readonly conflicts: number;
  readonly refused: number;
  /** CPU of the actor, and of the API server, in milliseconds, until all is quiet. */
  readonly actorCpuMs: number;
  readonly serverCpuMs: number;
  /** Processes that could run, over the last minute. */
  readonly load: number;
};

const INSTALL_KINDS = new Set(["packinstalls", "packinstalls/status", "packgrants", "networkpolicies", "pods"]);
export const isOfInstall = ({ resource }: Write): boolean => INSTALL_KINDS.has(resource);
const isByActor = ({ resource, user }: Write): boolean => user === CONTROLLER_USER && resource !== "leases";
const isSuccess = ({ code }: Write): boolean => code >= 200 && code < 300;

export const totalOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

export const countWrites = (writes: readonly Write[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const { resource, verb } of writes) counts[`${verb} ${resource}`] = (counts[`${verb} ${resource}`] ?? 0) + 1;
  return counts;
};

/** What the actor wrote since the log had `from` writes, leases left out. */
export const writesByActor = async (plane: Plane, from: number): Promise<readonly Write[]> =>
  (await plane.audit.writes()).slice(from).filter(isByActor);

/** Resolves once `done` statuses of installs are written, and nothing more comes. */
const untilQuiet = async (plane: Plane, from: number, done: number): Promise<void> => {
  const deadline = Date.now() + DEADLINE_MS;
  for (;;) {
    const writes = await writesByActor(plane, from);
    const statuses = writes.filter((write) => write.resource === "packinstalls/status" && isSuccess(write)).length;
    const last = writes.at(-1)?.answered ?? 0;
    if (statuses >= done && Date.now() - last > QUIET_MS) return;
    if (Date.now() > deadline) throw new Error(`only ${statuses} of ${done} installs are done after ${DEADLINE_MS} ms`);
    await sleep(POLL_MS);
  }
};

const measure = async (plane: Plane, actor: Actor, installs: number, act: () => Promise<void>): Promise<Burst> => {
  const from = (await plane.audit.writes()).length;
  const before = { actor: cpuMs(actor.pid), server: cpuMs(plane.apiServer) };
  await act();
  await untilQuiet(plane, from, installs);
  const after = { actor: cpuMs(actor.pid), server: cpuMs(plane.apiServer) };
  const all = (await plane.audit.writes()).slice(from);
  const mine = all.filter(isByActor);
  const own = mine.filter(isOfInstall);
  const begin = Math.min(...all.filter(({ user }) => user === PEOPLE).map(({ received }) => received));
  const end = Math.max(...own.map(({ answered }) => answered));
  return {
    wallMs: end - begin,
    writes: countWrites(own),
    others: countWrites(mine.filter((write) => !isOfInstall(write))),
    conflicts: mine.filter(({ code }) => code === 409).length,
    refused: mine.filter((write) => write.code !== 409 && !isSuccess(write)).length,
    actorCpuMs: after.actor - before.actor,
    serverCpuMs: after.server - before.server,
    load: load(),
  };
};

/** Waits until the actor has nothing to write any more. */
export const settle = (plane: Plane): Promise<void> => untilQuiet(plane, 0, 0);

export const declarePack = async (plane: Plane, actor: Actor, pack: Pack): Promise<Declared> => {
  const declared = await plane.declare(pack);
  actor.prepare(installOf(pack, 0), declared);
  await settle(plane);
  return declared;
};

/** Creates `count` installs at once. */
export const createInstalls = (plane: Plane, actor: Actor, pack: Pack, count: number): Promise<Burst> =>
  measure(plane, actor, count, () =>
    forEach(Array.from({ length: count }).keys().toArray(), CREATORS, async (index) =>
      actor.created(await plane.people.create<PackInstall>(PACK_INSTALL, installOf(pack, index), WRITE)),
    ),
  );

/** Edits the configuration of a pack of which there are `count` installs. */
export const editConfiguration = async (
  plane: Plane,
  actor: Actor,
  pack: Pack,
  declared: Declared,
  count: number,
): Promise<Burst> => {
  const { name } = pack.configuration.metadata;
  const stored = await plane.people.get<PackConfiguration>(PACK_CONFIGURATION, { name });
  const next = { ...stored, spec: pack.edited.spec };
  const generation = (stored.metadata.generation ?? 0) + 1;
  const after = { ...declared, configuration: { ...next, metadata: { ...next.metadata, generation } } };
  actor.prepareEdit(installOf(pack, 0), declared, after);
  return measure(plane, actor, count, async () =>
    actor.edited(await plane.people.replace<PackConfiguration>(PACK_CONFIGURATION, next, WRITE)),
  );
};
