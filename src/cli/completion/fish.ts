import { type Branch, type Flag, type Leaf, leavesOf, NAMES_COMMAND, type Value } from "./tree.ts";

/** In single quotes fish reads a backslash before a quote or a backslash, and nothing else. */
const quoted = (text: string): string => `'${text.replaceAll(/[\\']/g, "\\$&")}'`;

/** What may stand there and, for an option, that something must. */
const valueWords = (value: Value): { readonly files: boolean; readonly words: string } => {
  switch (value.kind) {
    case "words":
      return { files: false, words: ` -a ${quoted(value.words.join(" "))}` };
    case "names":
      return {
        files: false,
        words: ` -a '(packctl ${NAMES_COMMAND} ${value.of} -- (commandline -opc)[2..] 2>/dev/null)'`,
      };
    case "file":
      return { files: true, words: "" };
    case "text":
      return { files: false, words: "" };
  }
};

const optionValue = (value: Value): string => {
  const { files, words } = valueWords(value);
  return `${files ? "-r -F" : "-x"}${words}`;
};

const argumentValue = (value: Value): string => {
  const { files, words } = valueWords(value);
  return `${files ? "-F" : "-f"}${words}`;
};

const seen = (path: readonly string[]): string =>
  path.map((word) => `__fish_seen_subcommand_from ${word}`).join("; and ");

const flagLine = (path: readonly string[], { names, about, value }: Flag): string => {
  const spelled = names.map((it) => (it.startsWith("--") ? `-l ${it.slice(2)}` : `-s ${it.slice(1)}`)).join(" ");
  return `complete -c packctl -n ${quoted(seen(path))} ${spelled}${value === undefined ? "" : ` ${optionValue(value)}`} -d ${quoted(about)}`;
};

const leafLines = ({ path, branch: { flags, argument } }: Leaf): readonly string[] => [
  ...flags.map((flag) => flagLine(path, flag)),
  ...(argument === undefined ? [] : [`complete -c packctl -n ${quoted(seen(path))} ${argumentValue(argument)}`]),
];

const nestedLines = ({ name, branches }: Branch): readonly string[] =>
  branches.map(
    (branch) =>
      `complete -c packctl -n ${quoted(`__fish_seen_subcommand_from ${name}; and not __fish_seen_subcommand_from ${branches.map((it) => it.name).join(" ")}`)} -f -a ${branch.name} -d ${quoted(branch.about)}`,
  );

export const fishScript = (branches: readonly Branch[]): string => {
  const lines = [
    ...branches.map(
      ({ name, about }) => `complete -c packctl -n __fish_use_subcommand -f -a ${name} -d ${quoted(about)}`,
    ),
    ...branches.flatMap(nestedLines),
    ...leavesOf(branches).flatMap(leafLines),
  ];
  return `# fish completion for packctl\n${lines.join("\n")}\n`;
};
