/** `make bench`: speed and size of decisions and of the control plane, the floor beside it, and the committed reports. */
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { buildDist } from "../../build/dist.ts";
import manifest from "../../package.json" with { type: "json" };
import { type Actor, type ControllerActor, startController, startFloor } from "./actors.ts";
import { barsOf, type Measurements, type Pair, type Series } from "./bars.ts";
import { checkFinal } from "./check.ts";
import { crdSizes } from "./crd-sizes.ts";
import { measureDecisions } from "./decide.ts";
import { decideSummary, writeDecideReport } from "./decide-report.ts";
import { measureEvaluations } from "./evaluate.ts";
import { evaluateBars, evaluateSummary, writeEvaluateReport } from "./evaluate-report.ts";
import { loadInstalls, type Many, measureMany } from "./many.ts";
import { Plane } from "./plane.ts";
import { measureIdle, measureRestart } from "./quiet.ts";
import { contextOf, summary, writeReport } from "./report.ts";
import { type Burst, createInstalls, declarePack, editConfiguration } from "./rounds.ts";
import type { Declared } from "./templates.ts";
import { type Pack, packNamed } from "./workload.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** Installs that both sides make first, so that no program is measured cold. */
const WARM_UP = 200;
const NAMESPACES = 1_000;

type Flags = {
  readonly rounds: number;
  readonly sizes: readonly number[];
  readonly many: number;
  readonly idle: number;
  readonly decisionsOnly?: true;
  readonly out: string;
};

const positive = (text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("must be a whole number above 0.");
  return value;
};

const sizes = (text: string): readonly number[] => text.split(",").map(positive);

const flags = new Command("bench")
  .description(
    "Measures how fast invocations are decided and installs evaluated; and the controller against a floor of bare writes, at rest, and with very many installs.",
  )
  .option("--rounds <n>", "pairs of bursts", positive, 3)
  .option("--sizes <list>", "installs created at once; the last is edited, too", sizes, [200, 1_000])
  .option("--many <n>", "installs that are listed and watched", positive, 10_000)
  .option("--idle <seconds>", "how long to look on while nothing happens", positive, 60)
  .option("--decisions-only", "leave the control plane out")
  .option("--out <directory>", "where the report goes", join(ROOT, "docs", "benchmarks"))
  .parse()
  .opts<Flags>();

/** The floor or the product, with a control plane of its own. */
type Side = { readonly plane: Plane; actor: Actor };
type Sides = { readonly floor: Side; readonly product: Side };

const say = (text: string): void => void process.stderr.write(`${text}\n`);

const inTurn = async <T>(sides: Sides, round: number, work: (side: Side) => Promise<T>) => {
  const results: Partial<Record<keyof Sides, T>> = {};
  const order = round % 2 === 0 ? (["floor", "product"] as const) : (["product", "floor"] as const);
  for (const name of order) results[name] = await work(sides[name]);
  return results as Record<keyof Sides, T>;
};

const tell = (what: string, { floor, product }: Pair): void =>
  say(
    `${what}: ${(product.wallMs / 1000).toFixed(1)} s, floor ${(floor.wallMs / 1000).toFixed(1)} s, ${(product.wallMs / floor.wallMs).toFixed(2)} times`,
  );

const create = async ({ actor, plane }: Side, pack: Pack, count: number) => {
  const declared = await declarePack(plane, actor, pack);
  const burst = await createInstalls(plane, actor, pack, count);
  await checkFinal(plane.admin, pack, count);
  return { declared, burst };
};

const edit = async ({ actor, plane }: Side, pack: Pack, declared: Declared, count: number): Promise<Burst> => {
  const burst = await editConfiguration(plane, actor, pack, declared, count);
  await checkFinal(plane.admin, pack, count, 2);
  return burst;
};

const runRounds = async (sides: Sides): Promise<Pick<Measurements, "creations" | "edit">> => {
  const creations = flags.sizes.map((installs) => ({ installs, rounds: [] as Pair[] }));
  const edits = { installs: flags.sizes.at(-1) ?? 0, rounds: [] as Pair[] };
  await inTurn(sides, 0, (side) => create(side, packNamed("warm-up"), WARM_UP));
  for (let round = 0; round < flags.rounds; round++) {
    for (const series of creations) {
      const pack = packNamed(`round-${round}-of-${series.installs}`);
      const made = await inTurn(sides, round, (side) => create(side, pack, series.installs));
      const pair = { floor: made.floor.burst, product: made.product.burst };
      series.rounds.push(pair);
      tell(`round ${round + 1}, create ${series.installs}`, pair);
      if (series !== creations.at(-1)) continue;
      const edited = await inTurn(sides, round, (side) =>
        edit(side, pack, (side === sides.floor ? made.floor : made.product).declared, series.installs),
      );
      edits.rounds.push(edited);
      tell(`round ${round + 1}, edit ${series.installs}`, edited);
    }
  }
  return { creations, edit: edits satisfies Series };
};

/** Starts what `make build` made in `folder`, where its log goes, too. */
const controllerOn = (plane: Plane, folder: string, name: string): Promise<ControllerActor> =>
  startController({
    command: [join(folder, "dist", "packs-operator"), "controller"],
    pod: plane.pod,
    logFile: join(folder, `${name}.log`),
  });

const measureBursts = async (folder: string): Promise<Omit<Measurements, "many" | "crds">> => {
  const options = { namespaces: NAMESPACES, controllerManager: true };
  const [first, second] = await Promise.all([Plane.start(options), Plane.start(options)]);
  const running: Actor[] = [];
  try {
    const floor = { plane: first, actor: await startFloor(first.controllerKubeconfig) };
    const product = { plane: second, actor: await controllerOn(second, folder, "controller") };
    running.push(floor.actor, product.actor);
    const bursts = await runRounds({ floor, product });
    await floor.actor.stop();
    await product.actor.stop();
    const installs = WARM_UP + flags.rounds * flags.sizes.reduce((sum, size) => sum + size, 0);
    say(`at rest, with ${installs} installs`);
    const { controller, restart } = await measureRestart(second, installs, () =>
      controllerOn(second, folder, "restarted"),
    );
    running.push(controller);
    return { ...bursts, restart, idle: await measureIdle(second, controller, flags.idle) };
  } finally {
    await Promise.all(running.map((actor) => actor.stop()));
    await Promise.all([first.stop(), second.stop()]);
  }
};

const measureManyInstalls = async (folder: string): Promise<Many> => {
  const namespaces = Math.min(NAMESPACES, flags.many);
  const packs = Math.ceil(flags.many / namespaces);
  say(`writing ${packs * namespaces} installs with their objects`);
  // Nothing is timed against a floor here: the API server may use memory to be done sooner.
  process.env["GOGC"] = "400";
  const plane = await Plane.start({ namespaces, controllerManager: false });
  delete process.env["GOGC"];
  let controller: ControllerActor | undefined;
  try {
    await loadInstalls(plane, packs, namespaces);
    const measured = await measureMany(plane, packs * namespaces, () => controllerOn(plane, folder, "many"));
    controller = measured.controller;
    return measured.many;
  } finally {
    await controller?.stop();
    await plane.stop();
  }
};

const kubernetesVersion = (): string => {
  const modules = readFileSync(join(ROOT, "test", "cluster", "kube", "go.mod"), "utf8");
  return /k8s\.io\/kubernetes (v\S+)/.exec(modules)?.[1] ?? "unknown";
};

const VERSIONS = { operator: manifest.version, node: process.versions.node };

/** First, while nothing else runs. Gives whether every bar was met. */
const decisions = async (): Promise<boolean> => {
  const decided = measureDecisions();
  await writeDecideReport(flags.out, decided, VERSIONS);
  say(decideSummary(decided));
  say(join(flags.out, "decide.md"));
  const evaluated = await measureEvaluations();
  await writeEvaluateReport(flags.out, evaluated, VERSIONS);
  say(evaluateSummary(evaluated));
  say(join(flags.out, "evaluate.md"));
  return [...decided, ...evaluateBars(evaluated)].every(({ met }) => met);
};

const controlPlane = async (): Promise<boolean> => {
  const began = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "packs-bench-"));
  await mkdir(join(folder, "dist"));
  await buildDist(join(folder, "dist"));
  const measurements: Measurements = {
    ...(await measureBursts(folder)),
    many: await measureManyInstalls(folder),
    crds: crdSizes(join(ROOT, "crds")),
  };
  const versions = { ...VERSIONS, kubernetes: kubernetesVersion() };
  const minutes = (performance.now() - began) / 60_000;
  await writeReport(flags.out, measurements, contextOf(measurements, versions, flags.rounds, minutes));
  await rm(folder, { recursive: true });
  say(summary(measurements));
  say(`${join(flags.out, "control-plane.md")} after ${minutes.toFixed(1)} minutes`);
  return barsOf(measurements).every(({ met }) => met);
};

const decided = await decisions();
process.exitCode = (flags.decisionsOnly || (await controlPlane())) && decided ? 0 : 1;
