#!/bin/sh
# Puts uPlot, which draws the report's charts, into a folder, with its licence: tools/fetch_charts.sh build/charts
set -eu

package="uplot@1.6.32"
integrity="sha512-KIMVnG68zvu5XXUbC4LQEPnhwOxBuLyW1AHtpm6IKTXImkbLgkMy+jabjLgSLMasNuGGzQm/ep3tOkyTxpiQIw=="

if [ $# -ne 1 ]; then
  echo "usage: $0 FOLDER" >&2
  exit 2
fi

fetch() { # PATH SHA256 FILE
  tools/fetch_npm_file.sh "$package" "$integrity" "$1" "$2" "$3"
}
fetch dist/uPlot.iife.min.js 19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f "$1/uplot.js"
fetch dist/uPlot.min.css df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04 "$1/uplot.css"
fetch LICENSE 8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd "$1/uplot_licence.txt"
