#!/bin/sh
# Runs each fuzz target for some seconds, from its corpus: tools/fuzz.sh BUILD SECONDS
# New inputs stay in BUILD; a crash is written to tests/fuzz/corpus/<target>/ and fails the run.
set -eu
build=$1
seconds=$2

cmake -G Ninja -S . -B "$build" -DCMAKE_CXX_COMPILER=clang++-14 -DCMAKE_BUILD_TYPE=RelWithDebInfo \
  -DOSIRIS_TESTS=OFF -DOSIRIS_FUZZ=ON -DOSIRIS_ENGINE_HEADERS="$PWD/build/engine" >/dev/null
ninja -C "$build" --quiet fuzz_targets

failed=0
for source in tests/fuzz/*_fuzz.cc; do
  target=$(basename "$source" .cc)
  corpus=tests/fuzz/corpus/${target%_fuzz}
  mkdir -p "$build/corpus/$target" "$corpus"
  echo "$target: $seconds s"
  "$build/tests/fuzz/$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -verbosity=0 -artifact_prefix="$corpus/" "$build/corpus/$target" "$corpus" || failed=$((failed + 1))
done
if [ "$failed" -gt 0 ]; then
  echo "$failed targets failed" >&2
  exit 1
fi
