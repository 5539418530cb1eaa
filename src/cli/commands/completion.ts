/** `packctl completion`: a script for the shell, made from the very commands and options of the program. */
import { Argument, type Command } from "commander";
import { bashScript } from "../completion/bash.ts";
import { fishScript } from "../completion/fish.ts";
import { type Branch, branchesOf } from "../completion/tree.ts";
import { zshScript } from "../completion/zsh.ts";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

const SCRIPTS: Readonly<Record<Shell, (branches: readonly Branch[]) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

export const completionCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  program
    .command("completion")
    .summary("print a completion script for the shell")
    .description(
      "Prints a completion script.\n  bash  source <(packctl completion bash)\n  zsh   source <(packctl completion zsh)\n  fish  packctl completion fish > ~/.config/fish/completions/packctl.fish",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action((shell: Shell) => {
      io.stdout.write(SCRIPTS[shell](branchesOf(program)));
      end(EXIT.ok);
    });
};
