/** What changes in configurations, and how many installs that concerns. Pure. */
import type { PackConfiguration } from "../../api/v1alpha1/index.ts";
import type { LiveWorld } from "../live-world.ts";
import type { Colors } from "../output/color.ts";
import { REPORT_VERSION } from "../output/report-version.ts";
import { lines } from "../output/section.ts";
import { harmless, plural } from "../text.ts";
import type { Step } from "./change.ts";
import { changeKey } from "./compare.ts";
import { type Difference, policyDiff } from "./policy-diff.ts";
import { boundTo, leaversAmong, type SimulationReport } from "./report.ts";
import type { Settled } from "./settle.ts";

export type Leaving = { readonly install: string; readonly reason: string };

export type ConfigurationDiff = {
  readonly name: string;
  readonly change: "changed" | "created" | "deleted" | "unchanged";
  readonly differences: readonly Difference[];
  /** The installs that are bound to it before the change, as `namespace/name`. */
  readonly bound: readonly string[];
  /** Those of them that leave by it. */
  readonly leaving: readonly Leaving[];
  /** Installs that are bound to it by the change. */
  readonly joining: readonly string[];
};

export type DiffReport = {
  readonly apiVersion: typeof REPORT_VERSION;
  readonly kind: "ConfigurationDiff";
  readonly configurations: readonly ConfigurationDiff[];
  /** Present if the uninstall guard would stop it. */
  readonly guard?: SimulationReport["guard"];
  /** What the user may not see, a clause for each. */
  readonly hidden: readonly string[];
};

export type DiffInput = {
  readonly before: Settled;
  readonly after: Settled;
  readonly steps: readonly Step[];
  readonly report: SimulationReport;
};

export const configurationSteps = (steps: readonly Step[]): readonly Step[] =>
  steps.filter(({ target }) => target.kind === "PackConfiguration");

export const diffReport = ({ after, before, report, steps }: DiffInput): DiffReport => ({
  apiVersion: REPORT_VERSION,
  kind: "ConfigurationDiff",
  configurations: [...new Set(configurationSteps(steps).map(({ target }) => target.key))].map((name) =>
    configurationDiff(name, { before, after, report }),
  ),
  ...(report.guard === undefined ? {} : { guard: report.guard }),
  hidden: report.hidden,
});

const specOf = ({ configurations }: LiveWorld, name: string): PackConfiguration["spec"] | undefined =>
  configurations.find(({ metadata }) => metadata.name === name)?.spec;

const configurationDiff = (name: string, { after, before, report }: Omit<DiffInput, "steps">): ConfigurationDiff => {
  const [was, is] = [specOf(before.world, name), specOf(after.world, name)];
  const differences = policyDiff(was, is);
  const bound = boundTo(before, name);
  return {
    name,
    change:
      was === undefined ? "created" : is === undefined ? "deleted" : differences.length === 0 ? "unchanged" : "changed",
    differences,
    bound,
    leaving: leaversAmong(report, bound).map((it) => ({ install: changeKey(it), reason: it.after.reason ?? "" })),
    joining: boundTo(after, name).filter((key) => !bound.includes(key)),
  };
};

/** So many installs are named. */
const MOST_NAMED = 20;

export const diffScreen = ({ configurations, guard }: DiffReport, colors: Colors): string =>
  [
    ...configurations.map((it) => configurationScreen(it, colors)),
    ...(guard === undefined ? [] : [`${colors.red(harmless(guard.message))}\n`]),
  ].join("\n");

const configurationScreen = (
  { bound, change, differences, joining, leaving, name }: ConfigurationDiff,
  colors: Colors,
) => {
  const paint = { "+": colors.green, "-": colors.red, "~": colors.yellow };
  return [
    `${colors.bold(harmless(`PackConfiguration ${name}`))}: ${change}\n`,
    ...differences.map(({ about, sign, text }) => `${paint[sign](sign)} ${about}: ${harmless(text)}\n`),
    lines(impact(bound, leaving, joining)),
    lines(
      named(change === "deleted" ? bound.map((install) => ({ install, reason: reasonOf(install, leaving) })) : leaving),
    ),
  ].join("");
};

const reasonOf = (install: string, leaving: readonly Leaving[]): string =>
  leaving.find((it) => it.install === install)?.reason ?? "stays";

const impact = (
  bound: readonly string[],
  leaving: readonly Leaving[],
  joining: readonly string[],
): readonly string[] => [
  `${plural(bound.length, "install")} bound to it, ${leaving.length} would be uninstalled`,
  ...(joining.length === 0 ? [] : [`${plural(joining.length, "install")} would be bound to it`]),
];

const named = (list: readonly Leaving[]): readonly string[] => [
  ...list.slice(0, MOST_NAMED).map(({ install, reason }) => `  ${install} (${reason})`),
  ...(list.length > MOST_NAMED ? [`  and ${list.length - MOST_NAMED} more`] : []),
];
