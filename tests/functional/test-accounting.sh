#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A volume on which some clusters count as free that a file has: whatever takes clusters could take those, and is refused. An
# account that cannot be taken excuses nothing.
. "${top_srcdir:?}/tests/functional/functions.sh"
target=$scratch/disk.img
journals=$scratch/journals
changed=$scratch/big.reg
{
	printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\Setup]\n'
	printf '"Big"="%060000d"\n' 7
} >"$changed"

# build [lose]: an image with a file that has nearly all there is; its clusters count as free
build() {
	printf '%s\n' 'base server2012r2-deployed' 'zeros /big.bin 8M' >"$scratch/case.recipe"
	"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$target" "$scratch/case.recipe" >"$scratch/mkfixture.log" 2>&1 ||
		{ cat "$scratch/mkfixture.log"; exit 99; }
	[ $# = 0 ] || /usr/bin/python3 "$top_srcdir/tests/support/leak-cluster.py" "$target" $((3 << 20)) big.bin || exit 99
	first=$(hash_of "$target")
}

# a hive that grows, a file whose size changes in the place that it has, and bytes in place
grow=(registry "$target" import "$changed" --yes --journal-dir "$journals")
resize=(agent "$target" set Ec2DynamicBootVolumeSize=Enabled --yes --journal-dir "$journals")
in_place=(registry "$target" set 'HKLM\SYSTEM\Setup' OOBEInProgress 1 --yes --journal-dir "$journals")

# sound but for one cluster that counts as used and is nobody's: some could be the other way round
build
/usr/bin/python3 "$top_srcdir/tests/support/leak-cluster.py" "$target" $((3 << 20)) || exit 99
first=$(hash_of "$target")
expect 8 "$resprep" "${grow[@]}"
says "the volume's clusters do not add up"
says 'let Windows run chkdsk /f on this volume first; nothing was written'
same 'refused' "$(hash_of "$target")" "$first"

build lose
expect 0 "$resprep" inspect "$target" --journal-dir "$journals"
says 'state: clean'
# whose the clusters are that it takes is seen
expect 8 "$resprep" "${grow[@]}"
says "which would be changed, belongs to both"
says "'/big.bin' (MFT record"
says 'let Windows run chkdsk /f on this volume first'
same 'refused' "$(hash_of "$target")" "$first"
expect 0 "$resprep" "${resize[@]}"
says "the volume's clusters did not add up before the repair"
expect 0 "$resprep" "${in_place[@]}"
if grep -q 'add up' "$scratch/out" "$scratch/err"; then fail 'bytes in place need no account'; fi

# a cluster that chkdsk has found to be bad is nobody's fault
build
/usr/bin/python3 "$top_srcdir/tests/support/bad-cluster.py" "$target" $((3 << 20)) || exit 99
expect 0 "$resprep" "${grow[@]}"
expect 0 "$resprep" "${resize[@]}"
if grep -q 'add up\|bad sector' "$scratch/out" "$scratch/err"; then fail 'a bad cluster is accounted for'; fi

# ntfsresize does not run: what takes nothing goes on, what takes clusters does not
ntfsresize=$(PATH=/usr/sbin:/usr/bin:/sbin:/bin type -P ntfsresize)
# shellcheck disable=SC2317 # called by expect
without() {
	strace -f -qq -P "$ntfsresize" -e trace=execve -e inject=execve:error=ENOENT -o /dev/null "$resprep" "$@"
}
build
expect 8 without "${grow[@]}"
says 'whether another file has them cannot be told (ntfsresize did not work on the overlay); nothing was written'
same 'refused without an account' "$(hash_of "$target")" "$first"
expect 0 without "${resize[@]}"
says 'the clusters of the repaired volume were not accounted for'
expect 0 "$resprep" "${grow[@]}"
finish
