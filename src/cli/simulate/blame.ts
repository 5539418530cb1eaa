/** Which object of a change does what to an install. Pure. */
import type { Settings } from "../../resources/settings.ts";
import { buildLiveWorld } from "../live-world.ts";
import { applySteps, type Step } from "./change.ts";
import { changeKey, compareInstall, type InstallChange } from "./compare.ts";
import { PeopleComparison } from "./people.ts";
import { fateOf, type Settled } from "./settle.ts";

/** What is asked about: see {@link InstallChange}. */
export type Aspect = "accounts" | "components" | "effect" | "gains" | "hosts" | "losses" | "trials";

const ASPECTS: Readonly<Record<Aspect, (change: InstallChange) => boolean>> = {
  effect: ({ effect }) => effect !== "Kept",
  losses: ({ lost }) => lost.length > 0,
  gains: ({ gained }) => gained.length > 0,
  components: ({ disabled }) => disabled.length > 0,
  hosts: ({ hostsOpened }) => hostsOpened.length > 0,
  accounts: ({ accountsLost }) => accountsLost.length > 0,
  trials: ({ trials }) => trials.length > 0,
};

export const ASPECT_NAMES = Object.keys(ASPECTS) as readonly Aspect[];

/** The steps that do it, each by itself; where none does, it takes all of them. */
export type Blame = (change: InstallChange, aspect: Aspect) => readonly Step[];

/** Larger changes are not taken apart: it would take a world for each step. */
const MOST_STEPS = 64;

export const blameOf = (
  before: Settled,
  steps: readonly Step[],
  changes: readonly InstallChange[],
  settings: Settings,
): Blame => {
  if (steps.length <= 1 || steps.length > MOST_STEPS) return () => steps;
  const guilty = new Map<string, Step[]>();
  for (const step of steps) {
    for (const [change, alone] of alonesOf(before, step, changes, settings)) {
      for (const aspect of ASPECT_NAMES.filter((it) => isSame(it, change, alone))) {
        const key = `${aspect} ${changeKey(change)}`;
        guilty.set(key, [...(guilty.get(key) ?? []), step]);
      }
    }
  }
  return (change, aspect) => guilty.get(`${aspect} ${changeKey(change)}`) ?? steps;
};

const isSame = (aspect: Aspect, change: InstallChange, alone: InstallChange): boolean => {
  if (!ASPECTS[aspect](change) || !ASPECTS[aspect](alone)) return false;
  return aspect !== "effect" || (change.effect === alone.effect && change.after.reason === alone.after.reason);
};

/** What one step by itself does to the installs that the whole change concerns. */
const alonesOf = (
  before: Settled,
  step: Step,
  changes: readonly InstallChange[],
  settings: Settings,
): readonly (readonly [InstallChange, InstallChange])[] => {
  const { hidden, now, objects } = before.world;
  const world = buildLiveWorld(applySteps(objects, [step], now), hidden, now);
  const installs = new Map(world.installs.map((it) => [`${it.metadata.namespace}/${it.metadata.name}`, it]));
  const people = new PeopleComparison();
  return changes.flatMap((change) => {
    const key = changeKey(change);
    const install = installs.get(key);
    const fate = install === undefined ? undefined : fateOf(world, install, settings);
    const alone = compareInstall({ world: before.world, fate: before.fates.get(key) }, { world, fate }, people);
    return alone === undefined ? [] : [[change, alone] as const];
  });
};
