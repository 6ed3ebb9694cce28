#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# resprep registry as people type it: paths, values, .reg files, SAM, a single hive, dirty hives, damage, undo.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
journals=$scratch/journals
mkhive=$top_srcdir/tests/support/mkhive.py
ts='HKLM\SYSTEM\CurrentControlSet\Control\Terminal Server'

reg() { # CODE VERB …: on the image
	local want=$1
	shift
	expect "$want" "$resprep" registry "$image" "$@" --journal-dir "$journals"
}

gives() { # VALUE KEY NAME
	reg 0 get "$2" "$3"
	same "$2 $3" "$(cat "$scratch/out")" "$1"
}

newest_first() { # NAME: paths below the journals
	find "$journals" -name "$1" -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2-
}

undo_all() { # the journals, newest first
	local j
	while read -r j; do
		expect 0 "$resprep" undo "$j" "$image" --yes --journal-dir "$journals"
	done < <(newest_first '*.applied')
	same "hash after undo" "$(hash_of "$image")" "$first"
}

fixture rdp-connections-denied "$image"
first=$(hash_of "$image")

# ---- every way to write a path
for path in "$ts" 'HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Terminal Server' \
	'hklm\system\currentcontrolset\control\TERMINAL SERVER' 'Computer\HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Terminal Server\' \
	'HKLM:\SYSTEM\CurrentControlSet\Control\Terminal Server'; do
	gives 1 "$path" fDenyTSConnections
done
reg 0 get 'HKU\S-1-5-21-2044217735-1160093441-3308416925-500'
says '[HKEY_USERS\S-1-5-21-2044217735-1160093441-3308416925-500]'
reg 0 get 'HKU\.DEFAULT'
reg 0 get 'HKLM\SAM\SAM'
reg 0 get 'HKLM\SECURITY'
reg 16 get 'HKCU\Software'
says 'no current user offline'
reg 16 get 'HKLM\HARDWARE\X'
says 'made at each boot'
reg 16 get 'SYSTEM\Select'
says 'begins with no root'
reg 16 get 'HKLM\NOSUCH\X'
reg 8 get 'HKLM\COMPONENTS'
reg 8 get 'HKU\S-1-5-21-1-2-3-4'
reg 8 get 'HKLM\SYSTEM\Nowhere'
says "there is no key"
reg 8 get "$ts" Nothing
says "has no value"
reg 16 frobnicate
reg 16 get
reg 16 set "$ts" one
reg 0 get "$ts" fDenyTSConnections --json
same "type" "$(member value.type)" REG_DWORD
same "data" "$(member value.data)" 1
reg 0 get "$ts" --json
member key.path | grep -qF 'ControlSet001\Control\Terminal Server' || fail "path in JSON"
same "hash after reading" "$(hash_of "$image")" "$first"

# ---- set, delete, undo
reg 8 set "$ts" fDenyTSConnections 0
says 'nobody to ask'
reg 0 set "$ts" fDenyTSConnections 0 --dry-run
says 'REG_DWORD 1 -> REG_DWORD 0'
same "hash after a dry run" "$(hash_of "$image")" "$first"
reg 0 set "$ts" fDenyTSConnections 0 --yes
gives 0 "$ts" fDenyTSConnections
reg 0 set "$ts" fDenyTSConnections 0 --yes
says 'it is so already'
reg 16 set "$ts" New 5 --yes
says 'name its type'
reg 16 set "$ts" fDenyTSConnections five --yes
reg 0 set 'HKLM\SOFTWARE\Neu\Tief\Ünïcödé' 'Wert ß' 'C:\x "y"' --type REG_SZ --yes
gives 'C:\x "y"' 'HKLM\SOFTWARE\neu\tief\ÜNÏCÖDÉ' 'WERT ß'
reg 0 set 'HKLM\SOFTWARE\Neu' list 'one\0two' --type multi_sz --yes
gives "one
two" 'HKLM\SOFTWARE\Neu' list
reg 0 set 'HKLM\SOFTWARE\Neu' @ 00ff10 --type binary --yes
gives 00ff10 'HKLM\SOFTWARE\Neu' '(default)'
gives 00ff10 'HKLM\SOFTWARE\Neu' '(Default)'
reg 0 set 'HKLM\SOFTWARE\Neu\Leer' --yes
reg 0 delete 'HKLM\SOFTWARE\Neu' list --yes
reg 8 delete 'HKLM\SOFTWARE\Neu' list --yes
reg 0 delete 'HKLM\SOFTWARE\Neu' --yes
reg 8 get 'HKLM\SOFTWARE\Neu'
reg 8 delete 'HKLM\SOFTWARE' --yes
says 'root of a hive'
reg 8 delete 'HKLM\SYSTEM\CurrentControlSet' --yes
says 'control set that Windows starts with'
for key in ControlSet001 'controlset001\' Select; do
	reg 8 delete 'HKLM\SYSTEM\'"$key" --yes
	says 'would not start without it'
done
printf 'REGEDIT4\n[-HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001]\n' >"$scratch/boot.reg"
reg 8 import "$scratch/boot.reg" --yes
reg 0 verify --json
for i in 0 1 2 3 4; do
	same "verdict $i" "$(member hives.$i.verdict)" sound
done
undo_all

# ---- a hive that grows in a healthy image: every cluster is accounted for, and adds up
big=$(head -c 30000 /dev/zero | od -An -v -tx1 | tr -d ' \n')
reg 0 set 'HKLM\SOFTWARE\Big' value "$big" --type binary --dry-run --json
same "warnings" "$(member warnings)" '[]'

# ---- undo by value: a key that the import made goes, unless somebody has put more into it since
printf 'REGEDIT4\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\Made\\Below]\n"a"="b"\n' >"$scratch/made.reg"
for added in no yes; do
	rm -rf "$journals"
	reg 0 import "$scratch/made.reg" --yes
	journal=$(newest_first '*.applied' | head -n 1)
	[ "$added" = no ] || reg 0 set 'HKLM\SOFTWARE\Made' later 1 --type REG_DWORD --yes
	if [ "$added" = no ]; then
		expect 0 "$resprep" undo "$journal" "$image" --by-value --yes --journal-dir "$journals"
		reg 8 get 'HKLM\SOFTWARE\Made'
	else
		expect 8 "$resprep" undo "$journal" "$image" --by-value --yes --journal-dir "$journals"
		gives 1 'HKLM\SOFTWARE\Made' later
	fi
done
rm -rf "$journals"
fixture rdp-connections-denied "$image"

# ---- SAM needs its word
reg 8 set 'HKLM\SAM\SAM' C 07 --yes
says '--allow-sam'
reg 0 set 'HKLM\SAM\SAM' C 07 --allow-sam --dry-run

# ---- .reg files: several hives in one transaction, every form, and back
printf '\xff\xfe' >"$scratch/change.reg"
sed 's/$/\r/' <<'E' | iconv -f UTF-8 -t UTF-16LE >>"$scratch/change.reg"
Windows Registry Editor Version 5.00

; two hives
[HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control\Terminal Server]
"fDenyTSConnections"=dword:0
"Gone"=-
[HKEY_LOCAL_MACHINE\SOFTWARE\Import ] [x]\Ä]
@="default \"quoted\" C:\\path"
"multi"=hex(7):6f,00,6e,00,65,00,00,00,\
  74,00,77,00,6f,00,00,00,\
  00,00
"expand"=hex(2):25,00,41,00,25,00,00,00
  "qword"=hex(b):01,00,00,00,00,00,00,80

[-HKEY_LOCAL_MACHINE\SOFTWARE\Nothing\Here]
E
reg 0 import "$scratch/change.reg" --dry-run
says 'REG_DWORD 1 -> REG_DWORD 0'
says 'expand: absent -> REG_EXPAND_SZ "%A%"'
says 'qword: absent'
reg 0 import "$scratch/change.reg" --yes
gives 0 "$ts" fDenyTSConnections
gives 'default "quoted" C:\path' 'HKLM\SOFTWARE\Import ] [x]\Ä' @
gives "one
two" 'HKLM\SOFTWARE\Import ] [x]\ä' multi
gives 9223372036854775809 'HKLM\SOFTWARE\Import ] [x]\ä' qword
before=$(newest_first before.reg | head -n 1)
reg 0 import "$before" --yes
gives 1 "$ts" fDenyTSConnections
reg 8 get 'HKLM\SOFTWARE\Import ] [x]'
undo_all
reg 8 import "$scratch/nowhere.reg" --yes
for wrong in 'no header' 'REGEDIT4
[HKEY_LOCAL_MACHINE\SOFTWARE\X
' 'REGEDIT4
"a"=dword:1' 'REGEDIT4
[HKEY_LOCAL_MACHINE\SOFTWARE\X]
"a"=dword:123456789' 'REGEDIT4
[HKEY_LOCAL_MACHINE\SOFTWARE\X]
"a"="open' 'REGEDIT4
[HKEY_CURRENT_USER\Software\X]'; do
	printf '%s' "$wrong" >"$scratch/wrong.reg"
	case $wrong in *CURRENT*) code=16 ;; *) code=8 ;; esac
	expect $code "$resprep" registry "$image" import "$scratch/wrong.reg" --yes --journal-dir "$journals"
	says 'line '
done
same "hash after wrong files" "$(hash_of "$image")" "$first"

# ---- export, and import into an empty hive: the same again, byte for byte
reg 0 export 'HKLM\SYSTEM' --out "$scratch/system.reg"
same "encoding" "$(head -c 2 "$scratch/system.reg" | xxd -p)" fffe
reg 8 export 'HKLM\SYSTEM' --out "$scratch/system.reg"
printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM]\n' >"$scratch/empty.reg"
/usr/bin/python3 "$mkhive" --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' --name SYSTEM -o "$scratch/alone" "$scratch/empty.reg" ||
	fail "mkhive"
empty=$(hash_of "$scratch/alone")
expect 0 "$resprep" registry "$scratch/alone" import "$scratch/system.reg" --yes --journal-dir "$journals"
expect 0 "$resprep" registry "$scratch/alone" export --out "$scratch/again.reg"
cmp "$scratch/system.reg" "$scratch/again.reg" || fail "the second export differs from the first"
expect 0 "$resprep" registry "$scratch/alone" verify
says 'SYSTEM: clean; sound'
expect 0 "$resprep" registry "$scratch/alone" get 'CurrentControlSet\Control\Terminal Server' fDenyTSConnections
same "in a hive alone" "$(cat "$scratch/out")" 1
expect 0 "$resprep" registry "$image" diff "$scratch/alone" 'HKLM\SYSTEM'
says 'No difference'
expect 0 "$resprep" registry "$scratch/alone" set 'Select' Current 2 --yes --journal-dir "$journals"
expect 0 "$resprep" registry "$image" diff "$scratch/alone" 'HKLM\SYSTEM' --json
same "differences" "$(member differences | /usr/bin/python3 -c 'import ast,sys; print(len(ast.literal_eval(sys.stdin.read())))' 2>/dev/null)" 2
# what is meant for another hive does not land in this one
for wrong in '[HKEY_LOCAL_MACHINE\SOFTWARE\X]' '[HKEY_USERS\.DEFAULT\X]' '[HKEY_CURRENT_USER\X]' '[HKEY_CLASSES_ROOT\X]' \
	'[HKEY_USERS\S-1-5-21-1-2-3-4\X]' '[HKEY_LOCAL_MACHINE\HARDWARE\X]' '[-HKEY_LOCAL_MACHINE\SAM\X]'; do
	printf 'REGEDIT4\n%s\n' "$wrong" >"$scratch/wrong.reg"
	expect 16 "$resprep" registry "$scratch/alone" import "$scratch/wrong.reg" --yes --journal-dir "$journals"
	says 'line 2: '
	says 'single hive, SYSTEM'
done
printf 'REGEDIT4\n[HKEY_LOCAL_MACHINE\Offline\X]\n' >"$scratch/loaded.reg"
expect 0 "$resprep" registry "$scratch/alone" import "$scratch/loaded.reg" --dry-run --journal-dir "$journals"
echo '[HKEY_LOCAL_MACHINE\Other\X]' >>"$scratch/loaded.reg"
expect 16 "$resprep" registry "$scratch/alone" import "$scratch/loaded.reg" --dry-run --journal-dir "$journals"
says 'are two hives'
# a journal whose commit did not end is seen, though only its folder is known
unfinished=$(newest_first '*FOLDER*.applied' | head -n 1)
mv "$unfinished" "${unfinished%.applied}"
expect 8 "$resprep" registry "$scratch/alone" set 'Select' Current 3 --yes --journal-dir "$journals"
says 'first run: resprep recover'
expect 0 "$resprep" recover "${unfinished%.applied}" "$scratch/alone" --journal-dir "$journals"
while read -r j; do
	expect 0 "$resprep" undo "$j" "$scratch/alone" --yes --journal-dir "$journals"
done < <(newest_first '*FOLDER*.applied')
same "the hive alone after undo" "$(hash_of "$scratch/alone")" "$empty"
expect 8 "$resprep" check "$scratch/alone"
says 'single registry hive'

# ---- a dirty hive: read with its log, repaired with it, undone without it
fixture state-replayed-hive "$image"
first=$(hash_of "$image")
rm -rf "$journals"
reg 0 get "$ts" fDenyTSConnections
says 'SYSTEM: 1 log entry replayed'
reg 0 verify SYSTEM
says 'dirty, 1 log entry replayed'
reg 0 replay SYSTEM --out "$scratch/replayed"
hivexget "$scratch/replayed" 'ControlSet001\Control\Terminal Server' fDenyTSConnections 2>/dev/null | grep -q 1 ||
	fail "the replayed hive is not what the log says"
reg 0 set "$ts" fDenyTSConnections 0 --yes
says 'folded'
reg 0 verify SYSTEM
says 'SYSTEM: clean; sound'
gives 2 'HKLM\SYSTEM\ControlSet001\Services\NewestService' Start
undo_all

# ---- dirty, and no log helps: refused, unless accepted
fixture state-dirty-hive "$image"
first=$(hash_of "$image")
rm -rf "$journals"
reg 4 verify SYSTEM
says 'transaction logs do not help'
reg 8 set "$ts" fDenyTSConnections 0 --yes
says '--accept-dirty-hive'
reg 0 set "$ts" fDenyTSConnections 0 --yes --accept-dirty-hive
says 'is lost once it is edited'
reg 0 verify SYSTEM
undo_all
# the same of a single file: its first sequence number differs
/usr/bin/python3 - "$scratch/alone" "$scratch/dirty-alone" <<'EOF'
import struct, sys
data = bytearray(open(sys.argv[1], 'rb').read())
data[4] ^= 1
struct.pack_into('<I', data, 508, struct.unpack_from('<I', data, 508)[0] ^ 1)
open(sys.argv[2], 'wb').write(data)
EOF
expect 8 "$resprep" registry "$scratch/dirty-alone" set Select Current 5 --type REG_DWORD --yes --journal-dir "$journals"
says '--accept-dirty-hive'
expect 0 "$resprep" registry "$scratch/dirty-alone" set Select Current 5 --type REG_DWORD --yes --accept-dirty-hive --journal-dir "$journals"
expect 0 "$resprep" registry "$scratch/dirty-alone" verify

# ---- damaged: what is left is read, what is lost is listed, nothing is changed
fixture damaged-software-hive "$image"
first=$(hash_of "$image")
reg 4 verify SOFTWARE
says '0x00002000'
reg 0 export 'HKLM\SOFTWARE\Microsoft' --out "$scratch/rest.reg"
says 'lost, because it is damaged'
reg 0 get 'HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
says 'lost, because it is damaged'
reg 8 get 'HKLM\SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList'
reg 8 set 'HKLM\SOFTWARE\Microsoft' x 1 --type REG_DWORD --yes --accept-dirty-hive
says 'the hive is damaged at'
reg 8 replay SOFTWARE --out "$scratch/nothing"
[ -e "$scratch/nothing" ] && fail "a damaged hive was written out"
expect 0 "$resprep" inspect "$image"
says 'SOFTWARE is damaged'
same "hash of the damaged" "$(hash_of "$image")" "$first"

# names are the volume's: on a terminal they are shown, not obeyed; in a file or a pipe they are as they are
cat >"$scratch/escape.recipe" <<'E'
base server2012r2-deployed
E
printf 'reg <<END\n[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Odd]\n"\033]0;owned\007"=dword:00000001\nEND\n' >>"$scratch/escape.recipe"
"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$scratch/escape.img" "$scratch/escape.recipe" >"$scratch/mkfixture.log" 2>&1 || fail "$(cat "$scratch/mkfixture.log")"
odd=(registry "$scratch/escape.img" export 'HKLM\SYSTEM\ControlSet001\Odd')
expect 0 "$resprep" "${odd[@]}"
grep -q "$(printf '\033')" "$scratch/out" || fail 'a pipe does not get the bytes of the name'
/usr/bin/python3 -c 'import pty, sys; sys.exit(pty.spawn(sys.argv[1:]) >> 8)' "$resprep" "${odd[@]}" >"$scratch/out" 2>"$scratch/err" </dev/null
says '"\x1b]0;owned\x07"=dword:00000001'
says '[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Odd]'
grep -q "$(printf '\033')" "$scratch/out" && fail 'a terminal gets an escape sequence'
grep -qF '\x0d' "$scratch/out" && fail 'line ends are not shown as such'
finish
