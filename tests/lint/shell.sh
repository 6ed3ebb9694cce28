#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every script passes shellcheck.
set -eu
cd "${top_srcdir:-.}"
command -v shellcheck >/dev/null || { echo "shellcheck is missing (Debian: shellcheck)"; exit 1; }
find tests -name '*.sh' -exec shellcheck -x -P SCRIPTDIR bootstrap .ci/run {} +
shellcheck -s bash completions/resprep
