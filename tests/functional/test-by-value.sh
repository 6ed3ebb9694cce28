#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# After Windows has run, undo to the byte is refused and --by-value puts back what is still as it was left.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
journals=$scratch/journals
fixture sysprep-copyprofile-failed "$image"
expect 4 "$resprep" check "$image" --json
/usr/bin/python3 "$report" "$schema" "$scratch/out" findings >"$scratch/before"
expect 1 "$resprep" repair "$image" --yes --json --journal-dir "$journals"
journal=$(member journal)

# "Windows has run": the restart page of $LogFile moves on
repaired=$(hash_of "$image")
/usr/bin/python3 "$top_srcdir/tests/support/touch-logfile.py" "$image" || fail "cannot touch the volume"
[ "$(hash_of "$image")" = "$repaired" ] && fail "the volume was not touched"
touched=$(hash_of "$image")
expect 8 "$resprep" undo "$journal" "$image" --yes --journal-dir "$journals"
says "--by-value"
same "hash after the refusal" "$(hash_of "$image")" "$touched"
# another machine's volume is not the place to put it back
fixture healthy-2008r2 "$scratch/other.img"
other=$(hash_of "$scratch/other.img")
expect 8 "$resprep" undo "$journal" "$scratch/other.img" --by-value --yes --journal-dir "$journals"
says "another Windows"
same "hash of the other volume" "$(hash_of "$scratch/other.img")" "$other"
expect 0 "$resprep" undo "$journal" "$image" --by-value --yes --json --journal-dir "$journals"
second=$(member journal)
expect 4 "$resprep" check "$image" --json
/usr/bin/python3 "$report" "$schema" "$scratch/out" findings >"$scratch/after"
diff "$scratch/before" "$scratch/after" || fail "the findings are not back"
# and that, too, can be undone
expect 0 "$resprep" undo "$second" "$image" --yes --journal-dir "$journals"
same "hash at the end" "$(hash_of "$image")" "$touched"
# once more: now nothing is as the first repair left it
expect 0 "$resprep" undo "$journal" "$image" --by-value --yes --journal-dir "$journals"
expect 8 "$resprep" undo "$journal" "$image" --by-value --yes --journal-dir "$journals"
says "nothing"

# what is not put back by value is named for what it is: a file that was removed, a hive that was replaced
rm -rf "$journals"
echo 'base server2022-deployed' >"$scratch/case.recipe"
"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$image" "$scratch/case.recipe" >"$scratch/log" 2>&1 || exit 99
expect 0 "$resprep" password "$image" --at-next-boot --yes --json --journal-dir "$journals"
journal=$(member journal)
expect 8 "$resprep" undo "$journal" "$image" --by-value --yes --journal-dir "$journals"
says "not made again by --by-value: /ProgramData/Amazon/EC2Launch/state/.run-once; its content stands beside the journal"
grep -q "has changed since" "$scratch/err" && fail "a removed file has not changed since"
expect 0 "$resprep" undo "$journal" "$image" --yes --journal-dir "$journals"
rm -rf "$journals"
fixture hive-damaged-regback "$image"
expect 1 "$resprep" repair "$image" --only hive-damaged --yes --json --journal-dir "$journals"
journal=$(member journal)
expect 8 "$resprep" undo "$journal" "$image" --by-value --yes --journal-dir "$journals"
says "not put back by --by-value: /Windows/System32/config/SOFTWARE, a hive that was replaced as a whole"
finish
