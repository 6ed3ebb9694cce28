#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Every file says its licence in its first lines, and what it is for right after it.
set -eu
cd "${top_srcdir:-.}"

files=$(
	find src tests fuzz -name '*.[ch]'
	find tests fuzz -name '*.sh'
	find . -maxdepth 2 -name '*.am' ! -path './build*'
	ls bootstrap .ci/run configure.ac completions/resprep
)
complaints=$(printf '%s\n' "$files" | LC_ALL=C sort | while IFS= read -r file; do
	head -n 12 "$file" | awk -v file="$file" '
	FNR <= 2 && /SPDX-License-Identifier: GPL-3.0-or-later/ { licence = FNR }
	licence && FNR > licence && /^( \*|\/\*|#) [^ *]/ { story = 1 }
	END {
		if (!licence)
			print file ": no SPDX line (GPL-3.0-or-later) at its top"
		else if (!story)
			print file ": no comment after the licence that tells what it is for"
	}'
done)
[ -z "$complaints" ] || { printf '%s\n' "$complaints"; exit 1; }
