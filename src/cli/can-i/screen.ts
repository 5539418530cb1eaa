/** An answer for people. */
import type { Colors } from "../output/color.ts";
import { lines, section } from "../output/section.ts";
import { table } from "../output/table.ts";
import { harmless } from "../text.ts";
import type { CanIReport, ComponentReport, DenialReport } from "./report.ts";

/** `headers`: whether tables have them. */
export const screenOf = (report: CanIReport, colors: Colors, headers: boolean): string => {
  const [only] = report.components;
  const one = report.components.length === 1 ? only : undefined;
  const denial = report.denial ?? one?.denial;
  return [
    `${report.allowed ? colors.green("yes") : colors.red("no")}\n`,
    section("Why not", denial === undefined ? "" : lines(denialLines(denial)), colors),
    section("With whose account", one === undefined ? "" : lines(accountLines(one)), colors),
    section("Inputs", lines((one?.restrictions ?? []).map(({ rule, text }) => `${text} (\`${rule}\`)`)), colors),
    one !== undefined || report.components.length === 0
      ? ""
      : `\n${table(report.components.map(row(colors)), headers ? ["kind", "name", "allowed", "about"] : undefined)}`,
  ].join("");
};

const denialLines = ({ configuration, contact, message, reason, rule }: DenialReport): readonly string[] => [
  `${reason}: ${message}`,
  ...(configuration === undefined ? [] : [`Configuration: ${configuration}`]),
  ...(rule === undefined ? [] : [`Rule: ${rule}`]),
  ...(contact === undefined ? [] : [`Whom to ask: ${contact}`]),
];

const accountLines = ({ account, accounts = [], allowed }: ComponentReport): readonly string[] => {
  if (!allowed) return [];
  const others = accounts.filter((name) => name !== account);
  if (account === undefined) {
    return others.length === 0 ? ["It uses no account."] : [`One of these must be named: ${others.join(", ")}`];
  }
  return [`It uses ${account}.`, ...(others.length === 0 ? [] : [`These may be named instead: ${others.join(", ")}`])];
};

const row =
  (colors: Colors) =>
  (component: ComponentReport): readonly string[] => {
    const { allowed, denial, kind, name, restrictions = [] } = component;
    const about = allowed
      ? [...restrictions.map(({ text }) => text), ...(component.account === undefined ? [] : accountLines(component))]
      : [denial?.message ?? ""];
    return [kind, harmless(name), allowed ? colors.green("yes") : colors.red("no"), harmless(about.join(" "))];
  };
