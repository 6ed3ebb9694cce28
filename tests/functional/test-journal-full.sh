#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A journal that has no room: the repair is refused with 8, says so, and leaves neither a change nor a journal.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
folder=$scratch/folder
journals=$scratch/journals
fixture rdp-connections-denied "$image"
fixture_tree rdp-connections-denied "$folder"
first=$(hash_of "$image")
first_tree=$(hash_tree "$folder")

# refused WHAT: after the last expect
refused() {
	says "cannot write the journal in '$journals'; nothing was changed on the target"
	same "image after $1" "$(hash_of "$image")" "$first"
	same "folder after $1" "$(hash_tree "$folder")" "$first_tree"
	[ -z "$(ls -A "$journals")" ] || fail "$1 left $(ls "$journals")"
	rm -rf "$journals"
}

# full ERROR COMMAND …: there is room for the head of the journal
full() {
	local error=$1
	shift
	strace -qq -e trace=write -e inject=write:error="$error":when=2+ -o /dev/null "$@"
}

for target in "$image" "$folder"; do
	full EFBIG "$resprep" repair "$target" --yes --json --journal-dir "$journals" >"$scratch/out" 2>"$scratch/err" </dev/null
	same "exit code with a limit for files" "$?" 8
	says "File too large"
	refused "a repair of $(basename "$target") with a limit for files"
	full ENOSPC "$resprep" repair "$target" --yes --json --journal-dir "$journals" >"$scratch/out" 2>"$scratch/err" </dev/null
	same "exit code on a full disk" "$?" 8
	says "No space left on device"
	refused "a repair of $(basename "$target") on a full disk"
done
# ---- the disk with the target's own file is full, in the middle of the commit

# what holds the journal has room; the target's writes are those behind that of the journal's header
full_target() { # N COMMAND …
	local from=$1
	shift
	strace -qq -e trace=pwrite64 -e inject=pwrite64:error=ENOSPC:when="$from"+ -o /dev/null "$@"
}
full_target 3 "$resprep" repair "$image" --yes --json --journal-dir "$journals" >"$scratch/out" 2>"$scratch/err" </dev/null
same "exit code" "$?" 8
same "code" "$(member error.code)" no-space
pending=$(echo "$journals"/*.journal)
[ -e "$pending" ] || fail "no journal is left"
says "No space left on device; the change is half written: make room on the disk that holds '$image'"
says "then run 'resprep recover $pending $image'"
says "do not start Windows from it before"
# no more room yet: the same again, and nothing is lost
full_target 1 "$resprep" recover "$pending" "$image" >"$scratch/out" 2>"$scratch/err" </dev/null
same "exit code of recover" "$?" 8
says "make room on the disk that holds '$image'"
expect 8 "$resprep" repair "$image" --yes --journal-dir "$journals"
says "resprep recover $pending $image"
expect 0 "$resprep" recover "$pending" "$image" --roll-back
same "image after the roll-back" "$(hash_of "$image")" "$first"
rm -rf "$journals"

# a limit for files is seen before anything is written: enough for the journal, too little for the target
expect 8 bash -c 'ulimit -f 40; exec "$@"' limited "$resprep" repair "$folder" --yes --journal-dir "$journals"
says "raise that limit first"
same "folder below a limit" "$(hash_tree "$folder")" "$first_tree"
limited=(bash -c 'ulimit -f 8000; exec "$@"' limited)
expect 8 "${limited[@]}" "$resprep" repair "$image" --yes --journal-dir "$journals"
says "raise that limit first (ulimit -f unlimited)"
same "image below a limit" "$(hash_of "$image")" "$first"
[ ! -e "$journals" ] || fail "a folder for journals was made"
expect 1 "$resprep" repair "$image" --yes --journal-dir "$journals"
expect 8 "${limited[@]}" "$resprep" undo "$journals"/*.applied "$image" --yes
says "raise that limit first"
expect 0 "$resprep" undo "$journals"/*.applied "$image" --yes
same "image after the undo" "$(hash_of "$image")" "$first"
finish
