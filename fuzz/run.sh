#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make fuzz: builds the targets with clang's libFuzzer beside this build, and runs each for FUZZ_SECONDS from its corpus. What
# was found and what libFuzzer learnt stays in fuzz/found/TARGET/ of the build folder, and is where the next run goes on.
#
#   FUZZ_SECONDS=60        for each target
#   FUZZ_TARGETS="a b"     only these
#
# Prints a line a target, and fails when there was a crash, a leak or a time-out.
set -u -o pipefail
: "${top_srcdir:?}" "${top_builddir:?}" "${fuzz_here:?}" "${fuzz_all:?}"
seconds=${FUZZ_SECONDS:-60}
targets=${FUZZ_TARGETS:-$fuzz_all}
corpus=$top_builddir/fuzz/corpus
found=$top_builddir/fuzz/found
build=$top_builddir
bad=0

# the longest input that is of use
declare -A longest=([answer]=16384 [channel]=32768 [evtx]=16384 [hive]=65536 [hive-log]=131072 [journal]=16384 [known]=65536 [ntfs]=2048
	[partition]=65536 [regfile]=16384 [secrets]=16384 [settings]=16384 [setuplog]=65536 [tool]=65536)

if [ "$fuzz_here" = no ]; then
	build=$top_builddir/fuzz/libfuzzer
	mkdir -p "$build"
	[ -e "$build/Makefile" ] || (cd "$build" && "$top_srcdir/configure" -q CC="${FUZZ_CC:-clang-14}" \
		--with-sanitizer=fuzzer-no-link,address,undefined) || exit 1
	read -ra programs <<<"$targets"
	make -s -C "$build" "${programs[@]/#/fuzz/fuzz-}" || exit 1
fi
rm -rf "$corpus"
/usr/bin/python3 "$top_srcdir/fuzz/corpus.py" "$top_builddir/tests/support/mkfixture" "$corpus" || exit 1

export FUZZ_NTFS_IMAGE=$corpus/ntfs.img
printf '%-10s %12s %8s %8s  %s\n' target executions seconds edges found
for target in $targets; do
	mkdir -p "$found/$target"
	log=$found/$target.log
	before=$(find "$found" -maxdepth 1 -name "$target-*" | wc -l)
	start=$SECONDS
	options=(-max_total_time="$seconds" -timeout=20 -rss_limit_mb=3000 -max_len="${longest[$target]:-65536}"
		-print_final_stats=1 -artifact_prefix="$found/$target-")
	# libntfs-3g has crashes of its own: each is noted and the run goes on
	[ "$target" != ntfs ] || options+=(-fork=1 -ignore_crashes=1 -ignore_timeouts=1 -ignore_ooms=1)
	"$build/fuzz/fuzz-$target" "${options[@]}" "$found/$target" "$corpus/$target" >"$log" 2>&1
	code=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p; s/^#\([0-9]*\)[:\t].*/\1/p' "$log" | sort -n | tail -n 1)
	edges=$(grep -o 'cov: [0-9]*' "$log" | cut -d' ' -f2 | sort -n | tail -n 1)
	after=$(find "$found" -maxdepth 1 -name "$target-*" | wc -l)
	if [ "$code" != 0 ] || [ "$after" -gt "$before" ]; then
		verdict="$((after - before)) new in $found/$target-*, see $log"
		bad=1
	else
		verdict=nothing
	fi
	printf '%-10s %12s %8s %8s  %s\n' "$target" "${runs:-0}" $((SECONDS - start)) "${edges:-0}" "$verdict"
done
exit $bad
