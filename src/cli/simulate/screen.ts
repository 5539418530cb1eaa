/** A simulation on a terminal. */
import type { Colors } from "../output/color.ts";
import { lines, section } from "../output/section.ts";
import { table } from "../output/table.ts";
import { harmless, plural } from "../text.ts";
import { changeKey, type Effect, type Standing } from "./compare.ts";
import { type Person, personText } from "./people.ts";
import type { ReportedInstall, SimulationReport } from "./report.ts";

/** More rows are counted only: machines get them all. */
const MOST_ROWS = 50;
/** So many people are named in one row. */
const MOST_NAMES = 6;

const EFFECTS: Readonly<Record<Effect, string>> = {
  Uninstalled: "would be uninstalled",
  Closed: "would not run any more",
  Refused: "would be refused",
  Waiting: "would wait",
  Installed: "would be installed",
  Reopened: "would run again",
  Rebound: "would be bound anew",
  Deleted: "would be deleted",
  Kept: "stays",
};

const ORDER = Object.keys(EFFECTS) as readonly Effect[];

const rowsOf = (rows: readonly (readonly string[])[], headers: readonly string[] | undefined): string => {
  if (rows.length === 0) return "";
  const shown = table(rows.slice(0, MOST_ROWS), headers);
  const rest = rows.length - MOST_ROWS;
  return rest > 0 ? `${shown}and ${rest} more; -o json has them all\n` : shown;
};

const when = ({ deadline, paused, state }: Standing): string => {
  if (paused === true) return "not yet: the uninstall guard stops it";
  if (state !== "Uninstalling" && state !== "Uninstalled") return "-";
  return deadline === undefined ? "at once" : `at ${deadline}`;
};

const paint = (effect: Effect, colors: Colors): string => {
  const text = EFFECTS[effect];
  if (effect === "Uninstalled" || effect === "Closed") return colors.red(text);
  return effect === "Refused" || effect === "Waiting" || effect === "Deleted" ? colors.yellow(text) : text;
};

const changedInstalls = (installs: readonly ReportedInstall[]): readonly ReportedInstall[] =>
  installs.filter(({ effect }) => effect !== "Kept").sort((a, b) => ORDER.indexOf(a.effect) - ORDER.indexOf(b.effect));

const installRow = (it: ReportedInstall, colors: Colors): readonly string[] => [
  harmless(changeKey(it)),
  harmless(it.pack),
  paint(it.effect, colors),
  when(it.after),
  harmless(it.after.configuration ?? it.before.configuration ?? "-"),
  harmless(it.after.reason ?? "-"),
  harmless((it.causes.effect ?? []).join(", ") || "-"),
];

const names = (people: readonly Person[]): string => {
  if (people.length === 0) return "-";
  const shown = people.slice(0, MOST_NAMES).map(personText).join(", ");
  const rest = people.length - MOST_NAMES;
  return harmless(rest > 0 ? `${shown} and ${rest} more` : shown);
};

/** What happens inside of an install that stays, one row for each thing. */
const details = (it: ReportedInstall): readonly (readonly [string, string])[] => [
  ...it.disabled.map(({ name, reason }) => ["disabled", `${name} (${reason})`] as const),
  ...it.enabled.map((name) => ["enabled", name] as const),
  ...it.ruled.map((name) => ["other rules", name] as const),
  ...it.hostsOpened.map((host) => ["opens", host] as const),
  ...it.hostsClosed.map((host) => ["closes", host] as const),
  ...it.accountsLost.map(({ name, reason }) => ["account falls out", `${name} (${reason})`] as const),
  ...it.accountsAdded.map((name) => ["account added", name] as const),
];

const detailRows = (installs: readonly ReportedInstall[]): readonly (readonly string[])[] =>
  installs
    .filter(({ effect }) => effect !== "Uninstalled" && effect !== "Deleted")
    .flatMap((it) => details(it).map(([what, which]) => [harmless(changeKey(it)), what, harmless(which)]));

const trialRows = (installs: readonly ReportedInstall[]): readonly (readonly string[])[] =>
  installs.flatMap((it) =>
    it.trials.map(({ configuration, message = "", reason }) =>
      [changeKey(it), configuration, reason, message].map((text) => harmless(text)),
    ),
  );

/** The reasons in words, each once. */
const reasons = (installs: readonly ReportedInstall[]): readonly string[] => {
  const said = new Map<string, { readonly message: string; readonly count: number }>();
  for (const { after } of changedInstalls(installs)) {
    const { message, reason } = after;
    if (reason === undefined || message === undefined) continue;
    said.set(reason, { message: said.get(reason)?.message ?? message, count: (said.get(reason)?.count ?? 0) + 1 });
  }
  return [...said].map(([reason, { count, message }]) => `${reason} (${count}): ${message}`);
};

export const screenOf = (report: SimulationReport, colors: Colors, headers: boolean): string => {
  const { changes, guard, installs } = report;
  const head = (...titles: readonly string[]): readonly string[] | undefined => (headers ? titles : undefined);
  const people = installs.filter(({ gained, lost }) => gained.length > 0 || lost.length > 0);
  return [
    `${colors.bold("Change")}\n${lines(changes.map(({ change, object }) => `  ${object}: ${change}`))}`,
    section("Uninstall guard", guard === undefined ? "" : `${colors.red(harmless(guard.message))}\n`, colors),
    section(
      "Installs",
      rowsOf(
        changedInstalls(installs).map((it) => installRow(it, colors)),
        head("install", "pack", "effect", "when", "configuration", "reason", "by"),
      ),
      colors,
    ),
    section("Reasons", lines(reasons(installs)), colors),
    section(
      "People",
      rowsOf(
        people.map((it) => [harmless(changeKey(it)), names(it.lost), names(it.gained)]),
        head("install", "lose it", "gain it"),
      ),
      colors,
    ),
    section("What stays, and how it changes", rowsOf(detailRows(installs), head("install", "what", "which")), colors),
    section("On trial", rowsOf(trialRows(installs), head("install", "configuration", "reason", "message")), colors),
  ].join("");
};

/** One line for standard error. */
export const summaryLine = ({ summary }: SimulationReport): string =>
  [
    plural(summary.installs, "install"),
    `${summary.uninstalled} would be uninstalled`,
    ...(summary.closed > 0 ? [`${summary.closed} would not run any more`] : []),
    `${summary.installed} would be installed`,
    `${summary.refused + summary.waiting} would be refused or wait`,
    `people lose ${summary.losing} and gain ${summary.gaining}`,
    ...(summary.trialViolations > 0 ? [`${summary.trialViolations} would violate a trial`] : []),
    "nothing was written",
  ].join(", ");
