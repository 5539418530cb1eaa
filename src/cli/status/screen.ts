/** A report on one screen. */
import { isReason, REASONS } from "../../api/reasons.ts";
import type { Colors } from "../output/color.ts";
import { lines, section } from "../output/section.ts";
import { table } from "../output/table.ts";
import { harmless } from "../text.ts";
import type { ConditionReport, InstallReport } from "./report.ts";

const UNITS = [
  ["d", 86_400],
  ["h", 3_600],
  ["m", 60],
  ["s", 1],
] as const;

/** `3d`, `2h`, `5m`, `10s`; empty for a time that is none. */
export const ago = (time: string | undefined, now: number): string => {
  const seconds = Math.max(0, Math.floor((now - Date.parse(time ?? "")) / 1000));
  if (Number.isNaN(seconds)) return "";
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? UNITS[3];
  return `${Math.floor(seconds / size)}${unit}`;
};

/** `now`: milliseconds since 1970. `headers`: whether tables have them. */
export const screenOf = (report: InstallReport, now: number, colors: Colors, headers: boolean): string => {
  const grid = (rows: readonly (readonly string[])[], titles: readonly string[]): string =>
    rows.length === 0 ? "" : table(rows, headers ? titles : undefined);
  return [
    `${colors.bold(harmless(`PackInstall ${report.namespace}/${report.name}`))}\n\n`,
    table(facts(report, now)),
    `\n${(report.ready ? colors.green : colors.yellow)(harmless(report.headline))}\n`,
    section("What to do", lines(report.todo), colors),
    section("Choose one in spec.configurationRef", lines(report.candidates), colors),
    section(
      "Conditions",
      grid(conditionRows(report, now, colors), ["condition", "status", "reason", "since", "message"]),
      colors,
    ),
    section("Hosts", lines(report.hosts.map((host) => `${host} and below`)), colors),
    section("Building blocks", grid(componentRows(report, colors), ["kind", "name", "state", "why"]), colors),
    section(
      "Sandbox",
      grid(
        report.sandbox.map((it) => [it.kind, it.namespace, it.name, it.state].map(harmless)),
        ["kind", "namespace", "name", "state"],
      ),
      colors,
    ),
    section(
      "History",
      grid(
        report.history.map((it) =>
          [ago(it.time, now), it.reason, it.configuration ?? "", it.message ?? ""].map(harmless),
        ),
        ["ago", "reason", "configuration", "message"],
      ),
      colors,
    ),
    section(
      "Events",
      grid(
        report.events.map((it) => [ago(it.time, now), it.type, it.reason, String(it.count), it.note].map(harmless)),
        ["ago", "type", "reason", "count", "note"],
      ),
      colors,
    ),
    section("Not visible to you", lines(report.hidden), colors),
  ].join("");
};

const facts = (
  { pack, configuration, installer, doc, created, uninstalled, pendingUninstall }: InstallReport,
  now: number,
) =>
  [
    [
      "Pack",
      [pack.name, pack.version, pack.displayName === undefined ? undefined : `(${pack.displayName})`]
        .filter((part) => part !== undefined)
        .join(" "),
    ],
    ["Configuration", configuration ?? "none is bound"],
    ["Installer", installer],
    ["Doc", doc],
    ["Age", ago(created, now)],
    ...(uninstalled === undefined ? [] : [["Uninstalled", `${ago(uninstalled.time, now)} ago, ${uninstalled.reason}`]]),
    ...(pendingUninstall === undefined
      ? []
      : [["Will be uninstalled", `${pendingUninstall.deadline}, ${pendingUninstall.reason}`]]),
  ].map((row) => row.map((cell) => harmless(cell)));

/** A message that says no more than its reason does is left out. */
const conditionRows = ({ conditions }: InstallReport, now: number, colors: Colors): readonly (readonly string[])[] =>
  conditions.map(({ type, status, good, reason, message, since }) => [
    harmless(type),
    (good ? colors.green : colors.yellow)(status),
    harmless(reason),
    ago(since, now),
    harmless(wordsOf({ reason, message })),
  ]);

const wordsOf = ({ reason, message }: Pick<ConditionReport, "reason" | "message">): string =>
  message !== "" ? message : isReason(reason) ? REASONS[reason].text : "";

const componentRows = ({ components }: InstallReport, colors: Colors): readonly (readonly string[])[] =>
  components.map(({ kind, name, enabled, reason, explanation }) => [
    harmless(kind),
    harmless(name),
    enabled ? colors.green("on") : colors.yellow("off"),
    harmless(explanation ?? reason ?? ""),
  ]);
