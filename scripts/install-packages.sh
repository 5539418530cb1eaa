#!/bin/sh
# npm ci, when node_modules is missing or older than package-lock.json. Brings Node 24 along as a package.
set -eu
cd "$(dirname "$0")/.."

"$PWD/scripts/need.sh" npm
echo "installing npm packages and Node 24 into node_modules (about 30 s)" >&2
npm ci --no-audit --no-fund --loglevel=error >&2
touch node_modules/.package-lock.json
