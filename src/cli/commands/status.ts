/** `packctl status`: one install on one screen. */
import { type Command, Option } from "commander";
import { type ClusterOptions, withCluster, withClusterOptions } from "../cluster.ts";
import { CommandError, EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { colorsFor } from "../output/color.ts";
import { toJson } from "../output/json.ts";
import { toYaml } from "../output/yaml.ts";
import { gatherInstall } from "../status/gather.ts";
import { type InstallReport, reportInstall } from "../status/report.ts";
import { screenOf } from "../status/screen.ts";

type Options = ClusterOptions & {
  readonly namespace?: string;
  readonly output: "table" | "json" | "yaml";
  readonly headers: boolean;
};

export const statusCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  withClusterOptions(
    program
      .command("status")
      .summary("show one install: what it is, what is wrong, what to do")
      .description(
        "Shows one PackInstall of a cluster: what it is, its conditions in words, what to do next, its sandbox and its events.\nExits with 0 if it is ready and with 1 if it is not.",
      )
      .argument("<install>", "the name of the PackInstall")
      .option("-n, --namespace <name>", "its namespace; that of the context if not given"),
  )
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json", "yaml"]).default("table"))
    .option("--no-headers", "tables without headers")
    .action(async (name: string, options: Options) => end(await status(name, options, io)));
};

const status = (name: string, options: Options, io: Io): Promise<ExitCode> =>
  withCluster(options, async ({ client, namespace }) => {
    const ref = { namespace: options.namespace ?? namespace, name };
    const sight = await gatherInstall(client, ref);
    if (sight === undefined) {
      throw new CommandError(EXIT.findings, `there is no PackInstall '${name}' in the namespace '${ref.namespace}'.`);
    }
    const report = reportInstall(sight);
    io.stdout.write(print(report, options, io));
    return report.ready ? EXIT.ok : EXIT.findings;
  });

const print = (report: InstallReport, options: Options, io: Io): string => {
  switch (options.output) {
    case "json":
      return toJson(report);
    case "yaml":
      return toYaml(report);
    case "table":
      return screenOf(report, io.now(), colorsFor(io.stdout, io.env), options.headers);
  }
};
