#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A journal that waits for recover, but is damaged: check says it, repair refuses, recover tells what can be done, and nobody
# writes anything.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
other=$scratch/other.img
journals=$scratch/journals
with=(--journal-dir "$journals")
fixture rdp-connections-denied "$image"
fixture sysprep-copyprofile-failed "$other"
# not the volume of the journal: its serial number, at 0x48 of the boot sector and of its copy
/usr/bin/python3 - "$other" "$image" <<'E2'
import sys
a, b = (open(p, "rb").read() for p in sys.argv[1:3])
at = b.index(b"NTFS    ") - 3
serial = b[at + 0x48:at + 0x50]
new = bytes(x ^ 0x5A for x in serial)
at = a.index(b"NTFS    ") - 3
open(sys.argv[1], "r+b").write(a.replace(a[at + 0x48:at + 0x50], new))
E2
cp --sparse=always "$image" "$scratch/before.img"
expect 1 "$resprep" repair "$image" --yes "${with[@]}"
cp --sparse=always "$image" "$scratch/after.img"
sound=$(echo "$journals"/*.applied)
pending=${sound%.applied}
mv "$sound" "$scratch/sound"
rm -rf "${journals:?}"/*

# put AT: the journal, pending, with the byte at AT changed
put() {
	cp "$scratch/sound" "$pending"
	/usr/bin/python3 - "$pending" "$1" <<'E2'
import sys
at = int(sys.argv[2])
with open(sys.argv[1], "r+b") as f:
    f.seek(at, 2 if at < 0 else 0)
    b = f.read(1)[0]
    f.seek(-1, 1)
    f.write(bytes([b ^ 0x41]))
E2
}

# refused WHAT: check speaks of it, repair refuses and writes nothing
refused() {
	local first
	first=$(hash_of "$image")
	expect "${2:-4}" "$resprep" check "$image" "${with[@]}"
	says "its journal cannot be used"
	expect 8 "$resprep" repair "$image" --yes --json "${with[@]}"
	same "code of $1" "$(member error.code)" refused
	says "$pending"
	says "resprep recover $pending $image"
	says "Do not start Windows"
	expect "${2:-4}" "$resprep" repair "$image" --dry-run "${with[@]}"
	says "its journal cannot be used"
	expect 8 "$resprep" registry "$image" set 'HKLM\SYSTEM\Select' Test 1 --yes "${with[@]}"
	says "its journal cannot be used"
	same "image after $1" "$(hash_of "$image")" "$first"
}

# explained WHAT: recover and undo refuse with what a person can do
explained() {
	local first verb
	first=$(hash_of "$image")
	for verb in recover "recover --roll-back" "undo --yes"; do
		# shellcheck disable=SC2086 # words
		expect 8 "$resprep" $verb "${pending##*/}" "$image" "${with[@]}"
		says "nothing was written"
		says "the commit point was passed"
		says "do not start Windows from this target"
		says "an image or a snapshot"
		says "a sound copy of the journal"
		same "image after $verb, $1" "$(hash_of "$image")" "$first"
		[ -e "$pending" ] || fail "$verb took the journal away"
	done
}

cp --sparse=always "$scratch/before.img" "$image"
for at in -1 120 64 480; do
	put "$at"
	refused "a wrong byte at $at"
	explained "a wrong byte at $at"
	# another volume has nothing to do with it
	expect 4 "$resprep" check "$other" "${with[@]}"
	! grep -q "its journal" "$scratch/out" || fail "a journal of another volume, byte $at, is taken for this one's"
done
put 120
explained "the target as before"
says "records"
says "So nothing of the change is on the target"
says ": as before"
cp --sparse=always "$scratch/after.img" "$image"
explained "the target as after"
says "So all of the change is on the target."
refused "the target as after" 0

# half written, as a kill leaves it
rm -rf "$journals"
cp --sparse=always "$scratch/before.img" "$image"
strace -f -qq -e trace=pwrite64 -e inject=pwrite64:signal=KILL:when=3 -o /dev/null \
	"$resprep" repair "$image" --yes "${with[@]}" >"$scratch/out" 2>&1 </dev/null
[ -n "$(echo "$journals"/*.journal)" ] || fail "no journal is pending"
pending=$(echo "$journals"/*.journal)
cp "$pending" "$scratch/sound"
put 120
refused "half written"
explained "half written"
says ": as before"
says ": as after"
says "half old, half new"

# what of it is there is told
truncate -s 4096 "$pending"
refused "cut off"
explained "cut off"
: >"$pending"
refused "empty"
explained "empty"
says "Its header is lost"

# without a name of ours it may be of anything; a folder's may be of any folder
mv "$pending" "$journals/x.journal"
pending=$journals/x.journal
refused "empty, with another name"
rm "$journals"/x.journal
: >"$journals/20261124T101530Z-FOLDER.journal"
expect 4 "$resprep" check "$image" "${with[@]}"
! grep -q "its journal" "$scratch/out" || fail "a folder's journal is taken for a disk's"
fixture_tree rdp-connections-denied "$scratch/tree"
expect 8 "$resprep" repair "$scratch/tree" --yes "${with[@]}"
says "its journal cannot be used"
expect 0 "$resprep" journals "${with[@]}"
says "damaged"
says "says what can be done"
rm "$journals/20261124T101530Z-FOLDER.journal"

# a finished one hinders nobody; only its undo is lost
cp "$scratch/sound" "$journals/20261124T101530Z-FFFFFFFFFFFFFFFF.journal.applied"
truncate -s 600 "$journals"/*.applied
expect 8 "$resprep" undo "$journals"/*.applied "$image" --yes
says "only its undo is lost"

# moved away as the message says, the sound copy in its place, it goes on
pending=$journals/20261124T101530Z-0000000000000000.journal
cp "$scratch/sound" "$pending"
expect 0 "$resprep" recover "$pending" "$image"
says "the repair is complete"
expect 0 "$resprep" check "$image" "${with[@]}"
finish
