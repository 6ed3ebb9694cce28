#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The rescue host dies in the middle of a commit and the journal with it: Windows must be able to go on by itself.
. "${top_srcdir:?}/tests/functional/functions.sh"
seeds=6
[ "${RESPREP_CRASH_STEP:-1}" = 1 ] || seeds=2
target=$scratch/disk.img
mkdir "$scratch/work"

# lose CASE COMMAND …: changes a volume, and loses the journal at every phase
lose() {
	local case=$1
	shift
	fixture "$case" "$target"
	cp "$target" "$scratch/old.img"
	rm -rf "$scratch/journals"
	"$resprep" "$@" --yes --journal-dir "$scratch/journals" >"$scratch/out" 2>"$scratch/err" </dev/null
	[ $? -le 1 ] || { fail "$case: $*"; tail "$scratch/err"; return; }
	/usr/bin/python3 "$top_srcdir/tests/support/lost-journal.py" "$scratch/old.img" "$scratch"/journals/*.applied \
		"$scratch/work" "$seeds" >"$scratch/lost" 2>&1 || fail "$case: $(tail -n 3 "$scratch/lost")"
	printf '%s %s: %s\n' "$case" "$1" "$(tail -n 1 "$scratch/lost")"
	"$resprep" undo "$scratch"/journals/*.applied "$target" --yes --journal-dir "$scratch/journals" >/dev/null 2>&1 ||
		fail "$case: undo"
	same "$case: undone" "$(hash_of "$target")" "$(hash_of "$scratch/old.img")"
}

{
	printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\New\\Key]\n"text"="some"\n'
	printf '\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\New]\n"Start"=dword:00000002\n"large"=hex:'
	head -c 30000 /dev/zero | od -An -v -tx1 | tr -s ' \n' ',' | sed 's/^,//; s/,$//'
	echo
} >"$scratch/import.reg"

lose rdp-connections-denied repair "$target"
lose rdp-connections-denied-2008r2 repair "$target"
lose profile-stale repair "$target"
lose profile-stale-2008r2 repair "$target"
lose state-replayed-hive repair "$target"
lose sysprep-copyprofile-failed repair "$target" --only copyprofile-enabled,rdp-connections-denied,profile-stale
lose state-log-replayed repair "$target"
lose healthy-2012r2 registry "$target" import "$scratch/import.reg"
lose healthy-2008r2 registry "$target" import "$scratch/import.reg"
lose state-replayed-hive registry "$target" import "$scratch/import.reg"
finish
