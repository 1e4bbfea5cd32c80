#!/bin/sh
# Installs what a make target needs and what is not there yet: tools/install.sh build|test|lint|bench|fuzz
# Asks dpkg first, so it is silent and instant where nothing is missing.
set -eu

build_packages="bubblewrap g++ cmake ninja-build ccache libyaml-cpp-dev nlohmann-json3-dev libssl-dev zlib1g-dev \
libzstd-dev libmariadb-dev libcurl4-openssl-dev libsqlite3-dev libxxhash-dev libpq-dev libcli11-dev \
libedit-dev libbsd-dev libncurses-dev"
test_packages="openssl libgtest-dev libgmock-dev python3 python3-pip mariadb-server mariadb-client postgresql sqlite3 npm chromium \
fonts-dejavu-core tmux"
bench_packages="nginx curl"
lint_packages="clang-format-14 clang-tidy-14 shellcheck python3 npm"
fuzz_packages="clang-14 libclang-rt-14-dev"

usage() {
  echo "usage: tools/install.sh build|test|lint|bench|fuzz" >&2
  exit 2
}

is_installed() {
  dpkg-query --show --showformat='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# A program that is there in another way than by apt serves as well.
is_there() {
  is_installed "$1" && return 0
  case $1 in
    python3 | cmake | ccache | shellcheck | npm) command -v "$1" >/dev/null ;;
    ninja-build) command -v ninja >/dev/null ;;
    python3-pip) python3 -m pip --version >/dev/null 2>&1 ;;
    *) return 1 ;;
  esac
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo "$@"
  else
    echo "error: these packages are missing and sudo is not there: $missing" >&2
    exit 1
  fi
}

# The package's scripts ask this file before they start a service; the tests start servers of their own.
forbid_services() {
  policy=/usr/sbin/policy-rc.d
  [ ! -e "$policy" ] || return 0
  as_root sh -c "printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy"
  trap 'as_root rm -f "$policy"' EXIT
}

[ $# -eq 1 ] || usage
case $1 in
  build) wanted=$build_packages ;;
  test) wanted="$build_packages $test_packages" ;;
  bench) wanted="$build_packages $test_packages $bench_packages" ;;
  lint) wanted="$build_packages $lint_packages" ;;
  fuzz) wanted="$build_packages $fuzz_packages" ;;
  *) usage ;;
esac
# npm fetches the SQL engine and the charts, once.
{ [ -e build/engine/libduckdb.so ] && [ -e build/charts/uplot.js ]; } || wanted="$wanted npm"

missing=""
for package in $wanted; do
  is_there "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "installing:$missing" >&2
forbid_services
as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq
# shellcheck disable=SC2086  # a list of names
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
