#!/bin/sh
# Puts the packages that a folder's requirements.txt names into another folder, from pip's default index:
#   tools/fetch_python_packages.sh tests/exports build/exports
# What was brought for the same requirements.txt stays. Several may ask at the same time.
set -eu

if [ $# -ne 2 ]; then
  echo "usage: $0 SOURCE FOLDER" >&2
  exit 2
fi
wanted=$1/requirements.txt
mkdir -p "$2"
exec 9>"$2/.lock"
flock 9
cmp -s "$wanted" "$2/.brought" && exit 0
python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --root-user-action ignore --upgrade \
  --target "$2" --requirement "$wanted"
cp "$wanted" "$2/.brought"
