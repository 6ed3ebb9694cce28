#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The second half of make check-real REAL=DIR: hives that Windows wrote, and hives made from them to be dirty,
# damaged or hostile, through `resprep registry`.  DIR/hives holds *.tar.xz and MANIFEST.tsv.
. "${top_srcdir:?}/tests/functional/functions.sh"
real=$1
journals=$scratch/journals
hives=$scratch/hives
checkhive="/usr/bin/python3 $top_srcdir/tests/support/checkhive.py"
libregf="/usr/bin/python3 $top_srcdir/tests/support/judge-libregf.py"

mkdir "$hives"
for archive in "$real"/hives/*.tar.xz; do
	tar -xJf "$archive" -C "$hives"
done

# run VERB …: exit code in $code; never a crash
run() {
	timeout 300 "$resprep" registry "$@" --journal-dir "$journals" >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
	[ "$code" -lt 64 ] || fail "exit $code: $*: $(tail -n 3 "$scratch/err")"
}

# ---- dirty: what Windows would recover, or refused
equal=0 refused=0
for folder in "$hives"/synthetic-dirty/*/; do
	rm -f "$scratch/out.bin"
	run "$folder/SOFTWARE" replay --out "$scratch/out.bin"
	if [ -f "$folder/expected.bin" ]; then
		if cmp -s "$scratch/out.bin" "$folder/expected.bin"; then
			equal=$((equal + 1))
		else
			fail "$(basename "$folder"): not what is expected"
		fi
	else
		same "$(basename "$folder"): exit code" "$code" 8
		[ -e "$scratch/out.bin" ] && fail "$(basename "$folder"): something was written"
		cp -r "$folder" "$scratch/dirty"
		run "$scratch/dirty/SOFTWARE" set 'Microsoft' resprep 1 --type REG_DWORD --yes
		same "$(basename "$folder"): exit code of an edit" "$code" 8
		rm -rf "$scratch/dirty"
		refused=$((refused + 1))
	fi
done
echo "synthetic-dirty: $equal as expected, $refused refused"

windows10=$(find "$hives" -name RecoveredHive_Windows10)
if [ -n "$windows10" ]; then
	run "${windows10%/*}/NewDirtyHive" replay --out "$scratch/windows10"
	if cmp "$scratch/windows10" "$windows10"; then
		echo "NewDirtyHive: byte for byte what Windows 10 recovered"
	else
		fail "NewDirtyHive is not what Windows 10 made of it"
	fi
fi

# ---- SYSTEM_B: a repair of Remote Desktop keeps what its 24 log entries say
system_b=$(find "$hives" -name SYSTEM_B)
if [ -n "$system_b" ]; then
	fixture_tree healthy-2012r2 "$scratch/tree"
	for suffix in '' .LOG1 .LOG2; do
		cp "$system_b$suffix" "$scratch/tree/Windows/System32/config/SYSTEM$suffix"
	done
	first=$(hash_tree "$scratch/tree")
	run "$scratch/tree" replay SYSTEM --out "$scratch/replayed"
	"$resprep" repair "$scratch/tree" --only rdp-connections-denied --yes --json --journal-dir "$journals" \
		>"$scratch/out" 2>"$scratch/err"
	same "repair of SYSTEM_B" $? 1
	journal=$(member journal)
	run "$scratch/replayed" diff "$scratch/tree/Windows/System32/config/SYSTEM"
	grep -c '^[-+]' "$scratch/out" >"$scratch/differences"
	same "values that differ from the replayed hive" "$(grep '^[-+]' "$scratch/out" | grep -vc 'fDenyTSConnections\|UserAuthentication')" 0
	$checkhive "$scratch/tree/Windows/System32/config/SYSTEM" >"$scratch/judge" 2>&1 ||
		fail "SYSTEM_B after the repair: $(head -n 2 "$scratch/judge")"
	for judge in hivexml reglookup regfexport; do
		$judge "$scratch/tree/Windows/System32/config/SYSTEM" >/dev/null 2>"$scratch/judge" ||
			fail "SYSTEM_B after the repair: $judge"
	done
	count() { hivexml "$1" 2>/dev/null | grep -o "<$2[ >]" | wc -l; }
	repaired=$scratch/tree/Windows/System32/config/SYSTEM
	echo "SYSTEM_B: repaired; keys $(count "$system_b" node) -> $(count "$repaired" node)," \
		"values $(count "$system_b" value) -> $(count "$repaired" value)," \
		"$(cat "$scratch/differences") lines differ from the replayed hive"
	"$resprep" undo "$journal" "$scratch/tree" --yes --journal-dir "$journals" >/dev/null || fail "undo of SYSTEM_B"
	same "the tree after undo" "$(hash_tree "$scratch/tree")" "$first"
fi

# ---- damaged: each is reported with its place
reported=0
for hive in "$hives"/synthetic-corrupt/*; do
	case $hive in
	*/00_good)
		run "$hive" verify
		same "the sound one" "$code" 0
		continue
		;;
	esac
	run "$hive" verify
	if [ "$code" = 4 ] && grep -qE '^  (error|warning) +0x[0-9a-f]{8} ' "$scratch/out"; then
		reported=$((reported + 1))
	else
		fail "$(basename "$hive"): not reported with its place (exit $code)"
	fi
done
echo "synthetic-corrupt: $reported reported with their place"

# ---- hostile: refused, and not touched
hostile=0
for hive in "$hives"/synthetic-crafted/*; do
	cp "$hive" "$scratch/hostile"
	first=$(hash_of "$scratch/hostile")
	run "$scratch/hostile" verify
	same "$(basename "$hive"): verify" "$code" 4
	run "$scratch/hostile" export
	run "$scratch/hostile" set New value 1 --type REG_DWORD --yes
	same "$(basename "$hive"): edit" "$code" 8
	same "$(basename "$hive"): hash" "$(hash_of "$scratch/hostile")" "$first"
	hostile=$((hostile + 1))
done
echo "synthetic-crafted: $hostile refused"

# ---- sound: no false alarm, and an edit of each kind that others read and that is undone
sound=0 edited=0 other=0
while IFS=$'\t' read -r file _ _ _ _ type version state _; do
	case $file in synthetic* | file | *.LOG* | *.log*) continue ;; esac
	case $state in clean*) ;; *) continue ;; esac
	hive=$(find "$hives" -path "*${file#*/}" -type f | head -n 1)
	[ -n "$hive" ] || continue
	cp "$hive" "$scratch/HIVE"
	run "$scratch/HIVE" verify
	if [ "$code" != 0 ]; then
		other=$((other + 1))
		echo "$file ($type $version): $(head -n 2 "$scratch/out" | tail -n 1)"
		continue
	fi
	sound=$((sound + 1))
	first=$(hash_of "$scratch/HIVE")
	rm -rf "$journals"
	{
		printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\HIVE\\resprep\\Ärger\\tief]\n"x"=dword:1\n"Größe"="wert"\n"big"=hex:'
		head -c 20000 /dev/zero | od -An -v -tx1 | tr -s ' \n' ',' | sed 's/^,//; s/,$//'
		printf '\n\n[HKEY_LOCAL_MACHINE\\HIVE\\resprep\\weg]\n[-HKEY_LOCAL_MACHINE\\HIVE\\resprep\\weg]\n'
	} >"$scratch/edit.reg"
	run "$scratch/HIVE" import "$scratch/edit.reg" --yes --allow-sam
	[ "$code" = 0 ] || {
		fail "$file: import: $(cat "$scratch/err")"
		continue
	}
	# a judge that has no complaint about the hive as it was must have none now
	for judge in "$checkhive" hivexml regfexport "$libregf"; do
		$judge "$hive" >/dev/null 2>&1 || continue
		$judge "$scratch/HIVE" >/dev/null 2>"$scratch/judge" || fail "$file after the edit: $judge: $(head -n 1 "$scratch/judge")"
	done
	"$resprep" undo "$(find "$journals" -name '*.applied')" "$scratch/HIVE" --yes --journal-dir "$journals" >/dev/null 2>"$scratch/err" ||
		fail "$file: undo: $(cat "$scratch/err")"
	same "$file after undo" "$(hash_of "$scratch/HIVE")" "$first"
	edited=$((edited + 1))
done <"$real/hives/MANIFEST.tsv"
echo "real hives: $sound sound, $edited edited, judged and undone; $other not sound"
echo "hives: $equal replayed as expected and $refused refused of synthetic-dirty, $reported damages reported," \
	"$hostile hostile refused, $sound sound without a false alarm, $edited edited and undone"
[ $((equal * reported * sound)) -gt 0 ] || fail "nothing to check against"
finish
