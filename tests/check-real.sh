#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make check-real REAL=DIR: on volumes that Windows formatted and hives that Windows wrote.  DIR holds volumes/*.raw.gz and
# hives/*.tar.xz with hives/MANIFEST.tsv.
. "${top_srcdir:?}/tests/functional/functions.sh"
real=$1
journals=$scratch/journals
volumes=0 repaired=0 read_only=0 sound=0 refused=0

[ -d "$real/volumes" ] && [ -d "$real/hives" ] || {
	echo "'$real' has no volumes/ and hives/: nothing to check against"
	exit 2
}

# A volume formatted by Windows 10 takes a write, other programs agree, and undo gives the same hash.
for packed in "$real"/volumes/*.raw.gz; do
	image=$scratch/volume.raw
	gzip -dc "$packed" >"$image"
	first=$(hash_of "$image")
	fls_offset=0
	start=$(sfdisk -d "$image" 2>/dev/null | sed -n 's/.*start= *\([0-9]*\).*/\1/p' | head -n 1)
	fls_offset=${start:-0}
	# the first regular file of some size that is not the file system's own
	read -r inode path < <(fls -F -r -p -o "$fls_offset" "$image" 2>/dev/null |
		sed -n 's/^r\/r \([0-9]*\)-128-[0-9]*:\t\([^$].*\)$/\1 \2/p' | grep -v '[$:]' | head -n 1)
	if [ -z "${path:-}" ]; then
		echo "$(basename "$packed"): no plain file to write to; passed over"
		continue
	fi
	icat -o "$fls_offset" "$image" "$inode" >"$scratch/before"
	if [ "$(stat -c %s "$scratch/before")" -lt 4 ]; then
		echo "$(basename "$packed"): '$path' is too small to write to; passed over"
		continue
	fi
	if ! journal=$("$top_builddir/tests/support/volume-driver" "$image" "/$path" 0 "real" "$journals"); then
		fail "$(basename "$packed"): cannot write to '$path'"
		continue
	fi
	[ "$(hash_of "$image")" = "$first" ] && fail "$(basename "$packed"): nothing was written"
	icat -o "$fls_offset" "$image" "$inode" >"$scratch/after"
	[ "$(head -c 4 "$scratch/after")" = real ] || fail "sleuthkit does not see the write to '$path'"
	"$resprep" undo "$journal" "$image" --yes --journal-dir "$journals" >/dev/null || fail "undo of $packed"
	same "hash of $(basename "$packed") after undo" "$(hash_of "$image")" "$first"
	volumes=$((volumes + 1))
done

# A volume that Windows 10 wrote, put back by seven checkpoints of its own log: replay brings back what it was (a renamed file,
# under which the driver then writes), and undo the unclean volume to the byte.
replayed=0
if [ -f "$real/volumes/ntfs-lastaccess.raw.gz" ]; then
	for version in 1.1 2.0; do
		gzip -dc "$real/volumes/ntfs-lastaccess.raw.gz" >"$scratch/volume.raw"
		fls -r -p -o 128 "$scratch/volume.raw" >"$scratch/names"
		"$top_srcdir/tests/support/stale-volume.py" "$scratch/volume.raw" 65536 7 0x10754f "$version" \
			"$top_builddir/src/resprep-overlay.so" || fail "cannot make a stale volume"
		fls -r -p -o 128 "$scratch/volume.raw" | cmp -s - "$scratch/names" && fail "the stale volume is not stale"
		first=$(hash_of "$scratch/volume.raw")
		if journal=$("$top_builddir/tests/support/volume-driver" "$scratch/volume.raw" /test/1.txt 0 real "$journals"); then
			fls -r -p -o 128 "$scratch/volume.raw" | diff "$scratch/names" - || fail "replay $version: other names than before"
			"$resprep" undo "$journal" "$scratch/volume.raw" --yes --journal-dir "$journals" >/dev/null || fail "undo of a replay"
			same "hash after the undo of a replay" "$(hash_of "$scratch/volume.raw")" "$first"
			replayed=$((replayed + 1))
		else
			fail "\$LogFile $version was not replayed"
		fi
	done
fi

# Every SYSTEM hive of a real Windows, in a folder like a mounted volume: clean ones are repaired and read by
# others, dirty and old ones are reported and refused.
mkdir "$scratch/hives"
for archive in "$real"/hives/*.tar.xz; do
	case $archive in *synthetic*) continue ;; esac
	tar -xJf "$archive" -C "$scratch/hives"
done
while IFS=$'\t' read -r file _ _ _ _ type version state _; do
	[ "$type" = SYSTEM ] || continue
	hive=$(find "$scratch/hives" -path "*${file#*/}" -type f | head -n 1)
	[ -n "$hive" ] || continue
	rm -rf "$scratch/tree" "$journals"
	fixture_tree healthy-2012r2 "$scratch/tree"
	cp "$hive" "$scratch/tree/Windows/System32/config/SYSTEM"
	first=$(hash_tree "$scratch/tree")
	"$resprep" check "$scratch/tree" --only rdp-connections-denied --json --journal-dir "$journals" \
		>"$scratch/out" 2>"$scratch/err"
	code=$?
	same "tree after check of $file" "$(hash_tree "$scratch/tree")" "$first"
	case $code in
	0 | 4) ;;
	8)
		read_only=$((read_only + 1))
		echo "$file ($version, $state): not checked: $(member error) $(member skipped)"
		continue
		;;
	*)
		fail "$file: exit $code"
		continue
		;;
	esac
	sound=$((sound + 1))
	# shut Remote Desktop with another program where it is open, so that there is something to repair
	if [ "$code" = 0 ]; then
		set_name=$(hivexget "$hive" Select Default 2>/dev/null)
		printf '[\\ControlSet%03d\\Control\\Terminal Server]\n"fDenyTSConnections"=dword:00000001\n' \
			"${set_name:-1}" >"$scratch/deny.reg"
		case $state in
		clean*) ;;
		*) continue ;;
		esac
		hivexregedit --merge "$scratch/tree/Windows/System32/config/SYSTEM" "$scratch/deny.reg" 2>/dev/null || {
			echo "$file ($version, $state): has no Terminal Server key to try with"
			continue
		}
		first=$(hash_tree "$scratch/tree")
	fi
	"$resprep" repair "$scratch/tree" --only rdp-connections-denied --yes --json --journal-dir "$journals" \
		>"$scratch/out" 2>"$scratch/err"
	code=$?
	if [ "$code" = 8 ]; then
		refused=$((refused + 1))
		echo "$file ($version, $state): refused: $(member error.message)"
		same "tree after a refusal ($file)" "$(hash_tree "$scratch/tree")" "$first"
		continue
	fi
	[ "$code" = 1 ] || {
		fail "$file ($version, $state): repair: exit $code"
		cat "$scratch/err"
		continue
	}
	for judge in "hivexml" "reglookup" "regfexport"; do
		$judge "$scratch/tree/Windows/System32/config/SYSTEM" >/dev/null 2>"$scratch/judge" ||
			fail "$file: $judge cannot read the repaired hive"
	done
	"$resprep" undo "$(member journal)" "$scratch/tree" --yes --journal-dir "$journals" >/dev/null 2>"$scratch/err" ||
		fail "$file: undo: $(cat "$scratch/err")"
	same "tree after undo ($file)" "$(hash_tree "$scratch/tree")" "$first"
	repaired=$((repaired + 1))
done <"$real/hives/MANIFEST.tsv"
echo "real: $volumes volumes written and undone, $replayed unclean logs replayed; $sound SYSTEM hives checked, $repaired repaired and undone," \
	"$refused refused, $read_only not checked"
[ "$volumes" -ge 1 ] || fail "no volume was written to"
[ "$repaired" -ge 1 ] || fail "no hive was repaired"
finish
