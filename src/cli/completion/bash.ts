import { type Branch, type Flag, groupsOf, type Leaf, leavesOf, NAMES_COMMAND, quoted, type Value } from "./tree.ts";

const fill = (words: readonly string[]): string => `COMPREPLY=($(compgen -W ${quoted(words.join(" "))} -- "$word"))`;

const fillValue = (value: Value): string => {
  switch (value.kind) {
    case "words":
      return fill(value.words);
    case "names":
      return `COMPREPLY=($(compgen -W "$(_packctl_names ${value.of})" -- "$word")); ${NO_FILES}`;
    case "file":
      return ":";
    case "text":
      return NO_FILES;
  }
};

/** Where the function has nothing to say, bash completes files, unless it is told not to. */
const NO_FILES = "compopt +o default";

const valueCase = ({ names, value }: Flag): readonly string[] =>
  value === undefined ? [] : [`        ${names.join("|")}) ${fillValue(value)}; return ;;`];

const leafCase = ({ path, branch: { flags, argument } }: Leaf): string => {
  const values = flags.flatMap(valueCase);
  const first = argument === undefined ? undefined : fillValue(argument);
  return [
    `    ${quoted(path.join(" "))})`,
    ...(values.length === 0 ? [] : ['      case "$before" in', ...values, "      esac"]),
    '      case "$word" in',
    `        -*) ${fill([...flags.flatMap(({ names }) => names), "--help"])} ;;`,
    ...(first === undefined ? [] : [`        *) ${first} ;;`]),
    "      esac ;;",
  ].join("\n");
};

const groupCase = ({ name, branches }: Branch): string => `      ${name}) ${fill(branches.map((it) => it.name))} ;;`;

export const bashScript = (branches: readonly Branch[]): string => {
  const groups = groupsOf(branches);
  const names = [...branches.map(({ name }) => name), "--help", "--version"];
  return `# bash completion for packctl
_packctl_names() {
  "\${COMP_WORDS[0]}" ${NAMES_COMMAND} "$1" -- "\${COMP_WORDS[@]:1}" 2>/dev/null
}
_packctl() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    ${fill(names)}
    return
  fi
  if [ "$COMP_CWORD" -eq 2 ]; then
    case "$command" in
${groups.map(groupCase).join("\n")}
    esac
    [ "\${#COMPREPLY[@]}" -eq 0 ] || return
  fi
  case "$command" in
    ${groups.map(({ name }) => name).join("|")}) command="$command \${COMP_WORDS[2]}" ;;
  esac
  case "$command" in
${leavesOf(branches).map(leafCase).join("\n")}
  esac
}
complete -o default -F _packctl packctl
`;
};
