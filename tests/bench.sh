#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make bench`: how long a whole `check` of a volume takes, beside what people do by hand for one
# value of it (read the hive out with ntfscat, ask hivexget); then a hive of more than 100 MB opened and checked
# strictly, edited, deleted, exported and imported, and beside that hivex's plain open, with the peak of memory as a share of the
# hive (of the larger of the two processes).  With REAL=DIR also the real SYSTEM_B with its logs.  Wall-clock times of this machine: to
# compare with each other, not with another machine's.  Then the error codes of a log of 52 MB, beside grep for numbers that look like some.
set -eu
unset MALLOC_PERTURB_ # which the tests set: it touches all that is allocated
: "${top_srcdir:?run me with: make bench}" "${top_builddir:?}" "${TMPDIR:?}"

rounds=${ROUNDS:-20}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
image=$work/server2012r2.img
"$top_builddir/tests/support/mkfixture" \
	"$top_srcdir/fixtures/cases/sysprep-copyprofile-failed/case.recipe" "$image" >/dev/null

# best NAME COMMAND …: the shortest of all rounds, in milliseconds
best() {
	local name=$1 start took i
	shortest=''
	shift
	for ((i = 0; i < rounds; i++)); do
		start=$(date +%s%N)
		"$@" >"$work/output" 2>&1 || true
		took=$((($(date +%s%N) - start) / 1000))
		if [ -z "$shortest" ] || [ "$took" -lt "$shortest" ]; then
			shortest=$took
		fi
	done
	printf '%-44s %6d.%03d ms\n' "$name" $((shortest / 1000)) $((shortest % 1000))
}

# The partition as a file of its own, which is all that ntfscat can read without a loop device.
partition_out() {
	local start size
	read -r start size < <(sfdisk --json "$image" | tr -d ' ",\n' |
		grep -o 'start:[0-9]*size:[0-9]*' | sort -t : -k 3 -n | tail -n 1 |
		sed 's/start:\([0-9]*\)size:\([0-9]*\)/\1 \2/')
	dd if="$image" of="$work/partition" bs=512 skip="$start" count="$size" status=none
}

by_hand() {
	ntfscat "$work/partition" /Windows/System32/config/SYSTEM >"$work/SYSTEM" &&
		hivexget "$work/SYSTEM" 'ControlSet001\Control\Terminal Server' fDenyTSConnections
}

partition_out
best "resprep check (every check, whole disk)" "$top_builddir/resprep" check "$image"
best "resprep inspect" "$top_builddir/resprep" inspect "$image"
best "by hand: ntfscat + hivexget, one value" by_hand
"$top_builddir/resprep" check "$image" --stats 2>&1 | grep -iE 'reads|bytes|blocks|sectors' || true

# ---- hives

# peak NAME FILE COMMAND …: the largest resident size, beside the file's
peak() {
	local name=$1 size kib
	size=$(stat -c %s "$2")
	shift 2
	# of the program alone: a child of Python would begin with what Python takes
	kib=$(/usr/bin/time -f %M "$@" 2>&1 >/dev/null </dev/null | tail -n 1)
	printf '%-44s %6d.%02d of the file (%d KiB)\n' "$name" $((kib * 1024 / size)) \
		$((kib * 102400 / size % 100)) "$kib"
}

plain_open() {
	echo quit | hivexsh "$1"
}

printf '[HKEY_LOCAL_MACHINE\\SOFTWARE\\List]\n' | sed '1i Windows Registry Editor Version 5.00\n' >"$work/small.reg"
/usr/bin/python3 "$top_srcdir/tests/support/mkhive.py" --prefix 'HKEY_LOCAL_MACHINE\SOFTWARE' --name SOFTWARE \
	-o "$work/small" "$work/small.reg"
"$top_builddir/tests/support/hive-driver" "$work/small" "$work/large" many-values List 22000
cat >"$work/large.recipe" <<E
base server2012r2-deployed
partition-size 3 320M
table none
E
"$top_builddir/tests/support/mkfixture" --fixtures "$top_srcdir/fixtures" -o "$work/large.img" "$work/large.recipe" >/dev/null
ntfscp -f "$work/large.img" "$work/large" /Windows/System32/config/SOFTWARE >/dev/null 2>&1
printf '\n'
peak "memory of a hive of two pages, opened" "$work/small" "$top_builddir/resprep" registry "$work/small" verify
printf '\nA hive of %d bytes\n' "$(stat -c %s "$work/large")"
rounds=5
best "open, read and strict check" "$top_builddir/resprep" registry "$work/large" verify
best "hivex's plain open" plain_open "$work/large"
best "one new value, proven, not written (image)" "$top_builddir/resprep" registry "$work/large.img" \
	set 'HKLM\SOFTWARE\List' new text --type REG_SZ --dry-run
peak "memory of open and check" "$work/large" "$top_builddir/resprep" registry "$work/large" verify
peak "memory of the edit" "$work/large" "$top_builddir/resprep" registry "$work/large.img" \
	set 'HKLM\SOFTWARE\List' new text --type REG_SZ --dry-run
# really written, each time to a copy, and taken back; the larger of the two processes counts
written() { # NAME HIVE VERB …: Windows' own logs beside it too
	local name=$1 hive=$2
	shift 2
	rm -rf "$work/copy" "$work/journals"
	mkdir "$work/copy"
	cp "$hive" "$work/copy/HIVE"
	for log in .LOG1 .LOG2; do
		[ ! -e "$hive$log" ] || cp "$hive$log" "$work/copy/HIVE$log"
	done
	peak "$name" "$hive" "$top_builddir/resprep" registry "$work/copy/HIVE" "$@" --yes --journal-dir "$work/journals"
	peak "  and of its undo" "$hive" "$top_builddir/resprep" undo "$work/journals"/*.applied "$work/copy/HIVE" --yes
	cmp "$hive" "$work/copy/HIVE"
}
exported() { # HIVE: in both ways
	rm -f "$work/export.reg"
	peak "memory of an export" "$1" "$top_builddir/resprep" registry "$1" export
	peak "  into a file" "$1" "$top_builddir/resprep" registry "$1" export --out "$work/export.reg"
}
imported() { # EMPTY HIVE: its export, just made, into an empty hive; as a share of the hive, and of hive and text
	local text both kib
	rm -rf "$work/copy" "$work/journals"
	mkdir "$work/copy"
	cp "$1" "$work/copy/HIVE"
	text=$(stat -c %s "$work/export.reg")
	both=$((text + $(stat -c %s "$2")))
	peak "memory of an import of it" "$2" "$top_builddir/resprep" registry "$work/copy/HIVE" \
		import "$work/export.reg" --yes --journal-dir "$work/journals" | tee "$work/figure"
	kib=$(sed 's/.*(\([0-9]*\) KiB)/\1/' "$work/figure")
	printf '%-44s %6d.%02d of hive and text (%d bytes)\n' "" $((kib * 1024 / both)) $((kib * 102400 / both % 100)) "$text"
}
written "memory of one value, written" "$work/large" set List new text --type REG_SZ
written "memory of all of it deleted" "$work/large" delete List
written_dry() {
	peak "$1" "$2" "$top_builddir/resprep" registry "$2" delete List --dry-run "${@:3}"
}
written_dry "  each change of it listed" "$work/large"
written_dry "  and as JSON" "$work/large" --json
exported "$work/large"

# ---- the error codes of a log

cat >"$work/lines" <<'E'
2014-06-05 10:40:55, Info       [0x0f004d] SYSPRP The time is now 2014-06-05 10:40:55
2014-06-05 10:40:55, Info                  CSI    00000001 Created NT transaction (seq 1) result 0x00000000, handle @0x2c4
2014-06-05 10:40:55, Info                  DISM   DISM Provider Store: PID=1234 TID=5678 Connecting to the provider - CDISMProviderStore::Internal_LoadProvider
2014-06-05 10:40:56, Warning               MIG    Cannot retrieve group information for user S-1-5-21-1-2. Error: 5
2014-06-05 10:40:56, Error                        [Shell Unattend] CopyProfile failed (0x80070003) [gle=0x00000003]
E
yes "$(cat "$work/lines")" | head -c 52000000 >"$work/setupact.log" || true
printf '\nA log of %d bytes\n' "$(stat -c %s "$work/setupact.log")"
best "resprep explain" "$top_builddir/resprep" explain "$work/setupact.log"
best "grep -c of what looks like a code" grep -cE '0x[0-9a-f]{8}' "$work/setupact.log"
peak "memory of explain" "$work/setupact.log" "$top_builddir/resprep" explain "$work/setupact.log"

# ---- logs

# A log as a long servicing and Sysprep leave it: an error in 20,000 lines, and the failure at its end.
/usr/bin/python3 - >"$work/setupact.log" <<'E'
import random
random.seed(1)
words = ["SYSPRP RunDlls:Running platform actions specified in action file for phase 3",
         "SYSPRP ActionPlatform::LaunchModule: Successfully executed 'Sysprep_Generalize_Net' from C:\\Windows\\System32\\netsysprep.dll",
         "SYSPRP LaunchDll:Found 'C:\\Windows\\System32\\slc.dll,SLReArmWindows'; executing it",
         "CSI    00000001 Created NT transaction (seq 1) result 0x00000000, handle @0x9ec", "MIG    Processing component",
         "SP     Operation completed successfully: Add [1] package"]
size = i = 0
while size < 52_000_000:
    level = "Error" if i % 20000 == 7 else "Warning" if i % 200 == 0 else "Info"
    line = f"2025-07-22 21:{i // 60 % 60:02}:{i % 60:02}, {level:<11}           {random.choice(words)} {i}\r"
    print(line)
    size += len(line) + 1
    i += 1
print("2025-07-22 21:55:40, Error                 SYSPRP Failed to remove apps for the current user: 0x80073cf2.\r")
print("2025-07-22 21:55:41, Error      [0x0f0082] SYSPRP ActionPlatform::LaunchModule: Failure occurred while executing "
      "'SysprepGeneralize' from C:\\Windows\\System32\\AppxSysprep.dll; dwRet = 0x3cf2\r")
E
cat >"$work/big.recipe" <<'E'
base server2012r2-deployed
partition-size 3 160M
file /Windows/System32/Sysprep/Panther/setupact.log setupact.log
E
"$top_builddir/tests/support/mkfixture" --fixtures "$top_srcdir/fixtures" -o "$work/big.img" "$work/big.recipe" >/dev/null
"$top_builddir/tests/support/known-literals" | sort -u >"$work/literals"
printf '\nA setupact.log of %d bytes in an NTFS image, with %d literals of known failures\n' \
	"$(stat -c %s "$work/setupact.log")" "$(wc -l <"$work/literals")"
best "resprep logs --errors, all signatures" "$top_builddir/resprep" logs "$work/big.img" --errors
ours=$shortest
grep -q appx "$work/output" || echo "but it does not find what is there"
if command -v rg >/dev/null; then
	best "rg -i -F, the literals, on the file itself" rg -i -F -f "$work/literals" "$work/setupact.log"
	printf '%-44s %6d.%02d\n' "the ratio (at most 2)" $((ours / shortest)) $((ours * 100 / shortest % 100))
else
	echo "rg (package ripgrep) is not here to compare with"
fi
peak "memory of logs --errors" "$work/setupact.log" "$top_builddir/resprep" logs "$work/big.img" --errors

if [ -n "${REAL:-}" ]; then
	mkdir "$work/real"
	for archive in "$REAL"/hives/*.tar.xz; do
		tar -xJf "$archive" -C "$work/real"
	done
	system_b=$(find "$work/real" -name SYSTEM_B)
	printf '\nSYSTEM_B, dirty with two logs, %d bytes\n' "$(stat -c %s "$system_b")"
	best "open, replay and strict check" "$top_builddir/resprep" registry "$system_b" verify
	best "hivex's plain open" plain_open "$system_b"
	peak "memory of open, replay and check" "$system_b" "$top_builddir/resprep" registry "$system_b" verify
	written "memory of one value, written" "$system_b" set Select Failed 5
	exported "$system_b"
	printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM]\n' >"$work/empty.reg"
	/usr/bin/python3 "$top_srcdir/tests/support/mkhive.py" --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' --name SYSTEM \
		-o "$work/empty" "$work/empty.reg"
	imported "$work/empty" "$system_b"
fi
