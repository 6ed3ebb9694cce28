#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What cannot be used gets a sentence and exit code 8; nothing is written and nothing is left.
. "${top_srcdir:?}/tests/functional/functions.sh"
journals=$scratch/journals

# refuse TARGET TEXT: check and repair both say so
refuse() {
	local before after
	before=$([ -f "$1" ] && hash_of "$1")
	expect 8 "$resprep" check "$1" --journal-dir "$journals"
	says "$2"
	expect 8 "$resprep" repair "$1" --yes --journal-dir "$journals"
	after=$([ -f "$1" ] && hash_of "$1")
	same "hash of $1" "$before" "$after"
	[ -e "$journals" ] && [ -n "$(ls -A "$journals")" ] && fail "a journal was left for $1"
	[ "$(wc -c <"$scratch/err")" -gt 2000 ] && fail "a page of error for $1"
}

refuse "$scratch/nothing" "No such file"
: >"$scratch/empty"
refuse "$scratch/empty" "empty"
printf 'hello\n' >"$scratch/text"
refuse "$scratch/text" "resprep: "
truncate -s 8M "$scratch/zeros"
refuse "$scratch/zeros" "neither a partition table nor"
mkdir "$scratch/folder"
refuse "$scratch/folder" "no Windows in the folder"
printf 'QFI\373\0\0\0\3' >"$scratch/qcow2"
truncate -s 1M "$scratch/qcow2"
refuse "$scratch/qcow2" "qemu-img convert"

for case in bitlocker:BitLocker refs:ReFS ldm:"dynamic disk" no-windows:"no Windows" truncated:truncated \
	two-windows:--partition; do
	fixture "${case%%:*}" "$scratch/image"
	refuse "$scratch/image" "${case#*:}"
	rm -f "$scratch/image"
done

# a fifo is no disk, and must not hang
mkfifo "$scratch/fifo"
expect 8 timeout 10 "$resprep" check "$scratch/fifo"

# no permission (root may read all)
if [ "$(id -u)" != 0 ]; then
	printf x >"$scratch/secret"
	chmod 0 "$scratch/secret"
	refuse "$scratch/secret" "ermission"
fi

# damaged hives: what can be checked is checked, the rest is named
for case in damaged-software-hive:SOFTWARE missing-software-hive:SOFTWARE; do
	fixture "${case%%:*}" "$scratch/image"
	first=$(hash_of "$scratch/image")
	expect 8 "$resprep" check "$scratch/image" --journal-dir "$journals"
	says "${case#*:}"
	expect 8 "$resprep" repair "$scratch/image" --yes --journal-dir "$journals"
	same "hash of ${case%%:*}" "$(hash_of "$scratch/image")" "$first"
	rm -f "$scratch/image"
done

# a journal that is none
printf 'not a journal' >"$scratch/x.journal"
expect 8 "$resprep" undo "$scratch/x.journal" --yes
expect 8 "$resprep" recover "$scratch/x.journal"
expect 8 "$resprep" undo "$scratch/missing.journal" --yes

# text from the volume and from the command line reaches the terminal escaped
expect 8 "$resprep" check "$scratch/$(printf 'a\033[31mb')"
grep -q "$(printf '\033')" "$scratch/err" && fail "an escape sequence reached the terminal"

# the disk for the journal is full
if [ "$(id -u)" = 0 ] && mkdir "$scratch/full" && mount -t tmpfs -o size=16k tmpfs "$scratch/full" 2>/dev/null; then
	fixture sysprep-copyprofile-failed "$scratch/image"
	first=$(hash_of "$scratch/image")
	dd if=/dev/zero of="$scratch/full/fill" bs=4096 status=none 2>/dev/null
	expect 8 "$resprep" repair "$scratch/image" --yes --journal-dir "$scratch/full/j"
	says "No space left"
	same "hash with a full journal disk" "$(hash_of "$scratch/image")" "$first"
	find "$scratch/full" -name '*.journal*' | grep -q . && fail "a piece of a journal was left"
	umount "$scratch/full"
fi
# the same without a mount: files may not grow beyond 4 KiB
fixture sysprep-copyprofile-failed "$scratch/image"
first=$(hash_of "$scratch/image")
expect 8 bash -c 'trap "" XFSZ; ulimit -f 2; exec "$@"' - "$resprep" repair "$scratch/image" --yes \
	--journal-dir "$journals"
same "hash with a limit on files" "$(hash_of "$scratch/image")" "$first"
find "$journals" -name '*.journal*' 2>/dev/null | grep -q . && fail "a piece of a journal was left behind"
finish
