#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two copies of one image have one identity.  A journal that waits is for the one that is half written: recovered on the other it would be used up,
# and nobody would know of the first any more.
. "${top_srcdir:?}/tests/functional/functions.sh"
journals=$scratch/journals
fixture rdp-connections-denied "$scratch/pristine"
pristine=$(hash_of "$scratch/pristine")

# killed at its WHENth write: half written, or with 1 not begun
interrupt() {
	rm -rf "$journals"
	cp "$scratch/pristine" "$scratch/a"
	cp "$scratch/pristine" "$scratch/b"
	(strace -f -qq -P "$scratch/a" -e trace=pwrite64 -e inject=pwrite64:signal=SIGKILL:error=EIO:when="$1" -o /dev/null \
		"$resprep" repair "$scratch/a" --yes --journal-dir "$journals" >/dev/null 2>&1 </dev/null)
	pending=$(echo "$journals"/*.journal)
	[ -f "$pending" ] || fail 'no commit was interrupted'
}

# the copy is not taken for it, neither forward nor back, whether the other is there or not
interrupt 2
half=$(hash_of "$scratch/a")
[ "$half" != "$pristine" ] || fail 'nothing was written'
for back in '' --roll-back; do
	expect 8 "$resprep" recover "$pending" "$scratch/b" $back
	says "which is there, has the same identity"
	says "first resprep recover $pending $scratch/a"
	mv "$scratch/a" "$scratch/elsewhere"
	expect 8 "$resprep" recover "$pending" "$scratch/b" $back
	says "nothing of its commit has reached '$scratch/b', which may be another copy of the same image"
	mv "$scratch/elsewhere" "$scratch/a"
	same 'the copy' "$(hash_of "$scratch/b")" "$pristine"
	[ -f "$pending" ] || fail 'the journal was used up'
done
expect 8 "$resprep" repair "$scratch/a" --yes --journal-dir "$journals"
says 'first run: resprep recover'

# the image moved, and the copy in its place: the bytes tell
mv "$scratch/a" "$scratch/moved"
cp "$scratch/b" "$scratch/a"
expect 0 "$resprep" recover "$pending" "$scratch/moved" --roll-back
same 'the one that was half written' "$(hash_of "$scratch/moved")" "$pristine"

# two that are half written: each with a journal of its own
interrupt 2
cp "$scratch/a" "$scratch/b"
mkdir "$scratch/own"
cp "$pending" "$scratch/own"
expect 8 "$resprep" recover "$pending" "$scratch/b"
says '--other-target'
expect 0 "$resprep" recover "$scratch/own/${pending##*/}" "$scratch/b" --other-target
expect 0 "$resprep" recover "$pending" "$scratch/a"
same 'both' "$(hash_of "$scratch/a")" "$(hash_of "$scratch/b")"

# interrupted before the first write, and moved: only the user knows
interrupt 1
same 'not begun' "$(hash_of "$scratch/a")" "$pristine"
mv "$scratch/a" "$scratch/moved"
expect 8 "$resprep" recover "$pending" "$scratch/moved"
says '--other-target'
expect 0 "$resprep" recover "$pending" "$scratch/moved" --other-target
says 'the repair is complete'

# an undo that was interrupted
applied=$(echo "$journals"/*.applied)
mv "$scratch/moved" "$scratch/a"
cp "$scratch/a" "$scratch/b"
repaired=$(hash_of "$scratch/a")
mv "$applied" "${applied%.applied}.undoing"
expect 8 "$resprep" recover "${applied%.applied}.undoing" "$scratch/b"
says "nothing of its undo has reached '$scratch/b'"
same 'the copy' "$(hash_of "$scratch/b")" "$repaired"
expect 0 "$resprep" recover "${applied%.applied}.undoing" "$scratch/a"
same 'undone' "$(hash_of "$scratch/a")" "$pristine"
finish
