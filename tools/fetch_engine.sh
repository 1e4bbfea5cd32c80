#!/bin/sh
# Puts DuckDB's C header and library into a folder, from npm's default registry:
#   tools/fetch_engine.sh build/engine
# What is there and right stays. Where the system has a library of the same release, that one is used:
# then only the header is put there, and the program finds the library by the system's search path.
set -eu

library_release="v1.5.5"
bindings_version="1.5.5-r.5"
# The header is that of an older release, for npm has no newer one; the library still has all that it declares.
header_package="duckdb@1.4.4"
header_path="src/duckdb/src/include/duckdb.h"
header_sha256="cbe6a827284375c5a646b8f27dbd3a00808ce8738b5bbb49c190cb1e08540281"
header_integrity="sha512-hEJJ5hyVF0VLj3dmOLpsWrQR0b3d4Ykqtygm6iUXjHJDDnSqg/USKxcb5qvNrOhFYPgktayU6dXCtgPqcmmpog=="

case "$(uname -m)" in
  x86_64)
    library_package="@duckdb/node-bindings-linux-x64@$bindings_version"
    library_sha256="fc23f12e376c47be520f75221288281906e7942e8fd6f6ce4849198ba60d0405"
    library_integrity="sha512-kCyq6BXhn6QXfwF8yVdVKriSSHP+rfVWcJ56cG8qZzlOZpxyvT5WGm6jMshxg4ditLlOsHsIN/D47RYrcjXuHQ=="
    ;;
  aarch64)
    library_package="@duckdb/node-bindings-linux-arm64@$bindings_version"
    library_sha256="d00d007f3f7ca1f2896a5e4b89c2ce141bf0508506a9d6d56f9598b8e59d074e"
    library_integrity="sha512-CafH2AIvXtpwDynG3KB/4uEOHRGlFoB7auCRMIwH3BKNIobsANV5LSpDJ3tfyRCFIsK6e8AT1eseWVnu2Dv3cw=="
    ;;
  *)
    echo "fetch_engine: no DuckDB library is known for this machine: '$(uname -m)'" >&2
    exit 1
    ;;
esac

if [ $# -ne 1 ]; then
  echo "usage: $0 FOLDER" >&2
  exit 2
fi
folder=$1

has_sha256() { # FILE SHA256
  [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$2" ]
}

installed_library() {
  PATH="$PATH:/sbin:/usr/sbin" ldconfig -p | sed -n 's|.*=> \(/.*/libduckdb\.so\)$|\1|p' | while read -r file; do
    if grep -aqF "$library_release" "$file"; then
      echo "$file"
      break
    fi
  done
}

tools/fetch_npm_file.sh "$header_package" "$header_integrity" "$header_path" "$header_sha256" "$folder/duckdb.h"

if ! has_sha256 "$folder/libduckdb.so" "$library_sha256"; then
  installed=$(installed_library)
  if [ -n "$installed" ]; then
    rm -f "$folder/libduckdb.so"
    echo "fetch_engine: using the installed $installed"
  else
    tools/fetch_npm_file.sh "$library_package" "$library_integrity" libduckdb.so "$library_sha256" "$folder/libduckdb.so"
  fi
fi
