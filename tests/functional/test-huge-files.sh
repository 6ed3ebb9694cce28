#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files that are larger than the time to read them: a transaction log, and a hive, with a hole of terabytes.
. "${top_srcdir:?}/tests/functional/functions.sh"
journals=$scratch/journals
config=/Windows/System32/config
log=$config/SYSTEM.LOG1
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\Setup\\New]\n"Value"="text"\n' >"$scratch/several.reg"

# build STEPS …: an image and a folder of it
build() {
	rm -rf "$scratch/tree"
	printf '%s\n' 'base server2012r2-deployed' "$@" >"$scratch/case.recipe"
	"$mkfixture" --fixtures "$top_srcdir/fixtures" --tree "$scratch/tree" -o "$scratch/disk.img" "$scratch/case.recipe" \
		>"$scratch/mkfixture.log" 2>&1 || { cat "$scratch/mkfixture.log"; exit 99; }
	first=$(hash_of "$scratch/disk.img")
}

# soon CODE ARGUMENTS …: it ends by itself
soon() {
	local code=$1
	shift
	expect "$code" timeout 60 "$resprep" "$@" --journal-dir "$journals"
}

build "remove $log" "file $log <<END" 'nothing of use' END "sparse $log 8192G"
for target in "$scratch/disk.img" "$scratch/tree"; do
	soon 8 registry "$target" set 'HKLM\SYSTEM\Setup' OOBEInProgress 1 --dry-run
	says 'SYSTEM: its transaction log .LOG1 is larger (8.8 TB) than any that Windows writes'
	soon 8 registry "$target" import "$scratch/several.reg" --yes
	says 'SYSTEM: its transaction log .LOG1 is larger (8.8 TB) than any that Windows writes'
	soon 0 check "$target"
done
same 'nothing was written' "$(hash_of "$scratch/disk.img")" "$first"

# a dirty hive, which is read with its logs
build "remove $log" "file $log <<END" 'nothing of use' END "sparse $log 8192G" "hive-damage $config/SYSTEM dirty"
for target in "$scratch/disk.img" "$scratch/tree"; do
	soon 4 check "$target"
	says '.LOG1 is larger than any that Windows writes'
done

# one that a log could be: its hole is passed over
build "remove $log" "file $log <<END" 'nothing of use' END "sparse $log 2047M"
for target in "$scratch/disk.img" "$scratch/tree"; do
	soon 0 registry "$target" set 'HKLM\SYSTEM\Setup' OOBEInProgress 1 --yes
done

# a hive with a hole behind its bins is edited in its place; the hole is not copied
build "sparse $config/SYSTEM 8192G"
for target in "$scratch/disk.img" "$scratch/tree"; do
	soon 0 registry "$target" get 'HKLM\SYSTEM\Setup' OOBEInProgress
	soon 8 registry "$target" replay SYSTEM --out "$scratch/SYSTEM"
	says 'SYSTEM: its file is larger than a hive can be (2 GiB)'
done
soon 0 registry "$scratch/disk.img" set 'HKLM\SYSTEM\Setup' OOBEInProgress 1 --yes
soon 8 registry "$scratch/tree" set 'HKLM\SYSTEM\Setup' OOBEInProgress 1 --yes
says "'$config/SYSTEM' is too large to be changed"
finish
