#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A folder where the volume is mounted gets the same: check, repair, undo to the byte; files are patched in
# place, so their inodes stay.
. "${top_srcdir:?}/tests/functional/functions.sh"
tree=$scratch/mnt
journals=$scratch/journals
fixture_tree sysprep-copyprofile-failed "$tree"
first=$(hash_tree "$tree")
inode=$(stat -c %i "$tree/Windows/System32/config/SYSTEM")

expect 4 "$resprep" check "$tree" --json --journal-dir "$journals"
same kind "$(member volume.kind)" directory
same "tree after check" "$(hash_tree "$tree")" "$first"
expect 4 "$resprep" repair "$tree" --dry-run --journal-dir "$journals"
same "tree after a dry run" "$(hash_tree "$tree")" "$first"

# a journal inside the target would be lost with it
made_nothing() {
	[ -z "$(find "$scratch" -name journals -o -name absent)" ] || fail "a folder was made for a journal that is refused"
	same "tree after a refusal" "$(hash_tree "$tree")" "$first"
}
for dir in "$tree/journals" "$scratch/absent/../mnt/journals" "$tree/absent/../../journals"; do
	expect 8 "$resprep" repair "$tree" --yes --journal-dir "$dir"
	says "the target itself"
	made_nothing
done

expect 1 "$resprep" repair "$tree" --yes --json --journal-dir "$journals"
journal=$(member journal)
same "inode of SYSTEM" "$(stat -c %i "$tree/Windows/System32/config/SYSTEM")" "$inode"
expect 0 "$resprep" check "$tree" --journal-dir "$journals"
for hive in SYSTEM SOFTWARE; do
	hivexregedit --export "$tree/Windows/System32/config/$hive" '\' >"$scratch/$hive.reg" ||
		fail "hivexregedit cannot read $hive"
done
grep -q '"fDenyTSConnections"=dword:00000000' "$scratch/SYSTEM.reg" || fail "fDenyTSConnections is not 0"
expect 0 "$resprep" undo "$journal" "$tree" --yes --journal-dir "$journals"
same "tree after undo" "$(hash_tree "$tree")" "$first"

# a file that changes its size
expect 1 "$resprep" repair "$tree" --yes --only copyprofile-enabled --json --journal-dir "$journals"
journal=$(member journal)
grep -q '<CopyProfile>false</CopyProfile>' "$tree/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml" ||
	fail "CopyProfile is not false"
expect 0 "$resprep" undo "$journal" "$tree" --yes --journal-dir "$journals"
same "tree after undoing the answer file" "$(hash_tree "$tree")" "$first"

# an interrupted commit to a folder is seen by the next repair
expect 1 "$resprep" repair "$tree" --yes --only rdp-connections-denied --json --journal-dir "$journals"
journal=$(member journal)
mv "$journal" "${journal%.applied}"
expect 8 "$resprep" repair "$tree" --yes --journal-dir "$journals"
says "resprep recover"
expect 0 "$resprep" recover "${journal%.applied}" "$tree" --roll-back --journal-dir "$journals"
same "tree after the roll-back" "$(hash_tree "$tree")" "$first"
# a dirty hive: what its log says and what is edited lie beside each other, in phases
fixture_tree state-replayed-hive "$scratch/dirty"
old=$(hash_tree "$scratch/dirty")
key='HKLM\SYSTEM\ControlSet001\Services\NewestService'
expect 0 "$resprep" registry "$scratch/dirty" set "$key" Start 3 --yes --json --journal-dir "$scratch/journals2"
first=$(member journal)
expect 0 "$resprep" registry "$scratch/dirty" set "$key" Text "some text" --type sz --yes --json --journal-dir "$scratch/journals2"
second=$(member journal)
expect 0 "$resprep" registry "$scratch/dirty" verify SYSTEM
says 'SYSTEM: clean; sound'
expect 0 "$resprep" undo "$second" "$scratch/dirty" --yes --journal-dir "$scratch/journals2"
expect 0 "$resprep" undo "$first" "$scratch/dirty" --yes --journal-dir "$scratch/journals2"
same 'dirty hive undone' "$(hash_tree "$scratch/dirty")" "$old"

# a hive without transaction logs: a change of one sector needs none; for more, none can be made here
fixture_tree rdp-connections-denied "$scratch/bare"
config=$scratch/bare/Windows/System32/config
rm "$config"/SYSTEM.LOG*
old=$(hash_tree "$scratch/bare")
key='HKLM\SYSTEM\ControlSet001\Services\TermService'
set_text() { # EXIT TARGET
	expect "$1" "$resprep" registry "$2" set "$key" Text "some text" --type sz --yes --journal-dir "$scratch/journals3"
}
expect 1 "$resprep" repair "$scratch/bare" --yes --json --journal-dir "$scratch/journals3"
expect 0 "$resprep" undo "$(member journal)" "$scratch/bare" --yes --journal-dir "$scratch/journals3"
set_text 8 "$scratch/bare"
says 'name the disk or the partition instead of a folder, or make an empty file of that name'
same 'refused without a log' "$(hash_tree "$scratch/bare")" "$old"
: >"$config/SYSTEM.LOG1"
set_text 0 "$scratch/bare"
[ "$(head -c 4 "$config/SYSTEM.LOG1")" = regf ] || fail 'the edit did not go through the empty log'
[ "$(od -An -tx1 -j 512 -N 4 "$config/SYSTEM.LOG1")" = ' 48 76 4c 45' ] || fail 'this Windows reads HvLE'
# which format a Windows reads that does not tell its version
rm "$config/SOFTWARE"
: >"$config/SYSTEM.LOG1"
key='HKLM\SYSTEM\ControlSet001\Services\LanmanServer'
set_text 8 "$scratch/bare"
says 'it is not known which format this Windows reads'
# a hive by itself is no Windows' own
cp "$config/SYSTEM" "$scratch/SYSTEM"
set_text 0 "$scratch/SYSTEM"

# one volume, named as an image, as the folder where it is mounted, and as another: what was interrupted is seen
fixture rdp-connections-denied "$scratch/disk.img"
dd if="$scratch/disk.img" of="$scratch/part.img" bs=1M skip=3 count=20 conv=sparse status=none
mkdir "$scratch/c" "$scratch/d"
journals=$scratch/journals4
if [ "$(id -u)" = 0 ] && ntfs-3g "$scratch/part.img" "$scratch/c" 2>/dev/null; then
	expect 1 "$resprep" repair "$scratch/c" --yes --json --journal-dir "$journals"
	journal=$(member journal)
	umount "$scratch/c"
	mv "$journal" "${journal%.applied}"
	expect 8 "$resprep" repair "$scratch/part.img" --yes --journal-dir "$journals"
	says "mount the volume again, where it was or elsewhere, and run: resprep recover ${journal%.applied} $scratch/c"
	ntfs-3g "$scratch/part.img" "$scratch/d"
	expect 8 "$resprep" repair "$scratch/d" --yes --journal-dir "$journals"
	says "first run: resprep recover ${journal%.applied} $scratch/d"
	expect 0 "$resprep" recover "${journal%.applied}" "$scratch/d" --roll-back --journal-dir "$journals"
	umount "$scratch/d"
	expect 1 "$resprep" repair "$scratch/part.img" --yes --json --journal-dir "$journals"
	journal=$(member journal)
	mv "$journal" "${journal%.applied}"
	ntfs-3g -o ro "$scratch/part.img" "$scratch/c"
	expect 0 "$resprep" check "$scratch/c" --journal-dir "$journals"
	says "unmount '$scratch/c', and run: resprep recover ${journal%.applied} $scratch/part.img"
	expect 8 "$resprep" registry "$scratch/c" set 'HKLM\SYSTEM\Select' Other 1 --yes --journal-dir "$journals"
	umount "$scratch/c"
	expect 0 "$resprep" recover "${journal%.applied}" "$scratch/part.img" --journal-dir "$journals"
	# killed at its second write, then used, and hibernated: neither half fits the volume any more
	dd if="$scratch/disk.img" of="$scratch/part.img" bs=1M skip=3 count=20 conv=sparse status=none
	(strace -f -qq -P "$scratch/part.img" -e trace=pwrite64 -e inject=pwrite64:signal=SIGKILL:error=EIO:when=2 -o /dev/null \
		"$resprep" repair "$scratch/part.img" --yes --journal-dir "$scratch/journals5" >/dev/null 2>&1 </dev/null)
	ntfs-3g "$scratch/part.img" "$scratch/c"
	printf 'hibr' >"$scratch/c/hiberfil.sys"
	umount "$scratch/c"
	first=$(hash_of "$scratch/part.img")
	for back in '' --roll-back; do
		expect 8 "$resprep" recover "$(echo "$scratch"/journals5/*.journal)" "$scratch/part.img" $back
		says 'has been mounted since that commit was interrupted'
	done
	same 'a volume that was used' "$(hash_of "$scratch/part.img")" "$first"
	echo "what was interrupted was seen under each name of a volume"
fi
finish
