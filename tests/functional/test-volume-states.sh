#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a commit does to the volume itself, by the state in which the volume was found and by what is edited: whether every cluster
# is accounted for before, and whether the dirty flag is set afterwards.
. "${top_srcdir:?}/tests/functional/functions.sh"
target=$scratch/disk.img
journals=$scratch/journals
service='HKLM\SYSTEM\CurrentControlSet\Services\TermService'
config=/Windows/System32/config
agent='/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml'

# build STEPS …: an image; each argument is a line of the recipe
build() {
	printf '%s\n' 'base server2012r2-deployed' "$@" >"$scratch/case.recipe"
	"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$target" "$scratch/case.recipe" >"$scratch/mkfixture.log" 2>&1 ||
		{ cat "$scratch/mkfixture.log"; exit 99; }
	# the clusters do not add up before, so whoever takes account of them says so
	/usr/bin/python3 "$top_srcdir/tests/support/leak-cluster.py" "$target" $((3 << 20)) || exit 99
	first=$(hash_of "$target")
}

# states [TARGET]
states() {
	expect 0 "$resprep" inspect "${1:-$target}" --json --journal-dir "$journals"
	member volume.state | tr -d '[]",'
}

# edit WHAT ACCOUNTED STATES: the edits of $command, whether clusters were accounted for, the states that the volume has then
edit() {
	local found journal
	expect 0 "$resprep" "${command[0]}" "$target" "${command[@]:1}" --yes --json --journal-dir "$journals"
	journal=$(member journal)
	found=no
	grep -qF "the volume's clusters did not add up before the repair" "$scratch/out" "$scratch/err" && found=yes
	same "$1: accounted for" "$found" "$2"
	same "$1: state" "$(states)" "$3"
	expect 0 "$resprep" undo "$journal" "$target" --yes --journal-dir "$journals"
	same "$1: undone" "$(hash_of "$target")" "$first"
}

# refuse: $command takes clusters, which nobody may on a volume whose clusters do not add up
refuse() {
	expect 8 "$resprep" "${command[0]}" "$target" "${command[@]:1}" --yes --journal-dir "$journals"
	says 'let Windows run chkdsk /f on this volume first; nothing was written'
	same "$1: refused" "$(hash_of "$target")" "$first"
}

in_place=(registry set "$service" Start 2)
metadata=(agent set Ec2DynamicBootVolumeSize=Enabled)
clusters=(registry set "$service" Large "$(printf '%08000d' 7)" --type REG_BINARY)
replay=("remove '$agent'" "file '$agent' <<END" '<a><CopyProfile>false</CopyProfile></a>' END
	"logfile unclean 2.0 '$agent' '>false</CopyProfile>' '>true</CopyProfile> '")
no_log=("remove $config/SYSTEM.LOG1 $config/SYSTEM.LOG2")

for dirty in '' dirty-flag; do
	kept=clean
	[ -n "$dirty" ] && kept=dirty
	build "${no_log[@]}" $dirty
	command=("${in_place[@]}")
	edit "$kept, in place" no "$kept"
	command=("${metadata[@]}")
	edit "$kept, metadata" yes "$kept"
	command=("${clusters[@]}")
	refuse "$kept, clusters"
	build "${no_log[@]}" "${replay[@]}" $dirty
	command=("${in_place[@]}")
	edit "$kept, replay" yes dirty
	command=("${metadata[@]}")
	edit "$kept, replay, metadata" yes dirty
	command=("${clusters[@]}")
	refuse "$kept, replay, clusters"
done

# hibernated, in a mounted folder: the same as on a disk
tree=$scratch/mnt
fixture_tree state-hibernated "$tree"
first=$(hash_tree "$tree")
expect 4 "$resprep" check "$tree" --json --journal-dir "$journals"
same 'states of a folder' "$(member volume.state | tr -d '[]",')" 'hibernated mounted'
expect 8 "$resprep" repair "$tree" --yes --journal-dir "$journals"
says 'Windows is hibernated on this volume'
says '--discard-hibernation'
expect 8 "$resprep" registry "$tree" "${in_place[@]:1}" --yes --journal-dir "$journals"
same 'refused' "$(hash_tree "$tree")" "$first"
expect 1 "$resprep" repair "$tree" --yes --json --discard-hibernation --only copyprofile-enabled,rdp-connections-denied \
	--journal-dir "$journals"
journal=$(member journal)
says 'the hibernated session is discarded (4096 bytes of its header zeroed)'
same 'states afterwards' "$(states "$tree")" mounted
# written before all else, the answer file too
/usr/bin/python3 "$top_srcdir/tests/support/first-phase.py" "$journal" >"$scratch/out" || fail 'the journal cannot be read'
same 'first phase' "$(cat "$scratch/out")" 'hiberfil.sys 0 512'
expect 0 "$resprep" undo "$journal" "$tree" --yes --journal-dir "$journals"
same 'undone' "$(hash_tree "$tree")" "$first"

# a file of less than a header tells of a session, and cannot tell that there is none
truncate -s 100 "$tree/hiberfil.sys"
same 'short hiberfil.sys' "$(states "$tree")" 'hibernated mounted'
expect 8 "$resprep" repair "$tree" --yes --discard-hibernation --journal-dir "$journals"
says 'hiberfil.sys is shorter than its header'
printf 'wake' >"$scratch/header"
head -c 8192 /dev/zero >>"$scratch/header"
cp "$scratch/header" "$tree/hiberfil.sys"
same 'a session that was resumed' "$(states "$tree")" mounted
rm "$tree/hiberfil.sys"
same 'no hiberfil.sys' "$(states "$tree")" mounted
printf 'HIBR' >"$scratch/header"
head -c 8192 /dev/zero >>"$scratch/header"
cp "$scratch/header" "$tree/HiberFil.sys"
same 'an old header, another case' "$(states "$tree")" 'hibernated mounted'

# and on a disk: Windows looks for the name in any case
fixture state-hibernated "$target"
/usr/bin/python3 - "$target" <<'E' || fail 'no name to change'
import sys

image = open(sys.argv[1], "rb").read()
name = "hiberfil.sys".encode("utf-16-le")
open(sys.argv[1], "wb").write(image.replace(name, "HiberFil.sys".encode("utf-16-le")))
sys.exit(name not in image)
E
first=$(hash_of "$target")
same 'another case, on a disk' "$(states)" hibernated
expect 8 "$resprep" repair "$target" --yes --journal-dir "$journals"
says 'Windows is hibernated on this volume'
same 'refused, on a disk' "$(hash_of "$target")" "$first"
expect 1 "$resprep" repair "$target" --yes --json --discard-hibernation --only rdp-connections-denied --journal-dir "$journals"
expect 0 "$resprep" undo "$(member journal)" "$target" --yes --journal-dir "$journals"
same 'undone, on a disk' "$(hash_of "$target")" "$first"
finish
