/** `packctl config init`: a PackConfiguration to start from. */
import { type Command, Option } from "commander";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { checkedName } from "../object-name.ts";
import { colorsFor } from "../output/color.ts";
import { findInFiles } from "../pack/find.ts";
import { partsOf } from "../pack/parts.ts";
import { PRESET_NAMES, PRESETS, type PresetName, presetMisfit, presetYaml } from "../presets/presets.ts";

type Options = {
  readonly preset: PresetName;
  readonly pack: string;
  readonly name?: string;
  readonly filename?: readonly string[];
};

const PRESET_LIST = PRESET_NAMES.map((name) => `  ${name.padEnd(18)}${PRESETS[name].about}`).join("\n");

export const configCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  program
    .command("config")
    .summary("write configurations")
    .description("Writes PackConfigurations.")
    .command("init")
    .summary("print a configuration to start from")
    .description(
      `Prints a PackConfiguration with comments, to be completed and applied. Needs no cluster.\nPlaceholders (REPLACE...) fail \`packctl lint\` until they are edited.\n\nPresets:\n${PRESET_LIST}`,
    )
    .addOption(new Option("--preset <preset>", "what to start from").choices(PRESET_NAMES).makeOptionMandatory())
    .requiredOption("--pack <pack>", "the name of the PackDefinition")
    .option("--name <name>", "the name of the configuration; PACK-PRESET if not given")
    .option("-f, --filename <path...>", "files or folders with the PackDefinition: its parts are listed in comments")
    .action(async (options: Options) => end(await init(options, io)));
};

const init = async ({ preset, pack: given, name, filename }: Options, io: Io): Promise<ExitCode> => {
  const pack = checkedName(given, "--pack");
  const definition = filename === undefined ? undefined : await findInFiles(pack, filename, io);
  const subject = {
    pack,
    name: checkedName(name ?? `${pack}-${preset}`, "--name"),
    ...(definition === undefined ? {} : { parts: partsOf(definition) }),
  };
  const colors = colorsFor(io.stderr, io.env);
  for (const warning of [PRESETS[preset].warning, presetMisfit(preset, subject)]) {
    if (warning !== undefined) io.stderr.write(`${colors.yellow("warning:")} ${warning}\n`);
  }
  io.stdout.write(presetYaml(preset, subject));
  return EXIT.ok;
};
