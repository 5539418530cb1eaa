/** `packctl convert`: a policy in JSON becomes a PackConfiguration. */
import { type Command, Option } from "commander";
import type { PackConfigurationSpec } from "../../api/v1alpha1/index.ts";
import { convertText } from "../convert/configuration.ts";
import { CommandError, EXIT, type ExitCode, usageError } from "../exit.ts";
import { readSources } from "../input/files.ts";
import type { Io } from "../io.ts";
import { checkedName } from "../object-name.ts";
import { toJson } from "../output/json.ts";
import { toYaml } from "../output/yaml.ts";
import { PLACEHOLDER } from "../placeholder.ts";
import { harmless, harmlessLines } from "../text.ts";

type Options = {
  readonly pack: string;
  readonly name?: string;
  readonly organization?: true;
  readonly user?: readonly string[];
  readonly group?: readonly string[];
  readonly output: "yaml" | "json";
};

export const convertCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  program
    .command("convert")
    .summary("make a configuration from a policy in JSON")
    .description(
      "Makes a PackConfiguration from a policy in JSON (fetches, actions, formulas, syncTables, doc.sharing, ...). Needs no cluster.\nWhat cannot be converted is refused with its place; nothing is left out. The JSON does not say who may use the pack:\nsay it with --organization, --user or --group, or replace the placeholder.",
    )
    .argument("<file>", "the JSON, or - for standard input")
    .requiredOption("--pack <pack>", "the name of the PackDefinition")
    .option("--name <name>", "the name of the configuration; that of the pack if not given")
    .addOption(new Option("--organization", "every member may use the pack").conflicts(["user", "group"]))
    .option("--user <name...>", "this user may use the pack")
    .option("--group <name...>", "the members of this group may use the pack")
    .addOption(new Option("-o, --output <format>", "output format").choices(["yaml", "json"]).default("yaml"))
    .action(async (file: string, options: Options) => end(await convert(file, options, io)));
};

const accessOf = ({ organization, user = [], group = [] }: Options): NonNullable<PackConfigurationSpec["access"]> => {
  if (organization === true) return { scope: "Organization" };
  const subjects = [
    ...user.map((name) => ({ kind: "User", name }) as const),
    ...group.map((name) => ({ kind: "Group", name }) as const),
  ];
  return { scope: "Subjects", subjects: subjects.length > 0 ? subjects : [{ kind: "Group", name: PLACEHOLDER.group }] };
};

const convert = async (file: string, options: Options, io: Io): Promise<ExitCode> => {
  const pack = checkedName(options.pack, "--pack");
  const name = checkedName(options.name ?? pack, "--name");
  const [source, second] = await readSources([file], io);
  if (source === undefined || second !== undefined) throw usageError(`${harmless(file)}: this is not one file.`);
  const access = accessOf(options);
  const converted = convertText(source.text, { pack, name, access });
  if (!converted.ok) throw refusal(file, converted.problems);
  for (const note of converted.notes) io.stderr.write(`note: ${harmlessLines(note)}\n`);
  const { configuration } = converted;
  io.stdout.write(options.output === "json" ? toJson(configuration) : toYaml(configuration, commentOf(access)));
  return EXIT.ok;
};

const commentOf = ({ subjects }: NonNullable<PackConfigurationSpec["access"]>): string | undefined =>
  subjects?.some(({ name }) => name === PLACEHOLDER.group) === true
    ? `Replace ${PLACEHOLDER.group} by the people who may use the pack; \`packctl lint\` fails until then.`
    : undefined;

const SHOWN = 20;

const refusal = (file: string, problems: readonly string[]): CommandError => {
  const rest = problems.length > SHOWN ? [`and ${problems.length - SHOWN} more`] : [];
  const lines = [...problems.slice(0, SHOWN), ...rest].map(harmless);
  return new CommandError(EXIT.usage, [`${harmless(file)} cannot be converted:`, ...lines].join("\n  "));
};
