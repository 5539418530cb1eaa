/** `packctl schema`: every option of the configurations of one pack, for people and for editors. */
import { type Command, Option } from "commander";
import type { PackDefinition } from "../../api/v1alpha1/index.ts";
import { type ClusterOptions, withClusterOptions } from "../cluster.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { checkedName } from "../object-name.ts";
import { colorsFor } from "../output/color.ts";
import { toJson } from "../output/json.ts";
import { table } from "../output/table.ts";
import { toYaml } from "../output/yaml.ts";
import { findInCluster, findInFiles } from "../pack/find.ts";
import { packSchema } from "../pack/json-schema.ts";
import { optionsOf } from "../pack/options.ts";
import { partsOf } from "../pack/parts.ts";
import { harmless } from "../text.ts";

type Options = ClusterOptions & {
  readonly filename?: readonly string[];
  readonly output: "table" | "json" | "yaml";
  readonly headers: boolean;
};

export const schemaCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  withClusterOptions(
    program
      .command("schema")
      .summary("list every option that configurations of one pack have")
      .description(
        "Lists every option of PackConfigurations of one very pack: its building blocks, their parameters, its scopes.\nAs JSON or YAML it is a JSON Schema, by which an editor completes and checks. Reads files or a cluster.",
      )
      .argument("<pack>", "the name of the PackDefinition")
      .option("-f, --filename <path...>", "files or folders with the PackDefinition; the cluster if not given"),
  )
    .addOption(
      new Option("-o, --output <format>", "a table, or a JSON Schema")
        .choices(["table", "json", "yaml"])
        .default("table"),
    )
    .option("--no-headers", "a table without headers")
    .action(async (pack: string, options: Options) => end(await schema(pack, options, io)));
};

const schema = async (given: string, options: Options, io: Io): Promise<ExitCode> => {
  const pack = checkedName(given, "PACK");
  const definition = await (options.filename === undefined
    ? findInCluster(pack, options)
    : findInFiles(pack, options.filename, io));
  io.stdout.write(print(definition, options, io));
  return EXIT.ok;
};

const print = (definition: PackDefinition, { output, headers }: Options, io: Io): string => {
  switch (output) {
    case "json":
      return toJson(packSchema(definition));
    case "yaml":
      return toYaml(packSchema(definition));
    case "table":
      return tableOf(definition, headers, io);
  }
};

const tableOf = (definition: PackDefinition, headers: boolean, io: Io): string => {
  const colors = colorsFor(io.stdout, io.env);
  const rows = optionsOf(definition).map(({ path, values, about }) => [path, values, about].map(harmless));
  const title = `Options below \`spec\` of a PackConfiguration of ${partsOf(definition).title}`;
  return `${colors.bold(harmless(title))}\n\n${table(rows, headers ? ["option", "values", "about"] : undefined)}`;
};
