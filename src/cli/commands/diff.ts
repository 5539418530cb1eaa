/** `packctl diff`: what a changed PackConfiguration decides otherwise, in words, and how many installs that concerns. */
import { type Command, Option } from "commander";
import { EXIT, type ExitCode, usageError } from "../exit.ts";
import type { Io } from "../io.ts";
import { colorsFor } from "../output/color.ts";
import { toJson } from "../output/json.ts";
import { toYaml } from "../output/yaml.ts";
import { configurationSteps, type DiffReport, diffReport, diffScreen } from "../simulate/diff-report.ts";
import { type ChangeOptions, gather, refused, withChangeOptions } from "../simulate/gather.ts";
import { simulate } from "../simulate/report.ts";
import { harmless, plural } from "../text.ts";

type Options = ChangeOptions & { readonly output: "table" | "json" | "yaml" };

export const diffCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  withChangeOptions(
    program
      .command("diff")
      .summary("say in words what a changed PackConfiguration decides otherwise")
      .description(
        "Compares PackConfigurations with what a cluster, or a folder, has: who may use the pack, which building blocks and how,\naccounts, scopes, domains, docs; and counts the installs that are bound to them and those that would leave. Nothing is\nwritten. Exits with 1 if installs would be uninstalled.",
      ),
  )
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json", "yaml"]).default("table"))
    .action(async (options: Options) => end(await run(options, io)));
};

const run = async (options: Options, io: Io): Promise<ExitCode> => {
  const gathered = await gather(options, io);
  if ("findings" in gathered)
    throw refused(gathered.findings, "nothing is compared, for the API server would refuse it");
  const { settings, steps, world } = gathered;
  const others = steps.length - configurationSteps(steps).length;
  if (others === steps.length) throw usageError("there is no PackConfiguration in the change; try `packctl simulate`.");
  if (others > 0) io.stderr.write(`note: ${plural(others, "other object")} counted in, not described; try simulate.\n`);
  const report = diffReport({ ...simulate(world, steps, settings), steps });
  io.stdout.write(print(report, options, io));
  for (const it of report.hidden) io.stderr.write(`note: not everything is known: ${harmless(it)}.\n`);
  return report.configurations.some(({ leaving }) => leaving.length > 0) ? EXIT.findings : EXIT.ok;
};

const print = (report: DiffReport, { output }: Options, io: Io): string => {
  switch (output) {
    case "json":
      return toJson(report);
    case "yaml":
      return toYaml(report);
    case "table":
      return diffScreen(report, colorsFor(io.stdout, io.env));
  }
};
