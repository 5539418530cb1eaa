/** `packctl can-i`: may this user invoke this building block of a pack in this doc? */
import { Argument, type Command, Option } from "commander";
import type { ComponentKind } from "../../api/v1alpha1/index.ts";
import type { Settings } from "../../resources/settings.ts";
import { type CanIQuestion, type CanIReport, canI } from "../can-i/report.ts";
import { screenOf } from "../can-i/screen.ts";
import { type ClusterOptions, withCluster, withClusterOptions } from "../cluster.ts";
import { EXIT, type ExitCode, usageError } from "../exit.ts";
import { type InstallsView, installsIn, viewCluster, viewFiles } from "../installs-view.ts";
import type { Io } from "../io.ts";
import { checkedName } from "../object-name.ts";
import { colorsFor } from "../output/color.ts";
import { toJson } from "../output/json.ts";
import { toYaml } from "../output/yaml.ts";
import { readSettings } from "../settings-file.ts";
import { harmless } from "../text.ts";

const KINDS = ["Formula", "SyncTable", "SyncTableUpdate", "ColumnFormat"] as const satisfies readonly ComponentKind[];

type Options = ClusterOptions & {
  readonly doc: string;
  readonly kind?: ComponentKind;
  readonly account?: string;
  readonly filename?: readonly string[];
  readonly settings?: string;
  readonly output: "table" | "json" | "yaml";
  readonly headers: boolean;
};

export const canICommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  withClusterOptions(
    program
      .command("can-i")
      .summary("say whether a user can invoke a building block in a doc")
      .description(
        "Says whether a user can invoke a building block of a pack in a doc, and why not: the reason, the rule, and what he reads.\nFor a pack alone a table of all its building blocks. Reads a cluster or files. Kubernetes' own rights (the verb 'invoke') are\nnot looked at. Exits with 0 for yes and with 1 for no.",
      )
      .argument("<user>", "the user's name, as Kubernetes knows him")
      .addArgument(new Argument("<verb>", "what he wants to do").choices(["invoke"]))
      .argument("<what>", "PACK/COMPONENT, or PACK for all of its building blocks")
      .requiredOption("--doc <doc>", "NAMESPACE/NAME of a PackDoc, or a namespace that is the doc")
      .addOption(new Option("--kind <kind>", "of what kind the building block is").choices(KINDS))
      .option("--account <account>", "the account that he chooses, NAMESPACE/NAME")
      .option("-f, --filename <path...>", "files or folders instead of a cluster: as after a first installation")
      .option("--settings <file>", "the controller's settings, as YAML"),
  )
    .addOption(new Option("-o, --output <format>", "output format").choices(["table", "json", "yaml"]).default("table"))
    .option("--no-headers", "a table without headers")
    .action(async (user: string, _verb: string, what: string, options: Options) =>
      end(await answer(questionOf(user, what, options), options, io)),
    );
};

const questionOf = (user: string, what: string, { account, doc, kind }: Options): CanIQuestion => {
  const slash = what.indexOf("/");
  const pack = checkedName(slash < 0 ? what : what.slice(0, slash), "PACK");
  const name = slash < 0 ? undefined : what.slice(slash + 1);
  if (name === "") throw usageError("COMPONENT: a name must follow the '/'.");
  if (name === undefined && kind !== undefined) throw usageError("--kind: a building block must be named, too.");
  const parts = doc.split("/");
  if (parts.length > 2) throw usageError(`--doc: '${harmless(doc)}' must be NAMESPACE/NAME or NAMESPACE.`);
  for (const part of parts) checkedName(part, "--doc");
  if (account !== undefined && account.split("/").length !== 2) {
    throw usageError(`--account: '${harmless(account)}' must be NAMESPACE/NAME.`);
  }
  return {
    user,
    pack,
    doc,
    ...(name === undefined ? {} : { component: { name, ...(kind === undefined ? {} : { kind }) } }),
    ...(account === undefined ? {} : { account }),
  };
};

const answer = async (question: CanIQuestion, options: Options, io: Io): Promise<ExitCode> => {
  const settings = await readSettings(options.settings, io);
  const [namespace = ""] = question.doc.split("/");
  const report = await (options.filename === undefined
    ? askCluster(question, namespace, settings, options, io)
    : viewFiles(options.filename, { namespace, settings }, io).then((view) => ask(question, view)));
  if (report.install !== undefined && options.filename === undefined) io.stderr.write(alsoKubernetes(report));
  io.stdout.write(print(report, options, io));
  return report.allowed ? EXIT.ok : EXIT.findings;
};

const askCluster = (
  question: CanIQuestion,
  namespace: string,
  settings: Settings,
  options: Options,
  io: Io,
): Promise<CanIReport> =>
  withCluster(options, async ({ client }) => {
    const view = await viewCluster(client, { namespace, now: io.now(), settings });
    for (const why of view.hidden) io.stderr.write(`note: ${harmless(why)}; what depends on them is not known.\n`);
    return ask(question, view);
  });

const ask = (question: CanIQuestion, view: InstallsView): CanIReport => {
  const [install] = installsIn(view, question.pack, question.doc);
  if (install === undefined) return canI(question, undefined);
  return canI(question, { input: view.inputOf(install), stored: view.storedGrant(install) });
};

const alsoKubernetes = ({ install = "", user }: CanIReport): string => {
  const [namespace, name] = install.split("/");
  return `note: Kubernetes must let him, too: kubectl auth can-i invoke packinstalls.packs.dev/${name} -n ${namespace} --as ${harmless(user)}\n`;
};

const print = (report: CanIReport, { headers, output }: Options, io: Io): string => {
  switch (output) {
    case "json":
      return toJson(report);
    case "yaml":
      return toYaml(report);
    case "table":
      return screenOf(report, colorsFor(io.stdout, io.env), headers);
  }
};
