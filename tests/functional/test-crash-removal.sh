#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The removal of a file (EC2Launch v2's .run-once) from an image, killed at every point: see crash-loops.sh.
. "${top_srcdir:?}/tests/functional/functions.sh"
. "${top_srcdir:?}/tests/functional/crash-functions.sh"
target=$scratch/disk.img
"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$scratch/old" "$top_srcdir/fixtures/bases/server2022-deployed.recipe" \
	>"$scratch/log" 2>&1 || exit 99
repair_command="password $target --at-next-boot"

target_hash() {
	hash_of "$1"
}

target_copy() {
	cp --sparse=always "$1" "$2"
}

target_half() {
	/usr/bin/python3 - "$@" <<'E'
import sys

old, new = (open(p, "rb").read() for p in sys.argv[1:3])
half = bytearray(old)
sectors = [i for i in range(0, len(old), 512) if old[i:i + 512] != new[i:i + 512]]
for at in sectors[: len(sectors) // 2]:
    half[at:at + 512] = new[at:at + 512]
open(sys.argv[3], "wb").write(half)
E
}

. "${top_srcdir:?}/tests/functional/crash-loops.sh"
finish
