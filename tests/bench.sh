#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make bench`: how long a whole `check` of a volume takes, beside what people do by hand for one
# value of it (read the hive out with ntfscat, ask hivexget).  Wall-clock times of this machine:
# to compare with each other, not with another machine's.
set -eu
: "${top_srcdir:?run me with: make bench}" "${top_builddir:?}" "${TMPDIR:?}"

rounds=${ROUNDS:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
image=$work/server2012r2.img
"$top_builddir/tests/support/mkfixture" \
	"$top_srcdir/fixtures/cases/sysprep-copyprofile-failed/case.recipe" "$image" >/dev/null

# best NAME COMMAND …: the shortest of all rounds, in milliseconds
best() {
	local name=$1 shortest='' start took i
	shift
	for ((i = 0; i < rounds; i++)); do
		start=$(date +%s%N)
		"$@" >"$work/output" 2>&1 || true
		took=$((($(date +%s%N) - start) / 1000))
		if [ -z "$shortest" ] || [ "$took" -lt "$shortest" ]; then
			shortest=$took
		fi
	done
	printf '%-44s %6d.%03d ms\n' "$name" $((shortest / 1000)) $((shortest % 1000))
}

# The partition as a file of its own, which is all that ntfscat can read without a loop device.
partition_out() {
	local start size
	read -r start size < <(sfdisk --json "$image" | tr -d ' ",\n' |
		grep -o 'start:[0-9]*size:[0-9]*' | sort -t : -k 3 -n | tail -n 1 |
		sed 's/start:\([0-9]*\)size:\([0-9]*\)/\1 \2/')
	dd if="$image" of="$work/partition" bs=512 skip="$start" count="$size" status=none
}

by_hand() {
	ntfscat "$work/partition" /Windows/System32/config/SYSTEM >"$work/SYSTEM" &&
		hivexget "$work/SYSTEM" 'ControlSet001\Control\Terminal Server' fDenyTSConnections
}

partition_out
best "resprep check (every check, whole disk)" "$top_builddir/resprep" check "$image"
best "resprep inspect" "$top_builddir/resprep" inspect "$image"
best "by hand: ntfscat + hivexget, one value" by_hand
"$top_builddir/resprep" check "$image" --stats 2>&1 | grep -iE 'reads|bytes|blocks|sectors' || true
