#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A file with several names is not written to: whoever made the log of one hive another name of something else would have that
# overwritten.  On a disk the others are told; the 8.3 alias that each log has is none of them.
. "${top_srcdir:?}/tests/functional/functions.sh"
journals=$scratch/journals
config=/Windows/System32/config
several=(import "$scratch/several.reg" --yes --journal-dir "$journals")
in_place=(set 'HKLM\SYSTEM\Setup' OOBEInProgress 1 --yes --journal-dir "$journals")
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\Setup\\New]\n"Value"="text"\n' >"$scratch/several.reg"

# build STEPS …: an image and a folder of it
build() {
	rm -rf "$scratch/tree"
	printf '%s\n' 'base server2012r2-deployed' "$@" >"$scratch/case.recipe"
	"$mkfixture" --fixtures "$top_srcdir/fixtures" --tree "$scratch/tree" -o "$scratch/disk.img" "$scratch/case.recipe" \
		>"$scratch/mkfixture.log" 2>&1 || { cat "$scratch/mkfixture.log"; exit 99; }
	image_hash=$(hash_of "$scratch/disk.img")
	tree_hash=$(hash_tree "$scratch/tree")
}

# refused NAME OTHERS ARGUMENTS …: on both
refused() {
	local name=$1 others=$2 command=$3
	shift 3
	expect 8 "$resprep" "$command" "$scratch/disk.img" "$@"
	says "'$name' has 2 names (hard links), so a change of it would be a change of $others too"
	says 'copy it there, delete this name of it and give it to the copy'
	same "$name on a disk" "$(hash_of "$scratch/disk.img")" "$image_hash"
	expect 8 "$resprep" "$command" "$scratch/tree" "$@"
	says "'$name' has 2 names (hard links), so a change of it would be a change of another file too"
	says 'copy it there, delete this name of it and give it to the copy'
	same "$name in a folder" "$(hash_tree "$scratch/tree")" "$tree_hash"
}

# the log is another hive, and another file
build "remove $config/SYSTEM.LOG1" "link $config/SOFTWARE $config/SYSTEM.LOG1"
refused "$config/SYSTEM.LOG1" "'$config/SOFTWARE'" registry "${several[@]}"
# what needs no log does not look at it
expect 0 "$resprep" registry "$scratch/disk.img" "${in_place[@]}"
expect 0 "$resprep" registry "$scratch/tree" "${in_place[@]}"
build 'file /Users/letter.txt <<END' 'Dear all' END "remove $config/SYSTEM.LOG1" "link /Users/letter.txt $config/SYSTEM.LOG1"
refused "$config/SYSTEM.LOG1" "'/Users/letter.txt'" registry "${several[@]}"

# the hive, a file of settings, and an 8.3 alias beside the names
build "link $config/SYSTEM /Users/copy"
refused "$config/SYSTEM" "'/Users/copy'" registry "${in_place[@]}"
build "link $config/SYSTEM.LOG1 /Users/log"
refused "$config/SYSTEM.LOG1" "'/Users/log'" registry "${several[@]}"
settings='/Program Files/Amazon/Ec2ConfigService/Settings/Config.xml'
build "link '$settings' /Users/Config.xml"
refused "$settings" "'/Users/Config.xml'" agent set Ec2EventLog=Enabled --yes --journal-dir "$journals"

# a hive that cannot be written to: check does not offer what would be refused
denied() { build 'reg <<END' '[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Terminal Server]' '"fDenyTSConnections"=dword:1' END "$@"; }
offers() { # TARGET REASON
	expect "${3:-4}" "$resprep" check "$1" --only rdp-connections-denied
	says 'no repair'
	if grep -q '^  command' "$scratch/out"; then fail "check of $1 offers a command"; fi
	expect 8 "$resprep" repair "$1" --only rdp-connections-denied --yes --journal-dir "$journals"
	says "rdp-connections-denied: '$config/SYSTEM' $2"
}
denied "link $config/SYSTEM /Users/copy"
offers "$scratch/disk.img" 'has 2 names (hard links)'
offers "$scratch/tree" 'has 2 names (hard links)'
denied "attrib $config/SYSTEM +c"
offers "$scratch/disk.img" 'is compressed (NTFS compression)'
says 'run compact /u on the file there first'
same 'refused' "$(hash_of "$scratch/disk.img")" "$image_hash"
denied
expect 4 "$resprep" check "$scratch/disk.img" --only rdp-connections-denied
grep -q '^  command' "$scratch/out" || fail 'a hive that can be written to is repaired'

# two profiles in one folder, by its name and by its alias: one hive would be written over the other
user=S-1-5-21-2044217735-1160093441-3308416925
build "attrib /Users/Jürgen short=JURGEN~1" 'reg <<END' \
	"[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\$user-1003]" \
	'"ProfileImagePath"=expand:"C:\\Users\\JURGEN~1"' END
{
	printf 'Windows Registry Editor Version 5.00\n'
	printf '\n[HKEY_USERS\\%s\\Environment]\n"Value"="text"\n' "$user-1001" "$user-1003"
} >"$scratch/users.reg"
expect 8 "$resprep" registry "$scratch/disk.img" import "$scratch/users.reg" --yes --journal-dir "$journals"
says "is the same file as the hive of HKU\\$user-1001, which is edited too"
same 'two paths' "$(hash_of "$scratch/disk.img")" "$image_hash"

# the only name, with its alias
build
expect 0 "$resprep" registry "$scratch/disk.img" "${several[@]}"
expect 0 "$resprep" registry "$scratch/tree" "${several[@]}"
finish
