/** `packctl completion`: a script for the shell, made from the very commands and options of the program. */
import { Argument, type Command } from "commander";
import { EXIT, type ExitCode } from "../exit.ts";
import type { Io } from "../io.ts";

const SHELLS = ["bash", "zsh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

export const completionCommand = (program: Command, io: Io, end: (code: ExitCode) => void): void => {
  program
    .command("completion")
    .summary("print a completion script for the shell")
    .description(
      "Prints a completion script.\n  bash  source <(packctl completion bash)\n  zsh   source <(packctl completion zsh)\n  fish  packctl completion fish > ~/.config/fish/completions/packctl.fish",
    )
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action((shell: Shell) => {
      io.stdout.write(SCRIPTS[shell](treeOf(program)));
      end(EXIT.ok);
    });
};

type Flag = { readonly names: readonly string[]; readonly about: string; readonly choices: readonly string[] };
type Branch = {
  readonly name: string;
  readonly about: string;
  readonly flags: readonly Flag[];
  readonly words: readonly string[];
};

const treeOf = (program: Command): readonly Branch[] =>
  program.commands.map((command) => ({
    name: command.name(),
    about: command.summary() || command.description(),
    flags: command.options.map(({ short, long, description, argChoices }) => ({
      names: [short, long].filter((name) => name !== undefined && name !== null),
      about: description,
      choices: argChoices ?? [],
    })),
    words: command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []),
  }));

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

const bash = (branches: readonly Branch[]): string => {
  const cases = branches.map(({ name, flags, words }) => {
    const choices = flags
      .filter((flag) => flag.choices.length > 0)
      .map(
        (flag) =>
          `      ${flag.names.join("|")}) COMPREPLY=($(compgen -W ${quoted(flag.choices.join(" "))} -- "$word")); return ;;`,
      );
    const all = [...flags.flatMap((flag) => flag.names), "--help", ...words].join(" ");
    return `    ${name})
      case "$before" in
${[...choices, "      *) ;;"].join("\n")}
      esac
      COMPREPLY=($(compgen -W ${quoted(all)} -- "$word")) ;;`;
  });
  return `# bash completion for packctl
_packctl() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W ${quoted([...branches.map(({ name }) => name), "--help", "--version"].join(" "))} -- "$word"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${cases.join("\n")}
  esac
}
complete -o default -F _packctl packctl
`;
};

const zshText = (text: string): string => text.replaceAll(/[[\]:\\]/g, "\\$&");

const zsh = (branches: readonly Branch[]): string => {
  const flagSpec = ({ names, about, choices }: Flag): string => {
    const value = choices.length === 0 ? "" : `:value:(${choices.join(" ")})`;
    return names.map((name) => `      ${quoted(`*${name}[${zshText(about)}]${value}`)}`).join(" \\\n");
  };
  const cases = branches.map(({ name, flags, words }) => {
    const specs = [
      ...flags.map(flagSpec),
      ...(words.length === 0 ? [] : [`      ${quoted(`1:word:(${words.join(" ")})`)}`]),
    ];
    return `    ${name}) _arguments \\\n${[...specs, "      '*:file:_files'"].join(" \\\n")} ;;`;
  });
  return `#compdef packctl
_packctl() {
  if (( CURRENT == 2 )); then
    local -a commands=(${branches.map(({ name, about }) => quoted(`${name}:${zshText(about)}`)).join(" ")})
    _describe command commands
    return
  fi
  local name=$words[2]
  shift words
  (( CURRENT-- ))
  case $name in
${cases.join("\n")}
  esac
}
compdef _packctl packctl
`;
};

const fish = (branches: readonly Branch[]): string => {
  const lines = branches.flatMap(({ name, about, flags, words }) => {
    const inside = `complete -c packctl -n '__fish_seen_subcommand_from ${name}'`;
    return [
      `complete -c packctl -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`,
      ...flags.map((flag) => {
        const names = flag.names
          .map((it) => (it.startsWith("--") ? `-l ${it.slice(2)}` : `-s ${it.slice(1)}`))
          .join(" ");
        const value = flag.choices.length === 0 ? "" : ` -x -a ${quoted(flag.choices.join(" "))}`;
        return `${inside} ${names}${value} -d ${quoted(flag.about)}`;
      }),
      ...(words.length === 0 ? [] : [`${inside} -f -a ${quoted(words.join(" "))}`]),
    ];
  });
  return `# fish completion for packctl\n${lines.join("\n")}\n`;
};

const SCRIPTS: Readonly<Record<Shell, (branches: readonly Branch[]) => string>> = { bash, zsh, fish };
