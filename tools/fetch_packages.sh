#!/bin/sh
# Puts the packages that a folder's package.json names into another folder, from npm's default registry:
#   tools/fetch_packages.sh tests/rest build/rest
# What was brought for the same package.json stays. Several may ask at the same time.
set -eu

if [ $# -ne 2 ]; then
  echo "usage: $0 SOURCE FOLDER" >&2
  exit 2
fi
wanted=$1/package.json
mkdir -p "$2"
exec 9>"$2/.lock"
flock 9
cmp -s "$wanted" "$2/.brought" && exit 0
cp "$wanted" "$2/package.json"
(cd "$2" && npm install --silent --no-audit --no-fund --ignore-scripts >/dev/null)
cp "$wanted" "$2/.brought"
