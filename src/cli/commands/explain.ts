/** `packctl explain`: why an install is, or is not, and what it grants. */
import { type Command, Option } from "commander";
import { PACK_INSTALL } from "../../api/kinds.ts";
import type { Settings } from "../../resources/settings.ts";
import { type ClusterOptions, withCluster, withClusterOptions } from "../cluster.ts";
import { CommandError, EXIT, type ExitCode, usageError } from "../exit.ts";
import { type Explanation, explainInstall } from "../explain/report.ts";
import { screenOf } from "../explain/screen.ts";
import { type InstallsView, viewCluster, viewFiles } from "../installs-view.ts";
import type { Io } from "../io.ts";
import { checkedName } from "../object-name.ts";
import { colorsFor } from "../output/color.ts";
import { toJson } from "../output/json.ts";
import { toYaml } from "../output/yaml.ts";
import { readSettings } from "../settings-file.ts";
import { didYouMean, harmless } from "../text.ts";

type Options = ClusterOptions & {
  readonly filename?: readonly string[];
  readonly namespace?: string;
  readonly settings?: string;
  readonly output: "table" | "json" | "yaml";
  readonly headers: boolean;
};

export const explainCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  withClusterOptions(
    program
      .command("explain")
      .summary("say why an install is, or is not, and what it grants")
      .description(
        "Says why a PackInstall is installed or is not: every check in its order, the configuration and whom it admits, what the\npack may do here and with whose data, who is in the doc, and what would make it work. Reads a cluster or files.\nExits with 0 if it works and with 1 if it does not.",
      )
      .argument("<install>", "the PackInstall: NAME or install/NAME")
      .option("-n, --namespace <name>", "its namespace; that of the context, or 'default' with files, if not given")
      .option("-f, --filename <path...>", "files or folders instead of a cluster: what a first installation would be")
      .option("--settings <file>", "the controller's settings, as YAML"),
  )
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json", "yaml"]).default("table"))
    .option("--no-headers", "tables without headers")
    .action(async (install: string, options: Options) => end(await explain(install, options, io)));
};

const explain = async (given: string, options: Options, io: Io): Promise<ExitCode> => {
  const name = installName(given);
  const settings = await readSettings(options.settings, io);
  const explanation = await (options.filename === undefined
    ? explainLive(name, settings, options, io)
    : explainFiles(name, settings, options.filename, options, io));
  io.stdout.write(print(explanation, options, io));
  return explanation.works ? EXIT.ok : EXIT.findings;
};

const KIND_WORDS: readonly string[] = ["install", PACK_INSTALL.kind.toLowerCase(), PACK_INSTALL.plural, "packinst"];

/** `crm`, `install/crm` and what kubectl would take. */
const installName = (given: string): string => {
  const slash = given.indexOf("/");
  if (slash >= 0 && !KIND_WORDS.includes(given.slice(0, slash).toLowerCase())) {
    throw usageError(`INSTALL: '${harmless(given)}' must be the name of a PackInstall, as NAME or install/NAME.`);
  }
  return checkedName(given.slice(slash + 1), "INSTALL");
};

const explainLive = (name: string, settings: Settings, options: Options, io: Io): Promise<Explanation> =>
  withCluster(options, async ({ client, namespace: own }) => {
    const namespace = options.namespace ?? own;
    const view = await viewCluster(client, { namespace, now: io.now(), settings });
    return explainIn(view, { namespace, name }, EXIT.findings);
  });

const explainFiles = async (
  name: string,
  settings: Settings,
  paths: readonly string[],
  { namespace = "default" }: Options,
  io: Io,
): Promise<Explanation> => {
  const view = await viewFiles(paths, { namespace, settings }, io);
  return explainIn(view, { namespace, name }, EXIT.usage);
};

/** @throws CommandError with `code` where there is no such install */
const explainIn = (
  view: InstallsView,
  { name, namespace }: { readonly namespace: string; readonly name: string },
  code: ExitCode,
): Explanation => {
  const here = view.installs.filter(({ metadata }) => metadata.namespace === namespace);
  const install = here.find(({ metadata }) => metadata.name === name);
  if (install === undefined) {
    const guess = didYouMean(
      name,
      here.map(({ metadata }) => metadata.name),
    );
    const place = view.live ? "" : " of the input";
    throw new CommandError(
      code,
      `there is no PackInstall '${name}' in the namespace '${harmless(namespace)}'${place}.${guess}`,
    );
  }
  return explainInstall(view.inputOf(install), view);
};

const print = (explanation: Explanation, { headers, output }: Options, io: Io): string => {
  switch (output) {
    case "json":
      return toJson(explanation);
    case "yaml":
      return toYaml(explanation);
    case "table":
      return screenOf(explanation, colorsFor(io.stdout, io.env), headers);
  }
};
