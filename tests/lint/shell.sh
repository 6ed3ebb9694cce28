#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every script passes shellcheck.
set -eu
cd "${top_srcdir:-.}"
command -v shellcheck >/dev/null || { echo "shellcheck is missing (Debian: shellcheck)"; exit 1; }
# SC2154, SC2034: variables come from the environment and from functions.sh; SC1003: '\' is the root of a hive;
# SC2015: "a && b || fail" is meant, fail being the last resort of both; SC2143: the text itself is wanted.
find tests fuzz -name '*.sh' -exec shellcheck -x -P SCRIPTDIR -e SC2154,SC2034,SC1003,SC2015,SC2143 bootstrap .ci/run {} +
shellcheck -s bash completions/resprep
