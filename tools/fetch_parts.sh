#!/bin/sh
# Brings what is built into the program, or beside it, and no Debian package has: tools/fetch_parts.sh BUILD
# The SQL engine goes to BUILD/engine; what every build shares goes to build/.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 BUILD" >&2
  exit 2
fi
tools/fetch_engine.sh "$1/engine"
tools/fetch_libpq.sh build/libpq
tools/fetch_charts.sh build/charts
