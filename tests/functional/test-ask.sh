#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# At a terminal the user is asked, by the process that writes and about what it will write; nothing is written before a yes.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
journals=$scratch/journals
fixture rdp-connections-denied "$image"
fixture_tree rdp-connections-denied "$scratch/tree"
first=$(hash_of "$image")
key='HKLM\SYSTEM\Select'

# at_terminal EXIT ANSWER COMMAND …: ANSWER is typed once the question is there, behind what $meanwhile does; ^C is a signal
at_terminal() {
	local want=$1 code
	shift
	/usr/bin/python3 - "$@" >"$scratch/out" 2>"$scratch/err" <<'E'
import os, pty, signal, subprocess, sys

pid, fd = pty.fork()
signal.alarm(120)
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
seen = b""
asked = False
while True:
    try:
        piece = os.read(fd, 4096)
    except OSError:
        break
    if not piece:
        break
    seen += piece
    if b"[y/N]" in seen and not asked:
        asked = True
        subprocess.run(["/bin/bash", "-c", os.environ.get("meanwhile", "")], check=True)
        os.write(fd, b"\x03" if sys.argv[1] == "^C" else sys.argv[1].encode() + b"\n")
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
E
	code=$?
	same "exit code of $* at a terminal" "$code" "$want"
}

untouched() {
	same "image after $1" "$(hash_of "$image")" "$first"
	[ ! -e "$journals" ] || fail "$1 left a journal"
}

for answer in n "" x ^C; do
	code=4
	[ "$answer" = ^C ] && code=32
	at_terminal "$code" "$answer" "$resprep" repair "$image" --journal-dir "$journals"
	says "sectors) to '$image'? [y/N]"
	untouched "'$answer'"
done
# Ctrl-C between the question and the read that waits for the answer
at_terminal 32 ^C "$(type -P env)" "ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0" strace -f -qq -e trace=write -e inject=write:delay_exit=300000 -o /dev/null \
	"$resprep" repair "$image" --journal-dir "$journals"
untouched "an early Ctrl-C"
at_terminal 4 n "$resprep" registry "$image" set "$key" Test 1 --type dword --journal-dir "$journals"
says "Nothing was written."
untouched "a registry set"
at_terminal 4 n "$resprep" repair "$scratch/tree" --journal-dir "$journals"
says "places of files) to '$scratch/tree'? [y/N]"
# somebody has had the target while the question waited, where nothing is to change, and has set the time of the last write back
hive=$scratch/tree/Windows/System32/config/SYSTEM
for target in "$image" "$scratch/tree"; do
	file=$image
	[ "$target" = "$image" ] || file=$hive
	before=$(hash_of "$file")
	# shellcheck disable=SC2089,SC2090 # a command of another shell
	meanwhile="sleep 0.1; touch -r '$file' '$scratch/time'; tail -c 1 '$file' >'$scratch/byte'
		dd if='$scratch/byte' of='$file' bs=1 seek=$(($(stat -c %s "$file") - 1)) conv=notrunc status=none; touch -r '$scratch/time' '$file'" \
		at_terminal 8 y "$resprep" repair "$target" --journal-dir "$journals"
	says "was changed by another program while the repair was prepared; nothing was written"
	same "$file" "$(hash_of "$file")" "$before"
	[ ! -e "$journals" ] || fail "a repair of $target that was refused left a journal"
done
# the same by a mount that is gone again when the answer comes
dd if="$image" of="$scratch/part.img" bs=1M skip=3 count=20 conv=sparse status=none
mkdir "$scratch/c"
if [ "$(id -u)" = 0 ] && ntfs-3g "$scratch/part.img" "$scratch/c" 2>/dev/null; then
	umount "$scratch/c"
	# shellcheck disable=SC2089,SC2090
	meanwhile="sleep 0.1; ntfs-3g '$scratch/part.img' '$scratch/c' && echo x >'$scratch/c/Windows/note.txt'; umount '$scratch/c'" \
		at_terminal 8 y "$resprep" repair "$scratch/part.img" --journal-dir "$journals"
	says "while the repair was prepared; nothing was written"
	[ ! -e "$journals" ] || fail "a repair of a volume that was mounted left a journal"
fi
at_terminal 1 y "$resprep" repair "$image" --journal-dir "$journals"
says "Repaired."
journal=$(echo "$journals"/*.applied)
at_terminal 4 n "$resprep" undo "$journal" "$image" --by-value --journal-dir "$journals"
says "sectors) to '$image'? [y/N]"
at_terminal 4 n "$resprep" undo "$journal" "$image"
for text in "Journal   $journal" ", by resprep repair" "fDenyTSConnections: REG_DWORD 1 -> REG_DWORD 0" " sectors) on '$image'? [y/N]" \
	"Nothing was changed."; do
	says "$text"
done
at_terminal 32 ^C "$resprep" undo "$journal" "$image"
at_terminal 4 "" "$resprep" undo "$journal" "$image"
says "Nothing was changed."
at_terminal 0 y "$resprep" undo "$journal" "$image"
same "image after the undo" "$(hash_of "$image")" "$first"
at_terminal 8 y "$resprep" undo "$journal" "$image"
at_terminal 8 y "$resprep" undo "${journal%.applied}.undone" "$image"
says "is undone already: there is nothing to undo"
grep -q "\[y/N\]" "$scratch/out" && fail "asked about what is undone already"
at_terminal 1 y "$resprep" repair "$image" --journal-dir "$journals"
other=$(echo "$journals"/*.applied)
expect 0 "$resprep" registry "$image" set "$key" Test 1 --type dword --yes --journal-dir "$scratch/more"
at_terminal 8 y "$resprep" undo "$other" "$image"
says "use 'resprep undo --by-value'"
grep -q "\[y/N\]" "$scratch/out" && fail "asked about what cannot be undone"
expect 0 "$resprep" undo "$scratch"/more/*.applied "$image" --yes
at_terminal 0 y "$resprep" undo "$other" "$image"
same "image after the second undo" "$(hash_of "$image")" "$first"
# nobody is there, which is told behind all that is wrong with the question
for words in "repair IMAGE --only no-such-check" "repair IMAGE --only rdp-connections-denied:nothing" "repair IMAGE --group nothing" \
	"registry IMAGE set HKLM\\Nothing\\Here A 1" "registry IMAGE set HKLM\\SYSTEM\\Select A x --type dword" \
	"answer IMAGE set specialize/Shell-Setup/Nothing=1" "answer IMAGE set nothing" "agent IMAGE set nothing" \
	"agent IMAGE set Nothing=1" "undo IMAGE IMAGE" "undo IMAGE --by-value" "password IMAGE --yes" "password IMAGE --dry-run" \
	"password IMAGE --force --yes"; do
	# shellcheck disable=SC2086 # a list of words
	expect 16 "$resprep" ${words//IMAGE/$image}
	grep -q "nobody to ask" "$scratch/err" && fail "nobody to ask: $words"
done
for words in "repair IMAGE" "registry IMAGE set HKLM\\SYSTEM\\Select A 1 --type dword" "agent IMAGE set Ec2SetPassword=Enabled" \
	"password IMAGE --at-next-boot"; do
	# shellcheck disable=SC2086 # a list of words
	expect 8 "$resprep" ${words//IMAGE/$image}
	says "there is nobody to ask"
	# shellcheck disable=SC2086 # a list of words
	expect 8 "$resprep" ${words//IMAGE/$image} --json
	same "changes of $words" "$(member changes)" "[]"
done
rm -rf "$journals"
expect 8 "$resprep" repair "$image" --journal-dir "$journals"
says "there is nobody to ask"
untouched "a repair without a terminal"
finish
