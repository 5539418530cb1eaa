/** The commands in `dist/`: shell scripts that find Node 24 and start a bundle. */

/** What a launcher starts: one bundle, or one of several chosen by the first argument. */
export type Command =
  | {
      readonly name: string;
      readonly bundle: string;
      /** Set for the bundle, whatever the caller's environment says. */
      readonly env?: Readonly<Record<string, string>>;
    }
  | { readonly name: string; readonly version: string; readonly subcommands: Readonly<Record<string, Subcommand>> };

export type Subcommand = {
  readonly summary: string;
  /** MiB that old objects may fill unless `$PACKS_MAX_OLD_SPACE_MB` says otherwise; V8 decides if it is left out. */
  readonly maxOldSpaceMb?: number;
};

/** MiB. Young objects fill three of it at most; more is faster for a process that makes much garbage, and stays taken. */
const MAX_SEMI_SPACE_MB = 4;

/**
 * The threads that help to scavenge cost more than they do where young objects are few, and whoever waits for them waits
 * for a processor. Node takes this flag on its command line only.
 */
const SCAVENGE_ALONE = "--no-parallel-scavenge";

/**
 * The text of a launcher. Node comes from `$PACKS_NODE`, else `node_modules/.bin/node` beside `dist/`, else `node` on the
 * path if it is new enough. Limits of memory stand before those in `$NODE_OPTIONS`, so the latter win. Exit code 2: bad usage;
 * 127: no Node.
 */
export function launcher(command: Command): string {
  const start = "bundle" in command ? single(command) : dispatch(command);
  return `#!/bin/sh
set -eu

home=$(dirname "$(readlink -f "$0")")
v8=

major() {
  "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0
}

find_node() {
  if [ -n "\${PACKS_NODE:-}" ]; then
    echo "$PACKS_NODE"
  elif [ -x "$home/../node_modules/.bin/node" ]; then
    echo "$home/../node_modules/.bin/node"
  elif [ "$(major node)" -ge 24 ]; then
    echo node
  else
    echo "${command.name} needs Node 24 or newer: install it, or set PACKS_NODE to its path." >&2
    exit 127
  fi
}

run() {
  bundle=$1
  shift
  node=$(find_node)
  # shellcheck disable=SC2086 # no flag is no argument
  exec "$node" $v8 "$home/lib/$bundle/main.js" "$@"
}

${start}
`;
}

function single({ bundle, env = {} }: Extract<Command, { bundle: unknown }>): string {
  const exports = Object.entries(env).map(([name, value]) => `export ${name}=${value}\n`);
  return `${exports.join("")}run ${bundle} "$@"`;
}

function dispatch(command: Extract<Command, { subcommands: unknown }>): string {
  const subcommands = Object.entries(command.subcommands);
  const width = Math.max(...subcommands.map(([name]) => name.length));
  const list = subcommands.map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`).join("\n");
  const limits = subcommands
    .filter(([, { maxOldSpaceMb }]) => maxOldSpaceMb !== undefined)
    .map(([name, { maxOldSpaceMb }]) => `${name}: ${maxOldSpaceMb}`)
    .join(", ");
  return `usage() {
  cat <<'END'
Usage: ${command.name} COMMAND [flags]

Commands:
${list}

${command.name} COMMAND --help describes the flags of a command.
  --help, -h     this text
  --version, -V  the version

Environment:
  PACKS_NODE              the Node to start, 24 or newer
  PACKS_MAX_OLD_SPACE_MB  MiB that V8 may fill with old objects (${limits})
  NODE_OPTIONS            further flags of Node; they win over the launcher's own
END
}

# Keeps the memory of V8 low, and its pauses short.
limit_memory() {
  old=\${PACKS_MAX_OLD_SPACE_MB:-$1}
  case "$old" in
    0* | *[!0-9]*)
      echo "${command.name}: PACKS_MAX_OLD_SPACE_MB must be a whole number of MiB, such as $1, not '$old'" >&2
      exit 2
      ;;
  esac
  export NODE_OPTIONS="--max-semi-space-size=${MAX_SEMI_SPACE_MB} --max-old-space-size=$old\${NODE_OPTIONS:+ $NODE_OPTIONS}"
  v8=${SCAVENGE_ALONE}
}

case "\${1:-}" in
${subcommands.map(branch).join("\n")}
  --help | -h | help)
    usage
    ;;
  --version | -V)
    echo "${command.version}"
    ;;
  "")
    usage >&2
    exit 2
    ;;
  *)
    echo "${command.name}: unknown command: $1" >&2
    usage >&2
    exit 2
    ;;
esac`;
}

function branch([name, { maxOldSpaceMb }]: readonly [string, Subcommand]): string {
  const limit = maxOldSpaceMb === undefined ? "" : `    limit_memory ${maxOldSpaceMb}\n`;
  return `  ${name})\n${limit}    run "$@"\n    ;;`;
}
