#!/bin/sh
# Checks the report's scripts and style: tools/lint_page.sh
# A run's scripts are one module in the page, so they are looked at as one.
set -eu
packages=build/page_lint
tools/fetch_packages.sh tools/page_lint "$packages"
cp tools/page_lint/*.js "$packages"
cat src/report/shared.js src/report/links.js src/report/timeline.js src/report/charts.js src/report/entries.js >"$packages/run_page.js"
cp src/report/index.js "$packages/index_page.js"
cp src/report/page.css "$packages/page.css"
cd "$packages"
npx --no-install eslint run_page.js index_page.js
npx --no-install stylelint page.css
