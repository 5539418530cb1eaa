/** The committed report: numbers as JSON, and for people as Markdown. Findings are written by people, and are kept. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Bar, barsOf, type Measurements, ratios, type Series } from "./bars.ts";
import { cell, findingsIn, type Machine, machineOf, number, table, today } from "./markdown.ts";
import { type Burst, totalOf } from "./rounds.ts";
import { type Spread, spread } from "./statistics.ts";

export type Context = {
  readonly date: string;
  readonly rounds: number;
  readonly minutes: number;
  /** Processes that could run, over the last minute, after each burst. */
  readonly load: Spread;
  readonly machine: Machine;
  readonly versions: { readonly operator: string; readonly node: string; readonly kubernetes: string };
};

export const contextOf = (
  measurements: Measurements,
  versions: Context["versions"],
  rounds: number,
  minutes: number,
): Context => ({
  date: today(),
  rounds,
  minutes,
  load: spread(bursts(measurements).map(({ load }) => load)),
  machine: machineOf(),
  versions,
});

const bursts = ({ creations, edit }: Measurements): readonly Burst[] =>
  [...creations, edit].flatMap(({ rounds }) => rounds.flatMap(({ floor, product }) => [floor, product]));

const barTable = (bars: readonly Bar[]): string =>
  table(
    ["", "measured", "at most", ""],
    bars.map(({ bar, met, value, what }) => [what, cell(value), bar, met ? "met" : "**missed**"]),
  );

const per = (series: Series, side: "floor" | "product", of: (burst: Burst) => number): Spread =>
  spread(series.rounds.map((pair) => of(pair[side])));

const burstRows = (title: string, series: Series): readonly (readonly string[])[] => {
  const rows: readonly (readonly [string, (burst: Burst) => number])[] = [
    ["seconds", ({ wallMs }) => wallMs / 1000],
    ["installs a second", ({ wallMs }) => (series.installs * 1000) / wallMs],
    ["its CPU a write, ms", ({ actorCpuMs, others, writes }) => actorCpuMs / (totalOf(writes) + totalOf(others))],
    ["CPU of the API server an install, ms", ({ serverCpuMs }) => serverCpuMs / series.installs],
    ["writes", ({ writes }) => totalOf(writes)],
    ["other writes (statuses of definitions and configurations)", ({ others }) => totalOf(others)],
  ];
  return rows.map(([what, of]) => [
    `${title}: ${what}`,
    cell(per(series, "floor", of)),
    cell(per(series, "product", of)),
    cell(ratios(series, of)).replace("NaN", "-").replace("Infinity", "-"),
  ]);
};

const writesOf = (series: Series): string =>
  Object.entries(series.rounds.at(-1)?.product.writes ?? {})
    .map(([what, count]) => `${count} x \`${what}\``)
    .join(", ");

const markdown = (measurements: Measurements, context: Context, findings: string): string => {
  const { creations, edit, idle, many, restart } = measurements;
  const { date, load, machine, minutes, rounds, versions } = context;
  return `# Control plane: speed and size

<!-- Made by \`make bench\`, but for the section "What was found". Numbers for machines: control-plane.json. -->

Measured ${date} in ${minutes.toFixed(0)} minutes with packs-operator ${versions.operator}, Node ${versions.node} and Kubernetes ${versions.kubernetes} (etcd in memory, no fsync) on
${machine.cpus} CPUs (${machine.cpu}), ${machine.memoryGB} GB, Linux ${machine.kernel}. Load of the machine meanwhile, ours included (min / median / max): ${cell(load)}.
Cells with three values are min / median / max of ${rounds} rounds; of times the median counts, of counts the worst. Read ratios, not seconds.

## Against the bars

${barTable(barsOf(measurements))}

## Against the floor

The floor is a program that makes the writes of the controller for each install, with the same client, the same identity
and as many at once, and does nothing else: it watches nothing, decides nothing and compares nothing. In both cases other
people create the installs, and their time is included. Each side has a control plane of its own, both run throughout,
and the two take turns within a round. Writes and times come from the API server's audit log.

${table(
  ["", "floor", "controller", "ratio"],
  [
    ...creations.flatMap((series) => burstRows(`create ${series.installs}`, series)),
    ...burstRows(`edit ${edit.installs}`, edit),
  ],
)}

Writes of the controller, creating ${creations.at(-1)?.installs}: ${creations.map(writesOf).at(-1)}.
Editing: ${writesOf(edit)}.

## At rest

- After a restart ${restart.reconciles} reconciles wrote ${totalOf(restart.writes)} times and took ${number(restart.cpuMs)} ms of CPU, start included.
- In ${idle.seconds} s of idleness: ${totalOf(idle.writes)} writes, ${idle.leaseWrites} renewals of the Lease, ${idle.reconciles} reconciles, ${number(idle.cpuMs)} ms of CPU.

## ${many.installs} installs

With a grant, a NetworkPolicy and a pod each, all as they must be; the controller started on them, as in a pod.

${table(
  ["", ""],
  [
    ["seconds from the start of the process until everything is listed and it leads", number(many.startSeconds)],
    ["longest stall of the event loop until then, ms", number(many.listStallMs)],
    ["longest stall while everything is reconciled once, ms", number(many.reconcileStallMs)],
    ["reconciles", number(many.reconciles)],
    ["writes to installs and their objects", number(totalOf(many.writes))],
    ["CPU until then, s", number(many.cpuMs / 1000)],
    ["resident memory: highest, MB", number(many.peakMB)],
    ["resident memory: once all is reconciled, MB", number(many.residentMB)],
    ["resident memory: after a rest of 20 s, MB", number(many.restedMB)],
    ["JavaScript heap in use, MB", number(many.heapMB)],
  ],
)}

## How to repeat

\`make bench\` on a quiet Linux machine; \`node test/bench/main.ts --help\` for smaller ones. It builds the bundles, starts
real control planes on loopback, and needs no cluster and no rights (user namespaces apart, for the controller's
ServiceAccount files). It ends with 1 if a bar was missed.

${findings}`;
};

/** Writes `control-plane.md` and `control-plane.json` into a directory. */
export const writeReport = async (directory: string, measurements: Measurements, context: Context): Promise<void> => {
  const file = join(directory, "control-plane.md");
  await mkdir(directory, { recursive: true });
  await writeFile(file, markdown(measurements, context, findingsIn(file)));
  const bars = barsOf(measurements);
  const json = JSON.stringify({ context, bars, measurements }, undefined, 2);
  await writeFile(join(directory, "control-plane.json"), `${json}\n`);
};

/** For the terminal. */
export const summary = (measurements: Measurements): string =>
  barsOf(measurements)
    .map(({ bar, met, value, what }) => `${met ? "met   " : "MISSED"} ${what}: ${cell(value)} (at most ${bar})`)
    .join("\n");
