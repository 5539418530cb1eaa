/**
 * What becomes of a world when the controller has done all that there is to do: the same functions, again and again, until
 * nothing changes any more. Pure.
 */
import { PACK_DEFINITION, PACK_GRANT, PACK_INSTALL } from "../../api/kinds.ts";
import { type KubeObject, keyOf } from "../../api/meta.ts";
import type { PackDefinition, PackGrant, PackGrantSpec, PackInstall, TrialFinding } from "../../api/v1alpha1/index.ts";
import { stableJson } from "../../lib/stable-json.ts";
import { type Cause, type Evaluation, evaluateInstall } from "../../policy/evaluate.ts";
import type { InstallInput } from "../../policy/input.ts";
import { trialFindings } from "../../policy/trial.ts";
import { type Desired, desiredObjects } from "../../resources/desired.ts";
import { packGrant } from "../../resources/grant.ts";
import { childNameOf } from "../../resources/identity.ts";
import { installStatus } from "../../resources/install-status.ts";
import type { Settings } from "../../resources/settings.ts";
import { buildLiveWorld, type LiveWorld, liveInput } from "../live-world.ts";
import { type GuardStop, guardStop } from "./guard.ts";

/** One install, as the controller leaves it. */
export type Fate = {
  /** With the status that is written. */
  readonly install: PackInstall;
  readonly input: InstallInput;
  readonly evaluation: Evaluation;
  /** Undefined where there is none, or where nobody may see it. */
  readonly grant: PackGrantSpec | undefined;
  readonly trials: readonly TrialFinding[];
  /** Why it was uninstalled on the way, whatever came after. */
  readonly left: Cause | undefined;
};

export type Settled = {
  readonly world: LiveWorld;
  /** By `namespace/name`. */
  readonly fates: ReadonlyMap<string, Fate>;
  /** That the uninstall guard stops some of it. */
  readonly guard: GuardStop | undefined;
};

/** Nothing that follows from something that follows from a change needs more. */
const MOST_ROUNDS = 8;

export const settle = (world: LiveWorld, settings: Settings): Settled => {
  let settled = round(world, settings, new Map());
  for (let rounds = 1; rounds < MOST_ROUNDS; rounds++) {
    const next = round(settled.world, settings, settled.fates);
    const calm = isCalm(settled, next);
    settled = { ...next, guard: next.guard ?? settled.guard };
    if (calm) break;
  }
  return settled;
};

const isCalm = (before: Settled, after: Settled): boolean =>
  [...after.fates].every(([key, { install }]) => {
    const earlier = before.fates.get(key)?.install;
    return earlier !== undefined && stableJson(earlier.status) === stableJson(install.status);
  });

/** What becomes of one install, others left as they are. */
export const fateOf = (world: LiveWorld, install: PackInstall, settings: Settings): Fate => {
  const input = freeInput(world, install, settings);
  return lookAt(world, input, evaluateInstall(input), settings, undefined);
};

/** Whether uninstalls are stopped is found out anew. */
const freeInput = (world: LiveWorld, install: PackInstall, settings: Settings): InstallInput => {
  const { held: _, ...input } = liveInput(world, install, settings);
  return input;
};

const isGoing = ({ metadata }: KubeObject): boolean => metadata.deletionTimestamp !== undefined;

const round = (world: LiveWorld, settings: Settings, earlier: Settled["fates"]): Settled => {
  const judged = world.installs
    .filter((install) => !isGoing(install))
    .map((install) => {
      const input = freeInput(world, install, settings);
      return { install, input, evaluation: evaluateInstall(input) };
    });
  const organization = world.organization.state === "found" ? world.organization.value : undefined;
  const guard = guardStop(judged, organization, world.now);
  const fates = judged.map(({ evaluation, input, install }) => {
    const held = guard?.holds(install, evaluation) === true ? guard.problem : undefined;
    const last = held === undefined ? evaluation : evaluateInstall({ ...input, held });
    return lookAt(world, input, last, settings, earlier.get(keyOf(install))?.left);
  });
  return {
    world: written(world, fates),
    fates: new Map(fates.map((fate) => [keyOf(fate.install), fate])),
    guard,
  };
};

const lookAt = (
  world: LiveWorld,
  input: InstallInput,
  evaluation: Evaluation,
  settings: Settings,
  left: Cause | undefined,
): Fate => {
  const { install } = input;
  const desired = desiredObjects(input, evaluation, settings);
  const trials = trialFindings(input);
  const status = installStatus({ world: input, evaluation, desired, pod: undefined, trials, obstacle: undefined });
  return {
    install: { ...install, status },
    input,
    evaluation,
    grant: grantSpec(world, install, desired),
    trials: trials ?? [],
    left: evaluation.outcome === "Uninstalled" ? evaluation.cause : left,
  };
};

const grantSpec = ({ grants }: LiveWorld, install: PackInstall, { grant }: Desired): PackGrantSpec | undefined =>
  grant === "keep" ? grants.get(childNameOf(install))?.spec : grant?.spec;

/** The world after the controller has written what it found: statuses, grants, and the domains that are in use. */
const written = (world: LiveWorld, fates: readonly Fate[]): LiveWorld => {
  const installs = new Map(fates.map(({ install }) => [keyOf(install), install]));
  const hosts = hostsInUse(fates);
  const objects = world.objects
    .filter(({ kind }) => kind !== PACK_GRANT.kind)
    .map((object) => {
      if (object.kind === PACK_INSTALL.kind) return installs.get(keyOf(object)) ?? object;
      if (object.kind === PACK_DEFINITION.kind) return recorded(object as PackDefinition, hosts);
      return object;
    });
  return buildLiveWorld([...objects, ...fates.flatMap(grantObject)], world.hidden, world.now);
};

const grantObject = ({ grant, install }: Fate): readonly PackGrant[] =>
  grant === undefined ? [] : [packGrant(install, grant)];

const hostsInUse = (fates: readonly Fate[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const hosts = new Map<string, Set<string>>();
  for (const { evaluation, install } of fates) {
    if (evaluation.outcome !== "Installed") continue;
    const pack = install.spec.packRef.name;
    const known = hosts.get(pack) ?? new Set();
    for (const host of evaluation.permit.hosts) known.add(host);
    hosts.set(pack, known);
  }
  return hosts;
};

const recorded = (definition: PackDefinition, hosts: ReturnType<typeof hostsInUse>): PackDefinition => {
  const known = definition.status?.knownDomains ?? [];
  const more = [...(hosts.get(definition.metadata.name) ?? [])].filter((host) => !known.includes(host));
  if (more.length === 0) return definition;
  return { ...definition, status: { ...definition.status, knownDomains: [...known, ...more].sort() } };
};
