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

# no file may become longer than 1 KiB, which every journal does
limited=(bash -c 'ulimit -f 1; exec "$@"' limited)

# full COMMAND …: the disk has room for the head of the journal
full() {
	strace -qq -e trace=write -e inject=write:error=ENOSPC:when=2+ -o /dev/null "$@"
}

for target in "$image" "$folder"; do
	expect 8 "${limited[@]}" "$resprep" repair "$target" --yes --journal-dir "$journals"
	says "File too large"
	refused "a repair of $(basename "$target") with a limit for files"
	full "$resprep" repair "$target" --yes --json --journal-dir "$journals" >"$scratch/out" 2>"$scratch/err" </dev/null
	same "exit code on a full disk" "$?" 8
	says "No space left on device"
	refused "a repair of $(basename "$target") on a full disk"
done
expect 1 "$resprep" repair "$image" --yes --journal-dir "$journals"
finish
