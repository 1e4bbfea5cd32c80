#!/bin/sh
# Compiles and runs the first example in a copy, so that the tree stays clean: tools/demo.sh BUILD
set -eu
build=$(cd "$1" && pwd)
example=$(cd examples/01-* && pwd)
folder=$build/demo

rm -rf "$folder"
cp -R "$example" "$folder"
cd "$folder"
PATH=$build:$PATH

say_and_do() {
  echo "\$ $*"
  "$@"
}

say_and_do osiris compile pipeline.oml
say_and_do osiris run --last-compile
echo
result=$(find . -path ./logs -prune -o -name '*.csv' -newer logs/.last_compile -print | sort | head -n 1)
echo "The first rows of ${result#./}:"
head -n 6 "$result"
echo
echo "The session lies in ${folder#"$(dirname "$build")"/}/$(find logs -maxdepth 1 -name 'run_*' | sort | tail -n 1)"
