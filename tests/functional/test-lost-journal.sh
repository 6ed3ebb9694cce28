#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The rescue host dies in the middle of a commit and the journal with it: Windows must be able to go on by itself.
. "${top_srcdir:?}/tests/functional/functions.sh"
seeds=6
[ "${RESPREP_CRASH_STEP:-1}" = 1 ] || seeds=2
target=$scratch/disk.img
mkdir "$scratch/work"

# lose CASE COMMAND …: changes the volume of a case, and loses the journal at every phase
lose() {
	fixture "$1" "$target"
	lose_this "$@"
}

# lose_base NAME BASE COMMAND …: the same with a server, and the steps of the standard input
lose_base() {
	local name=$1
	{ echo "base $2"; cat; } >"$scratch/case.recipe"
	shift 2
	"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$target" "$scratch/case.recipe" >"$scratch/mkfixture.log" 2>&1 ||
		{ cat "$scratch/mkfixture.log"; exit 99; }
	lose_this "$name" "$@"
}

# lose_this NAME COMMAND …: with the volume that is there
lose_this() {
	local case=$1
	shift
	cp "$target" "$scratch/old.img"
	rm -rf "$scratch/journals"
	"$resprep" "$@" --yes --journal-dir "$scratch/journals" >"$scratch/out" 2>"$scratch/err" </dev/null
	# 4: other problems are left
	case $? in
	0 | 1 | 4) ;;
	*)
		fail "$case: $*"
		tail "$scratch/err"
		return
		;;
	esac
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
lose state-hibernated-discard repair "$target" --discard-hibernation
lose state-several repair "$target" --discard-hibernation
lose healthy-2012r2 registry "$target" import "$scratch/import.reg"
lose healthy-2008r2 registry "$target" import "$scratch/import.reg"
lose state-replayed-hive registry "$target" import "$scratch/import.reg"

# logs that hold nothing, and none at all
config=/Windows/System32/config
key='HKLM\SYSTEM\CurrentControlSet\Services\TermService'
for base in server2012r2-deployed server2008r2-deployed; do
	lose_base "empty logs, $base" "$base" registry "$target" import "$scratch/import.reg" <<-STEPS
		remove $config/SYSTEM.LOG1 $config/SOFTWARE.LOG1
		zeros $config/SYSTEM.LOG1 0
		zeros $config/SOFTWARE.LOG1 0
	STEPS
	lose_base "logs of zeros, $base" "$base" registry "$target" set "$key" Zzz short --type REG_SZ <<-STEPS
		remove $config/SYSTEM.LOG1 $config/SYSTEM.LOG2
		zeros $config/SYSTEM.LOG1 65536
		zeros $config/SYSTEM.LOG2 65536
	STEPS
	lose_base "no logs, $base" "$base" registry "$target" import "$scratch/import.reg" <<-STEPS
		remove $config/SYSTEM.LOG1 $config/SYSTEM.LOG2 $config/SOFTWARE.LOG1 $config/SOFTWARE.LOG2
	STEPS
done

# the log that was made is as hidden as Windows makes it, and as well kept from others as its hive
security() {
	ntfsinfo -F "$config/$1" "$scratch/part.img" 2>/dev/null | sed -n 's/.*Security ID:[[:space:]]*//p' | head -n 1
}
expect 0 "$resprep" registry "$target" set "$key" Zzz short --type REG_SZ --yes --json --journal-dir "$scratch/journals"
dd if="$target" of="$scratch/part.img" bs=4096 skip="$(member volume.offset)" count="$(member volume.size)" \
	iflag=skip_bytes,count_bytes conv=sparse status=none
[ -n "$(security SYSTEM)" ] || fail "SYSTEM has no security id"
same 'security of the log' "$(security SYSTEM.LOG1)" "$(security SYSTEM)"
attributes() {
	ntfsinfo -F "$config/$1" "$scratch/part.img" 2>/dev/null | sed -n 's/.*File attributes:[[:space:]]*//p' | head -n 1
}
same 'attributes of the log' "$(attributes SYSTEM.LOG1)" "$(attributes SAM.LOG1)"
case $(attributes SYSTEM.LOG1) in
*HIDDEN*SYSTEM* | *SYSTEM*HIDDEN*) ;;
*) fail "the log is not hidden: $(attributes SYSTEM.LOG1)" ;;
esac
finish
