# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# For the tests of the program as people run it: a scratch folder, fixtures by name, and comparisons that say
# what they wanted.

set -u -o pipefail
resprep=$top_builddir/resprep
mkfixture=$top_builddir/tests/support/mkfixture
report=$top_srcdir/tests/support/report.py
schema=$top_srcdir/docs/report-schema.json
scratch=$(mktemp -d "${TMPDIR:-/tmp}/functional.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT
bad=0

# LeakSanitizer cannot look at a process that is traced
strace() {
	ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" command strace "$@"
}

# umount FOLDER: the server of a FUSE mount ends behind it, and has its image open until then
umount() {
	local process
	command umount "$@" || return
	for process in /proc/[0-9]*; do
		[ "$(cat "$process/comm" 2>/dev/null)" = ntfs-3g ] || continue
		for _ in {1..100}; do
			grep -sF -- "${!#}" "$process/cmdline" >/dev/null || break
			sleep 0.1
		done
	done
}
export -f umount

fail() {
	printf 'FAIL: %s\n' "$*"
	bad=1
}

# fixture CASE IMAGE
fixture() {
	"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$2" "$top_srcdir/fixtures/cases/$1/case.recipe" \
		>"$scratch/mkfixture.log" 2>&1 || {
		cat "$scratch/mkfixture.log"
		echo "cannot build $1"
		exit 99
	}
}

# fixture_tree CASE DIR
fixture_tree() {
	"$mkfixture" --fixtures "$top_srcdir/fixtures" --tree "$2" "$top_srcdir/fixtures/cases/$1/case.recipe" \
		>"$scratch/mkfixture.log" 2>&1 || {
		cat "$scratch/mkfixture.log"
		echo "cannot build the tree of $1"
		exit 99
	}
}

hash_of() {
	sha256sum <"$1" | cut -d' ' -f1
}

# hash_tree DIR: names and contents of all files below it
hash_tree() {
	(cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum) | sha256sum | cut -d' ' -f1
}

# expect CODE COMMAND …: output in $scratch/out and $scratch/err
expect() {
	local want=$1 code
	shift
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
	[ "$code" = "$want" ] || {
		fail "exit $code, not $want: $*"
		tail -n 20 "$scratch/out" "$scratch/err"
	}
}

# says TEXT: on standard output or error of the last expect
says() {
	grep -qF -- "$1" "$scratch/out" "$scratch/err" || {
		fail "nobody said: $1"
		tail -n 20 "$scratch/out" "$scratch/err"
	}
}

# member PATH: of the JSON on standard output of the last expect, which must be as the schema says
member() {
	/usr/bin/python3 "$report" "$schema" "$scratch/out" get "$1"
}

# what scan answers here: in a chroot without /sys it cannot look, and says so
if [ -d /sys/block ]; then
	scan_exit=0
else
	scan_exit=8
fi

same() { # WHAT A B
	[ "$2" = "$3" ] || fail "$1: $2 is not $3"
}

finish() {
	[ "$bad" = 0 ] && echo "all as expected"
	exit "$bad"
}
