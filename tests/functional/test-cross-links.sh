#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two files that have one cluster.  What is written to the one would be written to the other: another hive, somebody's file, the file
# system's own.  Bytes in place need no account of the volume's clusters, but this is seen before anything is written.
. "${top_srcdir:?}/tests/functional/functions.sh"
target=$scratch/disk.img
journals=$scratch/journals
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\Setup\\New]\n"Value"="text"\n' >"$scratch/several.reg"
several=(registry "$target" import "$scratch/several.reg" --yes --journal-dir "$journals")
in_place=(registry "$target" set 'HKLM\SYSTEM\Setup' OOBEInProgress 1 --yes --journal-dir "$journals")
config=/Windows/System32/config

# as long as a log becomes, so that it need not grow
seq 20000 | head -c 98304 >"$scratch/log"
printf '%s\n' 'base server2012r2-deployed' 'zeros /big.bin 8M' "remove $config/SYSTEM.LOG1" "file $config/SYSTEM.LOG1 log" >"$scratch/case.recipe"
"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$scratch/sound.img" "$scratch/case.recipe" >"$scratch/mkfixture.log" 2>&1 ||
	{ cat "$scratch/mkfixture.log"; exit 99; }

# lay NAME OTHER
lay() {
	cp "$scratch/sound.img" "$target"
	/usr/bin/python3 "$top_srcdir/tests/support/cross-link.py" "$target" $((3 << 20)) "$@" || exit 99
	first=$(hash_of "$target")
}

# refused COMMAND …: also as a dry run
refused() {
	expect 8 "$resprep" "$@"
	says 'nothing was written: the volume is damaged'
	says 'let Windows run chkdsk /f on this volume first'
	same 'refused' "$(hash_of "$target")" "$first"
	expect 8 "$resprep" "${@/--yes/--dry-run}"
	says 'let Windows run chkdsk /f on this volume first'
}

# the log of one hive lies over another hive, a file of somebody, and the file system's own
# shellcheck disable=SC2016 # these are names
for other in SAM big.bin '$MFT' '$MFTMirr' '$Bitmap'; do
	lay SYSTEM.LOG1 "$other"
	case $other in
	SAM) named=$config/SAM ;;
	*) named=/$other ;;
	esac
	# shellcheck disable=SC2016
	if [ "$other" = '$MFT' ]; then
		# what is laid over the records is seen when they are read again
		expect 8 "$resprep" "${several[@]}"
		says 'the volume is damaged there'
		same 'refused' "$(hash_of "$target")" "$first"
	else
		refused "${several[@]}"
		says "'$config/SYSTEM.LOG1' (MFT record"
		says "'$named' (MFT record"
	fi
	# what does not write there goes on
	expect 0 "$resprep" "${in_place[@]}"
	first=$(hash_of "$target")
	[ "$other" = SAM ] || continue
	expect 0 "$resprep" check "$target" --only rdp-connections-denied
	same 'looked at' "$(hash_of "$target")" "$first"
done

# somebody's file over a hive: one value in place would change both
lay big.bin SYSTEM
refused "${in_place[@]}"
says "'/big.bin' (MFT record"
says "'$config/SYSTEM' (MFT record"

# a name is shown as one: no other line can be made with it, and no escape sequence
cp "$scratch/sound.img" "$scratch/plain.img"
printf '%s\n' "named /big.bin \"ev\\x1b[31mil\\x0aresprep: all is well.bin\"" >>"$scratch/case.recipe"
"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$scratch/sound.img" "$scratch/case.recipe" >"$scratch/mkfixture.log" 2>&1 ||
	{ cat "$scratch/mkfixture.log"; exit 99; }
lay $'ev\e[31mil\nresprep: all is well.bin' SYSTEM
refused "${in_place[@]}"
says "'/ev\\x1b[31mil\\x0aresprep: all is well.bin' (MFT record"
same 'lines' "$(wc -l <"$scratch/err")" 1
mv "$scratch/plain.img" "$scratch/sound.img"

# a file that has the same clusters twice
lay SYSTEM.LOG1 BACK
refused "${several[@]}"
says 'in two places'

# $MFT itself leads nowhere in part: what can be read of it tells of the two files, and else nothing can be told
# shellcheck disable=SC2016 # a name
for beyond in $((1 << 24)) $(((1 << 51) + 7)); do
	beyond() { /usr/bin/python3 "$top_srcdir/tests/support/cross-link.py" "$target" $((3 << 20)) '$MFT' BEYOND "$beyond" || exit 99; }
	lay big.bin SYSTEM
	beyond
	first=$(hash_of "$target")
	refused "${in_place[@]}"
	says "'/big.bin' (MFT record"
	says "'$config/SYSTEM' (MFT record"
	cp "$scratch/sound.img" "$target"
	beyond
	first=$(hash_of "$target")
	for how in --yes --dry-run; do
		expect 8 "$resprep" "${in_place[@]/--yes/$how}"
		says 'nothing was written: whether other files have the clusters that change cannot be told: '
		says 'cannot read '\''$MFT'\'': the volume is damaged there'
		says 'let Windows run chkdsk /f on this volume first'
		same 'refused' "$(hash_of "$target")" "$first"
	done
	expect 0 "$resprep" inspect "$target"
done

# a sound one
cp "$scratch/sound.img" "$target"
expect 0 "$resprep" "${in_place[@]}"
expect 0 "$resprep" "${several[@]}"
finish
