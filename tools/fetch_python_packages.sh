#!/bin/sh
# Puts the packages that a folder's requirements.txt names into another folder, from pip's default index:
#   tools/fetch_python_packages.sh tests/exports build/exports [PIP OPTION…]
# What was brought for the same requirements.txt stays. Several may ask at the same time.
set -eu

if [ $# -lt 2 ]; then
  echo "usage: $0 SOURCE FOLDER [PIP OPTION...]" >&2
  exit 2
fi
wanted=$1/requirements.txt
folder=$2
shift 2
mkdir -p "$folder"
exec 9>"$folder/.lock"
flock 9
cmp -s "$wanted" "$folder/.brought" && exit 0
python3 -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --root-user-action ignore --upgrade \
  --target "$folder" --requirement "$wanted" "$@"
cp "$wanted" "$folder/.brought"
