/** The command line: parsed once, one command run, one exit code. */
import { Command, CommanderError } from "commander";
import { canICommand } from "./commands/can-i.ts";
import { completionCommand } from "./commands/completion.ts";
import { configCommand } from "./commands/config.ts";
import { convertCommand } from "./commands/convert.ts";
import { diffCommand } from "./commands/diff.ts";
import { explainCommand } from "./commands/explain.ts";
import { lintCommand } from "./commands/lint.ts";
import { namesCommand } from "./commands/names.ts";
import { renderCommand } from "./commands/render.ts";
import { requestsCommand } from "./commands/requests.ts";
import { schemaCommand } from "./commands/schema.ts";
import { simulateCommand } from "./commands/simulate.ts";
import { statusCommand } from "./commands/status.ts";
import { uninstallCommand } from "./commands/uninstall.ts";
import { VERSION } from "./embedded.ts";
import { CommandError, EXIT, EXIT_HELP, type ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { colorsFor } from "./output/color.ts";
import { harmless, harmlessLines } from "./text.ts";

/** Adds one command to the program; `end` receives its exit code. */
type AddCommand = (program: Command, io: Io, end: (code: ExitCode) => void) => void;

/** In the order of the help. */
const COMMANDS: readonly AddCommand[] = [
  lintCommand,
  renderCommand,
  configCommand,
  convertCommand,
  schemaCommand,
  statusCommand,
  explainCommand,
  canICommand,
  simulateCommand,
  diffCommand,
  requestsCommand,
  uninstallCommand,
  completionCommand,
  namesCommand,
];

/** `end` receives the exit code of the command that ran. */
export const createProgram = (io: Io, end: (code: ExitCode) => void): Command => {
  const program = new Command(io.program)
    .description(
      "Looks at packs and writes configurations offline; looks at installs and decides about requests in a cluster.",
    )
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this text")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXIT_HELP)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(harmlessLines(text)),
    })
    .exitOverride();
  for (const add of COMMANDS) add(program, io, end);
  return program;
};

/** Runs one command line (without program and script) and gives its exit code; never throws. */
export const run = async (args: readonly string[], io: Io): Promise<ExitCode> => {
  let code: ExitCode = EXIT.ok;
  const program = createProgram(io, (result) => {
    code = result;
  });
  if (args.length === 0) {
    program.outputHelp({ error: true });
    return EXIT.usage;
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return code;
  } catch (error) {
    return failure(error, io);
  }
};

const failure = (error: unknown, io: Io): ExitCode => {
  // Commander has said already what is wrong.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  const colors = colorsFor(io.stderr, io.env);
  const say = (message: string): void => io.stderr.write(`${colors.red("error:")} ${message}\n`);
  if (error instanceof CommandError) {
    say(harmlessLines(error.message));
    return error.exitCode;
  }
  say(
    `this is a fault of ${io.program}: ${harmless(error instanceof Error ? (error.stack ?? error.message) : String(error))}`,
  );
  return EXIT.fault;
};
