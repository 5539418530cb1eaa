/** The command line: parsed once, one command run, one exit code. */
import { Command, CommanderError } from "commander";
import { completionCommand } from "./commands/completion.ts";
import { lintCommand } from "./commands/lint.ts";
import { renderCommand } from "./commands/render.ts";
import { statusCommand } from "./commands/status.ts";
import { VERSION } from "./embedded.ts";
import { CommandError, EXIT, EXIT_HELP, type ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { colorsFor } from "./output/color.ts";
import { harmless, harmlessLines } from "./text.ts";

/** `end` receives the exit code of the command that ran. */
export const createProgram = (io: Io, end: (code: ExitCode) => void): Command => {
  const program = new Command(io.program)
    .description("Looks at packs offline, and at installs in a cluster.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this text")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXIT_HELP)
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(harmlessLines(text)),
    })
    .exitOverride();
  renderCommand(program, io, end);
  lintCommand(program, io, end);
  statusCommand(program, io, end);
  completionCommand(program, io, end);
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
