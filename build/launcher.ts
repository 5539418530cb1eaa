/** The commands in `dist/`: shell scripts that find Node 24 and start a bundle. */

/** What a launcher starts: one bundle, or one of several chosen by the first argument. */
export type Command =
  | { readonly name: string; readonly bundle: string }
  | { readonly name: string; readonly version: string; readonly subcommands: Readonly<Record<string, string>> };

/**
 * The text of a launcher. Node comes from `$PACKS_NODE`, else `node_modules/.bin/node` beside `dist/`, else `node` on the
 * path if it is new enough. Exit code 2: bad usage; 127: no Node.
 */
export function launcher(command: Command): string {
  const start = "bundle" in command ? `run ${command.bundle} "$@"` : dispatch(command);
  return `#!/bin/sh
set -eu

home=$(dirname "$(readlink -f "$0")")

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
  exec "$node" "$home/lib/$bundle/main.js" "$@"
}

${start}
`;
}

function dispatch(command: Extract<Command, { subcommands: unknown }>): string {
  const names = Object.keys(command.subcommands);
  const width = Math.max(...names.map((name) => name.length));
  const list = names.map((name) => `  ${name.padEnd(width)}  ${command.subcommands[name]}`).join("\n");
  return `usage() {
  cat <<'END'
Usage: ${command.name} COMMAND [flags]

Commands:
${list}

${command.name} COMMAND --help describes the flags of a command.
  --help, -h     this text
  --version, -V  the version
END
}

case "\${1:-}" in
  ${names.join(" | ")})
    run "$@"
    ;;
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
