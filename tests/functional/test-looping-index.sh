#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A folder whose index leads back to itself is an error, at once: the library follows it without counting, and the reads come from a cache.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img

# ends CODE COMMAND …: alone it takes a tenth of a second; a machine that has more to do gets five
ends() {
	local before ms
	before=$(date +%s%N)
	expect "$1" timeout --signal=KILL 30 "${@:2}"
	ms=$((($(date +%s%N) - before) / 1000000))
	echo "$ms ms: ${*:2}"
	[ "$ms" -lt 5000 ] || fail "it took $ms ms: ${*:2}"
}

fixture bare-ntfs "$image"
first=$(hash_of "$image")
/usr/bin/python3 "$top_srcdir/tests/support/loop-index.py" "$image" last || exit 99
[ "$(hash_of "$image")" != "$first" ] || fail "nothing was damaged"
ends 4 "$resprep" check "$image"
says "too many reads; the volume seems to lead in circles"
ends 4 "$resprep" repair "$image" --dry-run --journal-dir "$scratch/journals"

fixture bare-ntfs "$image"
/usr/bin/python3 "$top_srcdir/tests/support/loop-index.py" "$image" all || exit 99
ends 8 "$resprep" check "$image"
says "too many reads; the volume seems to lead in circles"
ends 8 "$resprep" logs "$image"
ends 8 "$resprep" registry "$image" get 'HKLM\SYSTEM\Select'
ends 8 "$resprep" repair "$image" --yes --journal-dir "$scratch/journals"
[ ! -e "$scratch/journals" ] || [ -z "$(ls -A "$scratch/journals")" ] || fail "a journal was left"
finish
