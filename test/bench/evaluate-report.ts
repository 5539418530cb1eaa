/** The committed report about evaluating installs: numbers as JSON, and for people as Markdown. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CEILING, DEPTH, type Evaluated, GROUPS, GROWTH, MEMBERS, ROUND_MS, ROUNDS } from "./evaluate.ts";
import { cell, findingsIn, type Machine, machineOf, table, today } from "./markdown.ts";

type Versions = { readonly operator: string; readonly node: string };

export type Bar = { readonly what: string; readonly value: number; readonly most: number; readonly met: boolean };

const bar = (what: string, value: number, most: number): Bar => ({ what, value, most, met: value <= most });

const growth = (evaluated: readonly Evaluated[], of: "bound" | "unbound"): number => {
  const medians = evaluated.map((it) => it[of].median);
  return Math.max(...medians) / (medians[0] ?? Number.NaN);
};

/** The medians count. */
export const evaluateBars = (evaluated: readonly Evaluated[]): readonly Bar[] => {
  const typical = evaluated.find(({ configurations }) => configurations === 500);
  return [
    bar("a bound install among 500 configurations, µs", typical?.bound.median ?? Number.NaN, CEILING),
    bar("a new install among 500 configurations, µs", typical?.unbound.median ?? Number.NaN, CEILING),
    bar("growth from 10 to 1,000 configurations, bound", growth(evaluated, "bound"), GROWTH),
    bar("growth from 10 to 1,000 configurations, new", growth(evaluated, "unbound"), GROWTH),
  ];
};

const verdict = ({ met }: Bar): string => (met ? "met" : "**missed**");

const markdown = (
  evaluated: readonly Evaluated[],
  { machine, versions }: { readonly machine: Machine; readonly versions: Versions },
  findings: string,
): string =>
  `# Evaluating installs

<!-- Made by \`make bench\`, but for the section "What was found". Numbers for machines: evaluate.json. -->

Measured ${today()} with packs-operator ${versions.operator} and Node ${versions.node} on one of ${machine.cpus} CPUs (${machine.cpu}), Linux ${machine.kernel}.
Microseconds of processor time for one install, min / median / max of ${ROUNDS} rounds of ${ROUND_MS} ms: all that the rules look at is gathered
from the stores, and the rules are run, trials included. ${GROUPS} groups of ${MEMBERS.toLocaleString("en")} members; each doc lies ${DEPTH} folders deep.

${table(
  ["configurations", "bound", "new, ten about its pack", "new, all about its pack"],
  evaluated.map(({ bound, configurations, crowded, unbound }) => [
    configurations.toLocaleString("en"),
    cell(bound),
    cell(unbound),
    cell(crowded),
  ]),
)}

${table(
  ["", "measured", "at most", ""],
  evaluateBars(evaluated).map((it) => [it.what, cell(it.value), cell(it.most), verdict(it)]),
)}

${findings}`;

/** Writes `evaluate.md` and `evaluate.json` into a directory. */
export const writeEvaluateReport = async (
  directory: string,
  evaluated: readonly Evaluated[],
  versions: Versions,
): Promise<void> => {
  const file = join(directory, "evaluate.md");
  const machine = machineOf();
  await mkdir(directory, { recursive: true });
  await writeFile(file, markdown(evaluated, { machine, versions }, findingsIn(file)));
  const context = { date: today(), machine, versions, bars: evaluateBars(evaluated) };
  await writeFile(join(directory, "evaluate.json"), `${JSON.stringify({ context, evaluated }, undefined, 2)}\n`);
};

/** For the terminal. */
export const evaluateSummary = (evaluated: readonly Evaluated[]): string =>
  evaluateBars(evaluated)
    .map(
      ({ met, most, value, what }) =>
        `${met ? "met   " : "MISSED"} evaluate, ${what}: ${cell(value)} (at most ${most})`,
    )
    .join("\n");
