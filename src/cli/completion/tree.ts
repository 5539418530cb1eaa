/** The commands and options of the program as completion scripts need them. */
import type { Command } from "commander";

/** The hidden command that prints names of objects. */
export const NAMES_COMMAND = "__names";

/** Of what it prints names: an argument or option value that is called so is completed with them. */
export const NAME_KINDS = ["pack", "install", "request"] as const;
export type NameKind = (typeof NAME_KINDS)[number];

/** What may follow: one of these words, a name of an object, a file, or something that nobody can complete. */
export type Value =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "names"; readonly of: NameKind }
  | { readonly kind: "file" }
  | { readonly kind: "text" };

export type Flag = {
  readonly names: readonly string[];
  readonly about: string;
  /** Absent: a switch. */
  readonly value?: Value;
};

export type Branch = {
  readonly name: string;
  readonly about: string;
  readonly flags: readonly Flag[];
  /** The first argument. */
  readonly argument?: Value;
  /** Commands below this one. */
  readonly branches: readonly Branch[];
};

const FILE_WORDS: readonly string[] = ["file", "path"];

/** `word`: what the help calls it. */
const valueNamed = (word: string, choices: readonly string[] = []): Value => {
  const of = NAME_KINDS.find((kind) => kind === word);
  if (of !== undefined) return { kind: "names", of };
  if (choices.length > 0) return { kind: "words", words: choices };
  return { kind: FILE_WORDS.includes(word) ? "file" : "text" };
};

const isShown = (command: Command): boolean => command.name() !== NAMES_COMMAND;

export const branchesOf = (command: Command): readonly Branch[] =>
  command.commands.filter(isShown).map((it) => {
    const [argument] = it.registeredArguments;
    return {
      name: it.name(),
      about: it.summary() || it.description(),
      flags: it.options.map(({ short, long, description, flags, argChoices, required, optional }) => ({
        names: [short, long].filter((name) => name !== undefined && name !== null),
        about: description,
        ...(required || optional ? { value: valueNamed(/<(\w+)/.exec(flags)?.[1] ?? "", argChoices) } : {}),
      })),
      ...(argument === undefined ? {} : { argument: valueNamed(argument.name(), argument.argChoices) }),
      branches: branchesOf(it),
    };
  });

/** A command that can be run, with its words: `["config", "init"]`. */
export type Leaf = { readonly path: readonly string[]; readonly branch: Branch };

export const leavesOf = (branches: readonly Branch[], above: readonly string[] = []): readonly Leaf[] =>
  branches.flatMap((branch) => {
    const path = [...above, branch.name];
    return branch.branches.length === 0 ? [{ path, branch }] : leavesOf(branch.branches, path);
  });

/** Commands that only have others below them. */
export const groupsOf = (branches: readonly Branch[]): readonly Branch[] =>
  branches.filter((branch) => branch.branches.length > 0);

export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
