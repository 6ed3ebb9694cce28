#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Ctrl-C before the commit point: nothing written, 32.  After it: the commit is finished, then 32.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
journals=$scratch/journals
fixture rdp-connections-denied "$image"
first=$(hash_of "$image")

# interrupted CALL N [OPTION …]: a repair that gets SIGINT at its N-th CALL, of those that strace's options choose; its children keep theirs
interrupted() {
	strace -qq "${@:3}" -e trace="$1" -e inject="$1":signal=SIGINT:when="$2" -o /dev/null \
		"$resprep" repair "$image" --yes --journal-dir "$journals" >"$scratch/out" 2>"$scratch/err" </dev/null
	same "exit code at $1 $2" "$?" 32
}

# how many libraries are opened before it hears signals is not ours to know
for point in "openat 1 -P $image" "pread64 3" "mkdir 1" "fsync 1" "fsync 2" "fsync 3"; do
	# shellcheck disable=SC2086 # several words
	interrupted $point
	same "hash after SIGINT at $point" "$(hash_of "$image")" "$first"
	[ -z "$(ls -A "$journals" 2>/dev/null)" ] || fail "something was left after SIGINT at $point"
	rm -rf "$journals"
done
# the first fsync is of the folder above the journals', the fourth the journals' behind the commit point
for point in "rename 1" "fsync 4" "fsync 5" "rename 2"; do
	# shellcheck disable=SC2086
	interrupted $point
	journal=$(echo "$journals"/*.applied)
	[ -f "$journal" ] || fail "the commit was not finished after SIGINT at $point"
	expect 0 "$resprep" check "$image" --journal-dir "$journals"
	expect 0 "$resprep" undo "$journal" "$image" --yes --journal-dir "$journals"
	same "hash after SIGINT at $point and undo" "$(hash_of "$image")" "$first"
	rm -rf "$journals"
done

# a write error after the commit point: the journal stays, the message says what to do, and recover does it
strace -qq -P "$image" -e trace=pwrite64 -e inject=pwrite64:error=EIO:when=2+ -o /dev/null \
	"$resprep" repair "$image" --yes --journal-dir "$journals" >"$scratch/out" 2>"$scratch/err" </dev/null
same "exit code of a failing disk" "$?" 8
says "resprep recover"
journal=$(echo "$journals"/*.journal)
expect 8 "$resprep" repair "$image" --yes --journal-dir "$journals"
says "resprep recover"
expect 4 "$resprep" check "$image" --journal-dir "$journals"
says "interrupted"
expect 0 "$resprep" recover "$journal" "$image" --roll-back --journal-dir "$journals"
same "hash after a failing disk and a roll-back" "$(hash_of "$image")" "$first"
finish
