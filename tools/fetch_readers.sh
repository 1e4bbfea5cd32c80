#!/bin/sh
# Puts Python packages that only the tests and the benchmark read with into a folder, from PyPI:
#   tools/fetch_readers.sh build/python
# pyarrow is the other reader of Parquet; duckdb is the floor of the benchmark. What is there stays.
set -eu

packages="pyarrow==26.0.1 duckdb==1.5.5"
if [ $# -ne 1 ]; then
  echo "usage: $0 FOLDER" >&2
  exit 2
fi
mkdir -p "$1"
exec 9>"$1/.lock"
flock 9
[ "$(cat "$1/.brought" 2>/dev/null)" = "$packages" ] && exit 0
# shellcheck disable=SC2086  # a list of names
python3 -m pip install --quiet --disable-pip-version-check --no-compile --upgrade --target "$1" $packages
echo "$packages" >"$1/.brought"
