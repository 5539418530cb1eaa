#!/bin/sh
# Installs Debian packages for programs that are missing: need.sh PROGRAM[=PACKAGE]...
set -eu

missing=
for entry in "$@"; do
  command -v "${entry%%=*}" >/dev/null 2>&1 || missing="$missing ${entry#*=}"
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1 || ! sudo -n true 2>/dev/null; then
    echo "missing:$missing. Install them, for instance with: sudo apt-get install$missing" >&2
    exit 1
  fi
  as_root=sudo
fi
if ! command -v apt-get >/dev/null 2>&1; then
  echo "missing:$missing. Install them with the package manager of this machine." >&2
  exit 1
fi
echo "installing$missing with apt-get (up to a minute)" >&2
$as_root apt-get update -qq >&2
# shellcheck disable=SC2086
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >&2
