/** What a change would do: the world as it is, and the world after it. Pure; nothing is written anywhere. */
import { keyOf } from "../../api/meta.ts";
import { stableJson } from "../../lib/stable-json.ts";
import type { Settings } from "../../resources/settings.ts";
import { blindSpots, buildLiveWorld, type LiveWorld } from "../live-world.ts";
import { REPORT_VERSION } from "../output/report-version.ts";
import { ASPECT_NAMES, type Aspect, type Blame, blameOf } from "./blame.ts";
import { applySteps, type Step, type Target, targetOf, targetText } from "./change.ts";
import { changeKey, compareInstall, type InstallChange, isLoss } from "./compare.ts";
import { PeopleComparison } from "./people.ts";
import { type Settled, settle } from "./settle.ts";

export type ObjectChange = {
  readonly object: string;
  readonly change: "changed" | "created" | "deleted" | "unchanged";
};

/** An install that changes, and which objects of the change do it. */
export type ReportedInstall = InstallChange & { readonly causes: Readonly<Partial<Record<Aspect, readonly string[]>>> };

export type Summary = {
  /** After the change. */
  readonly installs: number;
  /** Those that leave by it: at once, at the end of a grace period, or as soon as the guard lets them. */
  readonly uninstalled: number;
  readonly installed: number;
  readonly closed: number;
  readonly refused: number;
  readonly waiting: number;
  readonly deleted: number;
  /** Installs of which somebody loses, or gains, the use. */
  readonly losing: number;
  readonly gaining: number;
  /** Installs that a configuration on trial would refuse or uninstall, and would not have before. */
  readonly trialViolations: number;
};

export type GuardReport = {
  readonly waiting: number;
  readonly installs: number;
  readonly allowed: number;
  readonly message: string;
};

export type SimulationReport = {
  readonly apiVersion: typeof REPORT_VERSION;
  readonly kind: "SimulationReport";
  readonly changes: readonly ObjectChange[];
  readonly summary: Summary;
  /** Present if the uninstall guard would stop it. */
  readonly guard?: GuardReport;
  /** Those that change, by namespace and name. */
  readonly installs: readonly ReportedInstall[];
  /** What the user may not see, a clause for each. */
  readonly hidden: readonly string[];
};

/** A report with what it was made from. */
export type Simulation = {
  readonly report: SimulationReport;
  readonly before: Settled;
  readonly after: Settled;
  readonly blame: Blame;
};

/** @throws nothing; targets that are not there are {@link missingTargets} */
export const simulate = (world: LiveWorld, steps: readonly Step[], settings: Settings): Simulation => {
  const before = settle(world, settings);
  const changed = buildLiveWorld(applySteps(before.world.objects, steps, world.now), world.hidden, world.now);
  const after = settle(changed, settings);
  const installs = comparison(before, after);
  const blame = blameOf(before, steps, installs, settings);
  const report: SimulationReport = {
    apiVersion: REPORT_VERSION,
    kind: "SimulationReport",
    changes: objectChanges(world, changed, steps),
    summary: summaryOf(installs, after),
    ...(after.guard === undefined ? {} : { guard: guardReport(after.guard) }),
    installs: installs.map((change) => ({ ...change, causes: causesOf(change, blame) })),
    hidden: blindSpots(world),
  };
  return { report, before, after, blame };
};

/** What is to be deleted and is not there. */
export const missingTargets = ({ objects }: LiveWorld, steps: readonly Step[]): readonly Target[] => {
  const there = new Set(objects.map((object) => targetText(targetOf(object))));
  return steps.filter(({ verb, target }) => verb === "delete" && !there.has(targetText(target))).map((it) => it.target);
};

const comparison = (before: Settled, after: Settled): readonly InstallChange[] => {
  const people = new PeopleComparison();
  const keys = [...new Set([...before.fates.keys(), ...after.fates.keys()])].sort();
  return keys.flatMap((key) => {
    const [was, is] = [before, after].map(({ fates, world }) => ({ world, fate: fates.get(key) }));
    return was === undefined || is === undefined ? [] : (compareInstall(was, is, people) ?? []);
  });
};

const objectChanges = (before: LiveWorld, after: LiveWorld, steps: readonly Step[]): readonly ObjectChange[] => {
  const specs = ({ objects }: LiveWorld): ReadonlyMap<string, string> =>
    new Map(objects.map((it) => [targetText(targetOf(it)), contentOf(it)]));
  const [was, is] = [specs(before), specs(after)];
  return [...new Set(steps.map(({ target }) => targetText(target)))].map((object) => {
    const [old, now] = [was.get(object), is.get(object)];
    if (now === undefined) return { object, change: "deleted" };
    return { object, change: old === undefined ? "created" : old === now ? "unchanged" : "changed" };
  });
};

/** What people write of an object. */
const contentOf = ({
  metadata: { annotations = {}, labels = {} },
  ...object
}: LiveWorld["objects"][number]): string => {
  const { status: _, ...written } = object as typeof object & { readonly status?: unknown };
  return stableJson({ ...written, annotations, labels });
};

const summaryOf = (changes: readonly InstallChange[], after: Settled): Summary => {
  const count = (fits: (change: InstallChange) => boolean): number => changes.filter(fits).length;
  return {
    installs: after.fates.size,
    uninstalled: count(({ effect }) => effect === "Uninstalled"),
    installed: count(({ effect }) => effect === "Installed"),
    closed: count(({ effect }) => effect === "Closed"),
    refused: count(({ effect }) => effect === "Refused"),
    waiting: count(({ effect }) => effect === "Waiting"),
    deleted: count(({ effect }) => effect === "Deleted"),
    losing: count(({ lost }) => lost.length > 0),
    gaining: count(({ gained }) => gained.length > 0),
    trialViolations: count(({ trials }) => trials.length > 0),
  };
};

const guardReport = ({ allowed, installs, problem, waiting }: NonNullable<Settled["guard"]>): GuardReport => ({
  waiting,
  installs,
  allowed,
  message: problem.message,
});

const FACETS: Readonly<Record<Aspect, (change: InstallChange) => boolean>> = {
  effect: ({ effect }) => effect !== "Kept",
  losses: ({ effect, lost }) => effect === "Kept" && lost.length > 0,
  gains: ({ effect, gained }) => effect === "Kept" && gained.length > 0,
  components: ({ disabled }) => disabled.length > 0,
  hosts: ({ effect, hostsOpened }) => effect === "Kept" && hostsOpened.length > 0,
  accounts: ({ accountsLost, effect }) => effect === "Kept" && accountsLost.length > 0,
  trials: ({ trials }) => trials.length > 0,
};

/** The aspects in which an install changes that do not follow from another one. */
export const aspectsOf = (change: InstallChange): readonly Aspect[] =>
  ASPECT_NAMES.filter((aspect) => FACETS[aspect](change));

const causesOf = (change: InstallChange, blame: Blame): ReportedInstall["causes"] =>
  Object.fromEntries(
    aspectsOf(change).map((aspect) => [aspect, blame(change, aspect).map(({ target }) => targetText(target))]),
  );

/** When the command is to fail. */
export const FAIL_ON = ["uninstall", "loss", "never"] as const;
export type FailOn = (typeof FAIL_ON)[number];

export const isFailure = ({ installs, summary }: SimulationReport, failOn: FailOn): boolean => {
  if (failOn === "never") return false;
  return summary.uninstalled > 0 || (failOn === "loss" && installs.some(isLoss));
};

/** The installs of a world that are bound to a configuration, by `namespace/name`. */
export const boundTo = ({ fates }: Settled, configuration: string): readonly string[] =>
  [...fates.values()]
    .filter(({ install: { status } }) => status?.boundConfiguration?.name === configuration)
    .map(({ install }) => keyOf(install))
    .sort();

/** Those of them that leave by the change. */
export const leaversAmong = ({ installs }: SimulationReport, keys: readonly string[]): readonly ReportedInstall[] =>
  installs.filter((it) => it.effect === "Uninstalled" && keys.includes(changeKey(it)));
