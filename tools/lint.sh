#!/bin/sh
# Everything that `make lint` checks, each part to its end, so that one run tells all: tools/lint.sh BUILD
set -eu
build=$1
failed=0

check() {
  echo "lint: $1"
  shift
  "$@" || failed=$((failed + 1))
}

format_is_right() {
  git ls-files '*.cc' '*.h' '*.c' | xargs clang-format-14 --dry-run -Werror
}

scripts_are_right() {
  # shellcheck disable=SC2046  # names without spaces
  shellcheck .ci/run $(git ls-files '*.sh')
}

check "format" format_is_right
check "shell scripts" scripts_are_right
check "layers and habits" python3 tools/lint_layers.py
check "report page" tools/lint_page.sh
check "clang-tidy" python3 tools/lint_tidy.py "$build"

if [ "$failed" -gt 0 ]; then
  echo "lint: $failed parts failed" >&2
  exit 1
fi
