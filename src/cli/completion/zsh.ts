import { type Branch, type Flag, leavesOf, NAMES_COMMAND, quoted, type Value } from "./tree.ts";

const text = (plain: string): string => plain.replaceAll(/[[\]:\\]/g, "\\$&");

/** `message:action` of _arguments. */
const action = (value: Value): string => {
  switch (value.kind) {
    case "words":
      return `value:(${value.words.join(" ")})`;
    case "names":
      return `${value.of}:_packctl_names ${value.of}`;
    case "file":
      return "file:_files";
    case "text":
      return "text: ";
  }
};

const flagSpecs = ({ names, about, value }: Flag): readonly string[] =>
  names.map((name) => quoted(`*${name}[${text(about)}]${value === undefined ? "" : `:${action(value)}`}`));

const leafLines = ({ flags, argument }: Branch): readonly string[] => {
  const specs = [
    ...flags.flatMap(flagSpecs),
    ...(argument === undefined ? [] : [quoted(`1:${action(argument)}`)]),
    quoted("*:file:_files"),
  ];
  return ["_arguments \\", ...specs.map((spec, index) => `  ${spec}${index === specs.length - 1 ? "" : " \\"}`)];
};

const functionName = (path: readonly string[]): string => ["_packctl", ...path].join("_");

const describe = (branches: readonly Branch[]): string =>
  `local -a commands=(${branches.map(({ name, about }) => quoted(`${name}:${text(about)}`)).join(" ")})`;

/** One function for the program and for each group: its commands, or what belongs to the one that is chosen. */
const groupFunction = (branches: readonly Branch[], path: readonly string[]): string => {
  const body = [
    "if (( CURRENT == 2 )); then",
    `  ${describe(branches)}`,
    "  _describe command commands",
    "  return",
    "fi",
    "local name=$words[2]",
    "shift words",
    "(( CURRENT-- ))",
    "case $name in",
    ...branches.map(({ name }) => `  ${name}) ${functionName([...path, name])} ;;`),
    "esac",
  ];
  return [`${functionName(path)}() {`, ...body.map((line) => `  ${line}`), "}"].join("\n");
};

const groupFunctions = (branches: readonly Branch[], path: readonly string[]): readonly string[] => [
  ...branches
    .filter((branch) => branch.branches.length > 0)
    .flatMap((branch) => groupFunctions(branch.branches, [...path, branch.name])),
  groupFunction(branches, path),
];

export const zshScript = (branches: readonly Branch[]): string => {
  const leaves = leavesOf(branches).map(({ path, branch }) =>
    [`${functionName(path)}() {`, ...leafLines(branch).map((line) => `  ${line}`), "}"].join("\n"),
  );
  return `#compdef packctl
_packctl_names() {
  local -a names=(\${(f)"$(packctl ${NAMES_COMMAND} $1 -- "\${(@)words}" 2>/dev/null)"})
  compadd -a names
}
${[...leaves, ...groupFunctions(branches, [])].join("\n")}
compdef _packctl packctl
`;
};
