/** `packctl status`: one install on one screen. The only command that needs a cluster; what speaks to it loads lazily. */
import { type Command, Option } from "commander";
import type { Client } from "../../kube/client.ts";
import { ApiError, isForbidden, isNotServed, TransportError } from "../../kube/errors.ts";
import { VERSION } from "../embedded.ts";
import { CommandError, EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { colorsFor } from "../output/color.ts";
import { toJson } from "../output/json.ts";
import { toYaml } from "../output/yaml.ts";
import { gatherInstall, type InstallSight } from "../status/gather.ts";
import { type InstallReport, reportInstall } from "../status/report.ts";
import { screenOf } from "../status/screen.ts";

type Options = {
  readonly namespace?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly output: "table" | "json" | "yaml";
  readonly headers: boolean;
};

export const statusCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  program
    .command("status")
    .summary("show one install: what it is, what is wrong, what to do")
    .description(
      "Shows one PackInstall of a cluster: what it is, its conditions in words, what to do next, its sandbox and its events.\nExits with 0 if it is ready and with 1 if it is not.",
    )
    .argument("<install>", "the name of the PackInstall")
    .option("-n, --namespace <name>", "its namespace; that of the context if not given")
    .option("--kubeconfig <file>", "the kubeconfig; $KUBECONFIG or ~/.kube/config if not given")
    .option("--context <name>", "a context of the kubeconfig")
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json", "yaml"]).default("table"))
    .option("--no-headers", "tables without headers")
    .action(async (name: string, options: Options) => end(await status(name, options, io)));
};

const status = async (name: string, options: Options, io: Io): Promise<ExitCode> => {
  const { client, namespace } = await connect(options);
  try {
    const ref = { namespace: options.namespace ?? namespace, name };
    const sight = await seen(gatherInstall(client, ref));
    if (sight === undefined) {
      throw new CommandError(EXIT.findings, `there is no PackInstall '${name}' in the namespace '${ref.namespace}'.`);
    }
    const report = reportInstall(sight);
    io.stdout.write(print(report, options, io));
    return report.ready ? EXIT.ok : EXIT.findings;
  } finally {
    await client.close();
  }
};

const connect = async (options: Options): Promise<{ readonly client: Client; readonly namespace: string }> => {
  const [{ createClient }, { loadConfig }] = await Promise.all([
    import("../../kube/client.ts"),
    import("../../kube/config.ts"),
  ]);
  const { kubeconfig, context } = options;
  try {
    const config = await loadConfig({
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    });
    return {
      client: createClient(config, { userAgent: `packctl/${VERSION}` }),
      namespace: config.namespace ?? "default",
    };
  } catch (error) {
    throw new CommandError(EXIT.cluster, `no cluster: ${error instanceof Error ? error.message : String(error)}`);
  }
};

const seen = async (read: Promise<InstallSight | undefined>): Promise<InstallSight | undefined> => {
  try {
    return await read;
  } catch (error) {
    throw clusterError(error);
  }
};

const clusterError = (error: unknown): unknown => {
  if (isNotServed(error)) {
    return new CommandError(EXIT.cluster, "the cluster does not serve packs.dev; install the CRDs first.");
  }
  if (isForbidden(error)) return new CommandError(EXIT.cluster, `you may not look: ${(error as Error).message}`);
  if (error instanceof ApiError || error instanceof TransportError)
    return new CommandError(EXIT.cluster, error.message);
  return error;
};

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
