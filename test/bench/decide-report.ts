/** The committed report about decisions: numbers as JSON, and for people as Markdown. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Decided, FLOOR, ROUND_MS, ROUNDS } from "./decide.ts";
import { findingsIn, type Machine, machineOf, table, today } from "./markdown.ts";

type Versions = { readonly operator: string; readonly node: string };
type Context = {
  readonly date: string;
  readonly rounds: number;
  readonly roundMs: number;
  readonly floor: number;
  readonly machine: Machine;
  readonly versions: Versions;
};

const whole = (value: number): string => Math.round(value).toLocaleString("en");

const rowOf = ({ met, name, perSecond: { max, median, min } }: Decided): readonly string[] => [
  name,
  `${whole(min)} / ${whole(median)} / ${whole(max)}`,
  whole(FLOOR),
  met ? "met" : "**missed**",
];

const markdown = (decided: readonly Decided[], { date, machine, versions }: Context, findings: string): string =>
  `# Decisions about invocations

<!-- Made by \`make bench\`, but for the section "What was found". Numbers for machines: decide.json. -->

Measured ${date} with packs-operator ${versions.operator} and Node ${versions.node} on one of ${machine.cpus} CPUs (${machine.cpu}), Linux ${machine.kernel}.
Decisions in a second of processor time, min / median / max of ${ROUNDS} rounds of ${ROUND_MS} ms; the median counts.
The grant has 40 building blocks with rules, 20 accounts, and an audience of 50 users and 5 groups.

${table(["", "measured", "at least", ""], decided.map(rowOf))}

${findings}`;

/** Writes `decide.md` and `decide.json` into a directory. */
export const writeDecideReport = async (
  directory: string,
  decided: readonly Decided[],
  versions: Versions,
): Promise<void> => {
  const file = join(directory, "decide.md");
  const machine = machineOf();
  const context: Context = { date: today(), rounds: ROUNDS, roundMs: ROUND_MS, floor: FLOOR, machine, versions };
  await mkdir(directory, { recursive: true });
  await writeFile(file, markdown(decided, context, findingsIn(file)));
  await writeFile(join(directory, "decide.json"), `${JSON.stringify({ context, decided }, undefined, 2)}\n`);
};

/** For the terminal. */
export const decideSummary = (decided: readonly Decided[]): string =>
  decided
    .map(({ met, name, perSecond }) => {
      const verdict = met ? "met   " : "MISSED";
      return `${verdict} decide, ${name}: ${whole(perSecond.median)} a second (at least ${whole(FLOOR)})`;
    })
    .join("\n");
