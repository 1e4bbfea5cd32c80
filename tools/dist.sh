#!/bin/sh
# Makes a tarball of what was built: tools/dist.sh build
# The program and the engine's library without their symbols, as they go into sandboxes, too.
set -eu

build=$1
version=$("$build/osiris" --version | cut -d' ' -f2)
name="osiris-$version-linux-$(uname -m)"
stage="$build/dist/$name"
rm -rf "$stage"
mkdir -p "$stage/lib"
strip -o "$stage/osiris" "$build/osiris"
if [ -e "$build/engine/libduckdb.so" ]; then
  strip -o "$stage/lib/libduckdb.so" "$build/engine/libduckdb.so"
fi
cp LICENSE README.md THIRD_PARTY_NOTICES "$stage/"
"$stage/osiris" --version >/dev/null
tar -C "$build/dist" --owner=0 --group=0 --sort=name -cJf "$build/dist/$name.tar.xz" "$name"
ls -l "$build/dist/$name.tar.xz"
