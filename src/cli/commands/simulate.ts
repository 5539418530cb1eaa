/** `packctl simulate`: what a change would do to installs and people. Nothing is written. */
import { type Command, Option } from "commander";
import { VERSION } from "../embedded.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { RULES } from "../lint/rules.ts";
import { colorsFor } from "../output/color.ts";
import { toJson } from "../output/json.ts";
import { toSarif } from "../output/sarif.ts";
import { toYaml } from "../output/yaml.ts";
import { type ChangeOptions, type Gathered, gather, refused, withChangeOptions } from "../simulate/gather.ts";
import { FAIL_ON, type FailOn, isFailure, type Simulation, simulate } from "../simulate/report.ts";
import { findingsOf, SIMULATION_RULES } from "../simulate/sarif.ts";
import { screenOf, summaryLine } from "../simulate/screen.ts";
import { harmless } from "../text.ts";

type Options = ChangeOptions & {
  readonly output: "table" | "json" | "yaml" | "sarif";
  readonly failOn: FailOn;
  readonly headers: boolean;
};

export const simulateCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  withChangeOptions(
    program
      .command("simulate")
      .summary("tell what changed YAML would do to installs and people; nothing is written")
      .description(
        "Lays changed YAML over a cluster, or over a folder, and tells which installs would be uninstalled, installed or refused,\nwho gains and who loses them, and what changes inside of them. Nothing is written.\nExits with 1 as --fail-on says.",
      ),
  )
    .addOption(
      new Option("-o, --output <format>", "output format").choices(["table", "json", "yaml", "sarif"]).default("table"),
    )
    .addOption(
      new Option("--fail-on <what>", "exit with 1 if installs leave, if anybody loses anything, or never")
        .choices(FAIL_ON)
        .default("uninstall"),
    )
    .option("--no-headers", "tables without headers")
    .action(async (options: Options) => end(await run(options, io)));
};

const run = async (options: Options, io: Io): Promise<ExitCode> => {
  const gathered = await gather(options, io);
  if ("findings" in gathered) {
    if (options.output === "sarif") io.stdout.write(toJson(toSarif(gathered.findings, VERSION, RULES)));
    throw refused(gathered.findings, "nothing is simulated, for the API server would refuse the change");
  }
  const simulation = simulate(gathered.world, gathered.steps, gathered.settings);
  io.stdout.write(print(simulation, gathered, options, io));
  for (const it of simulation.report.hidden) io.stderr.write(`note: not everything is known: ${harmless(it)}.\n`);
  io.stderr.write(`${summaryLine(simulation.report)}\n`);
  return isFailure(simulation.report, options.failOn) ? EXIT.findings : EXIT.ok;
};

const print = ({ blame, report }: Simulation, { steps }: Gathered, { headers, output }: Options, io: Io): string => {
  switch (output) {
    case "json":
      return toJson(report);
    case "yaml":
      return toYaml(report);
    case "sarif":
      return toJson(toSarif(findingsOf(report, steps, blame), VERSION, SIMULATION_RULES));
    case "table":
      return screenOf(report, colorsFor(io.stdout, io.env), headers);
  }
};
