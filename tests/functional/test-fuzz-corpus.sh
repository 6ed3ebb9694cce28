#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Each fuzz target over the inputs that are made from text, what was once found among them, and over mutations that are the same in every run.
. "${top_srcdir:?}/tests/functional/functions.sh"
corpus=$scratch/corpus

/usr/bin/python3 "$top_srcdir/fuzz/corpus.py" "$mkfixture" "$corpus" || exit 99
export FUZZ_NTFS_IMAGE=$corpus/ntfs.img
cd "$scratch" || exit 99

# replay TARGET MUTATIONS: a fifth of them where the environment asks for less
replay() {
	local program=$top_builddir/fuzz/fuzz-$1 mutations=$2
	[ "${RESPREP_CRASH_STEP:-1}" -le 1 ] || mutations=$((mutations / 5))
	"$program" -mutations="$mutations" "$corpus/$1" >"$scratch/$1.log" 2>&1 || {
		fail "$1: exit $?"
		tail -n 40 "$scratch/$1.log"
		[ ! -e "crash-fuzz-$1" ] || xxd "crash-fuzz-$1" | head -n 64
		return
	}
	cat "$scratch/$1.log"
}

replay answer 2000
replay channel 3000
replay hive 2000
replay hive-log 2000
replay journal 4000
replay known 2000
replay ntfs 1200
replay partition 2000
replay regfile 4000
replay evtx 3000
replay secrets 2000
replay setuplog 3000
replay tool 2000
replay settings 4000
finish
