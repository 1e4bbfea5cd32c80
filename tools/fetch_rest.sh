#!/bin/sh
# Puts the packages of the tests' REST server into a folder, from npm's default registry:
#   tools/fetch_rest.sh build/rest
# What was brought for the same tests/rest/package.json stays. Several may ask at the same time.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 FOLDER" >&2
  exit 2
fi
wanted=$(dirname "$0")/../tests/rest/package.json
mkdir -p "$1"
exec 9>"$1/.lock"
flock 9
cmp -s "$wanted" "$1/.brought" && exit 0
cp "$wanted" "$1/package.json"
(cd "$1" && npm install --silent --no-audit --no-fund --ignore-scripts >/dev/null)
cp "$wanted" "$1/.brought"
