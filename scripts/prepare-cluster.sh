#!/bin/sh
# The programs of a real control plane: see test/cluster/assets.ts. Go is installed only when nothing else helps.
set -eu
cd "$(dirname "$0")/.."

node=node_modules/.bin/node
scripts/need.sh openssl
[ -e /etc/ssl/certs/ca-certificates.crt ] || scripts/need.sh update-ca-certificates=ca-certificates

"$node" test/cluster/prepare.ts && exit 0
if command -v go >/dev/null 2>&1 || [ -x /usr/local/go/bin/go ]; then exit 1; fi
scripts/need.sh go=golang-go
"$node" test/cluster/prepare.ts
