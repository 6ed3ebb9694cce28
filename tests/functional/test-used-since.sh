#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What an edit in place stands on is the edited file's place and name.  A mount by ntfs-3g leaves $LogFile and $Volume of a clean volume as they are; so undo
# and recovery must see by the file's records, or they would write into what is another file by now.
. "${top_srcdir:?}/tests/functional/functions.sh"
journals=$scratch/journals
part=$scratch/part.img
fixture rdp-connections-denied "$scratch/disk.img"
dd if="$scratch/disk.img" of="$scratch/pristine" bs=1M skip=3 count=20 conv=sparse status=none
mkdir "$scratch/c"
cp "$scratch/pristine" "$part"
if [ "$(id -u)" != 0 ] || ! ntfs-3g "$part" "$scratch/c" 2>/dev/null; then
	echo 'no mounts here'
	finish
fi
umount "$scratch/c"

# in_mount COMMAND: in the folder of the hives
in_mount() {
	ntfs-3g "$part" "$scratch/c" || fail 'it does not mount'
	(cd "$scratch/c/Windows/System32/config" && eval "$1") || fail "in the mount: $1"
	umount "$scratch/c"
	before=$(hash_of "$part")
}

# untouched WHAT
untouched() {
	same "image after $1" "$(hash_of "$part")" "$before"
}

# shellcheck disable=SC2016 # for eval
swaps=(
	'mv SYSTEM SYSTEM.other; cp SYSTEM.other SYSTEM'
	'mv SYSTEM SYSTEM.other; cp SYSTEM.other SYSTEM; cp SYSTEM.other x; mv SYSTEM.other SAM'
	'cd ..; mv config config.other; cp -r config.other config'
	'cd ../..; mv System32 x; cp -r x System32'
	'cd ../../..; mv Windows x; cp -r x Windows'
	'tail -c 1 SYSTEM >x; dd if=x of=SYSTEM bs=1 seek=$(($(stat -c %s SYSTEM) - 1)) conv=notrunc status=none; rm x'
	'echo x >../../note.txt'
)
for swap in "${swaps[@]}"; do
	rm -rf "$journals"
	cp "$scratch/pristine" "$part"
	expect 1 "$resprep" repair "$part" --yes --journal-dir "$journals"
	applied=$(echo "$journals"/*.applied)
	in_mount "$swap"
	expect 8 "$resprep" undo "$applied" "$part" --yes
	says "has been mounted since the repair (by Windows, or another program); nothing was written; use 'resprep undo --by-value'"
	untouched "an undo behind '$swap'"
	[ -f "$applied" ] || fail "the journal was used up behind '$swap'"
	expect 0 "$resprep" undo "$applied" "$part" --by-value --yes --journal-dir "$scratch/by-value"
	expect 4 "$resprep" check "$part" --only rdp-connections-denied

	# between two writes
	rm -rf "$journals" "$scratch/by-value"
	cp "$scratch/pristine" "$part"
	strace -f -qq -P "$part" -e trace=pwrite64 -e inject=pwrite64:signal=SIGKILL:error=EIO:when=2 -o /dev/null \
		"$resprep" repair "$part" --yes --journal-dir "$journals" >/dev/null 2>&1 </dev/null
	pending=$(echo "$journals"/*.journal)
	[ -f "$pending" ] || fail 'no commit was interrupted'
	in_mount "$swap"
	for back in '' --roll-back; do
		expect 8 "$resprep" recover "$pending" "$part" $back
		says "has been mounted since that commit was interrupted"
		untouched "a recovery behind '$swap'"
	done
	[ -f "$pending" ] || fail "the journal was used up behind '$swap'"
done

# looking is no use
cp "$scratch/pristine" "$part"
rm -rf "$journals"
expect 1 "$resprep" repair "$part" --yes --journal-dir "$journals"
ntfs-3g -o ro "$part" "$scratch/c"
cat "$scratch/c/Windows/System32/config/SYSTEM" >/dev/null
umount "$scratch/c"
expect 0 "$resprep" undo "$journals"/*.applied "$part" --yes
same 'undone' "$(hash_of "$part")" "$(hash_of "$scratch/pristine")"
finish
