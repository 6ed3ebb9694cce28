#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A repair of an image, killed at every point: see crash-loops.sh.
. "${top_srcdir:?}/tests/functional/functions.sh"
. "${top_srcdir:?}/tests/functional/crash-functions.sh"
target=$scratch/disk.img
fixture sysprep-copyprofile-failed "$scratch/old"

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
