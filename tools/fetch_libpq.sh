#!/bin/sh
# Puts what a static link with libpq needs into a folder: tools/fetch_libpq.sh build/libpq
# What is there stays. libpq.a is that of libpq-dev, but its calls of getenv() and for the user's home go to
# functions of ours (components/postgres/absent_libraries.cc): only a connection's own fields decide.
# Two libraries that libpq.a needs lie in postgresql-server-dev, which would install two compilers with it;
# they are taken out of its package.
set -eu

if [ $# -ne 1 ]; then
  echo "usage: $0 FOLDER" >&2
  exit 2
fi
folder=$1
[ -e "$folder/libpq.a" ] && exit 0
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$(dpkg-query --show --showformat='${Version}' libpq-dev)
package=postgresql-server-dev-${version%%.*}

# Lists of its own make it work for any user, and where the machine's lists were thrown away.
apt() {
  apt-get -qq -o APT::Sandbox::User="$(id -un)" -o Dir::Cache="$work" "$@"
}
download() { # OPTION...
  (cd "$work" && { apt "$@" download "$package=$version" || apt "$@" download "$package"; }) 2>"$work/problem"
}
if ! download; then
  mkdir -p "$work/state/lists/partial"
  apt -o Dir::State="$work/state" update
  if ! download -o Dir::State="$work/state"; then
    cat "$work/problem" >&2
    exit 1
  fi
fi

dpkg-deb --fsys-tarfile "$work/$package"_*.deb |
  tar -x -C "$work" --strip-components=6 --wildcards '*/libpgcommon_shlib.a' '*/libpgport_shlib.a'
mv "$work/libpgcommon_shlib.a" "$work/libpgport_shlib.a" "$folder"
library=$(dpkg-query --listfiles libpq-dev | grep '/libpq\.a$')
objcopy --redefine-sym getenv=osiris_libpq_getenv --redefine-sym pg_get_user_home_dir=osiris_libpq_home \
  "$library" "$work/libpq.a"
mv "$work/libpq.a" "$folder"
