#!/bin/sh
# Builds with coverage counters, runs the unit tests and prints the share of lines each file had executed:
# tools/coverage.sh BUILD
set -eu
build=$1

cmake -G Ninja -S . -B "$build" -DOSIRIS_TESTS=ON -DCMAKE_BUILD_TYPE=Debug -DOSIRIS_ENGINE_HEADERS="$PWD/build/engine" \
  -DCMAKE_CXX_FLAGS=--coverage >/dev/null
ninja -C "$build" --quiet osiris_tests
find "$build" -name '*.gcda' -delete
"$build/osiris_tests" --gtest_brief=1
root=$PWD
cd "$build"
find . '(' -path '*osiris_core.dir*' -o -path '*osiris_small.dir*' ')' -name '*.gcda' -exec gcov --no-output --source-prefix "$root" --relative-only {} + 2>/dev/null |
  awk -F"'" '/^File/ {file = $2} /^Lines executed/ && file != "" {print substr($0, 16) "  " file; file = ""}' | sort -n
