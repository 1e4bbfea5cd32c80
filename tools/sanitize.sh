#!/bin/sh
# Builds with sanitizers and runs every test with that program: tools/sanitize.sh SANITIZERS BUILD ROWS
set -eu
sanitizers=$1
build=$2
rows=$3

tools/install.sh test
tools/fetch_parts.sh build
mkdir -p "$build"
ln -sfn ../build/engine "$build/engine"
cmake -G Ninja -S . -B "$build" -DCMAKE_BUILD_TYPE=RelWithDebInfo -DOSIRIS_TESTS=ON -DOSIRIS_SANITIZE="$sanitizers" >/dev/null
ninja -C "$build" --quiet

# No exit code of the program is 99, so a finding cannot pass for an expected failure. The engine is not
# instrumented: what it keeps at the end and how its threads hand over is not ours to judge.
export ASAN_OPTIONS="exitcode=99:detect_stack_use_after_return=1"
export LSAN_OPTIONS="exitcode=99:print_suppressions=0:suppressions=$PWD/tests/sanitizers/leaks.txt"
export UBSAN_OPTIONS="exitcode=99:halt_on_error=1:print_stacktrace=1"
export TSAN_OPTIONS="exitcode=99:suppressions=$PWD/tests/sanitizers/threads.txt"
OSIRIS_TEST_ROWS=$rows python3 tests/run_all.py --build "$build"
