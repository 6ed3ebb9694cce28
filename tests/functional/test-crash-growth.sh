#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# An import that makes a single hive file grow by more than one record of the journal holds, killed at every point: see
# crash-loops.sh.
. "${top_srcdir:?}/tests/functional/functions.sh"
. "${top_srcdir:?}/tests/functional/crash-functions.sh"
mkdir "$scratch/folder"
target=$scratch/folder/SOFTWARE
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\List]\n"x"=dword:00000001\n' >"$scratch/hive.reg"
/usr/bin/python3 "$top_srcdir/tests/support/mkhive.py" --prefix 'HKEY_LOCAL_MACHINE\SOFTWARE' --name SOFTWARE \
	-o "$scratch/old" "$scratch/hive.reg" || fail mkhive
{
	cat "$scratch/hive.reg"
	for name in one two three; do
		printf '"%s"=hex:' "$name"
		head -c 900000 /dev/zero | od -An -v -tx1 | tr -s ' \n' ',' | sed 's/^,//; s/,$//'
		echo
	done
} >"$scratch/import.reg"
repair_command="registry $target import $scratch/import.reg"
sound_command="registry $target verify"

target_hash() {
	hash_of "$1"
}

target_copy() {
	cp "$1" "$2"
}

target_half() { # the first record of the growth is there, and half of the second
	cp "$1" "$3"
	dd if="$2" of="$3" bs=4096 skip=1 seek=1 count=380 conv=notrunc status=none
}

. "${top_srcdir:?}/tests/functional/crash-loops.sh"
[ "$(stat -c %s "$scratch/new")" -gt $((2 << 20)) ] || fail "the hive did not grow by more than two records"
finish
