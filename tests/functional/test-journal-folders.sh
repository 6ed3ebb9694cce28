#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A commit that was interrupted waits, whatever folder for journals a later command names: with another one it was invisible, and the half-written target was
# repaired as if nothing were wrong, after which its journal fits no more.
. "${top_srcdir:?}/tests/functional/functions.sh"

# root's default folder is the machine's own: as somebody else
as=()
if [ "$(id -u)" = 0 ]; then
	as=(setpriv --reuid=65534 --regid=65534 --clear-groups env "XDG_STATE_HOME=$scratch/state")
	cp "$resprep" "$scratch/resprep"
	resprep=$scratch/resprep
	chmod 755 "$scratch"
	mkdir "$scratch/place"
	chown 65534:65534 "$scratch/place"
	"${as[@]}" "$resprep" --version >/dev/null 2>&1 || {
		echo 'another user cannot start the program here'
		finish
	}
else
	export XDG_STATE_HOME=$scratch/state
	mkdir "$scratch/place"
fi
mkdir "$scratch/state"
[ "$(id -u)" != 0 ] || chown 65534:65534 "$scratch/state"
image=$scratch/place/disk.img
named=$scratch/place/named
fixture rdp-connections-denied "$scratch/pristine"

# interrupt OPTION …: half written, with a journal
interrupt() {
	cp "$scratch/pristine" "$image"
	rm -rf "$scratch/state/resprep" "$named"
	[ "$(id -u)" != 0 ] || chown 65534:65534 "$image"
	strace -f -qq -P "$image" -e trace=pwrite64 -e inject=pwrite64:signal=SIGKILL:error=EIO:when=2 -o /dev/null \
		"${as[@]}" "$resprep" repair "$image" --yes "$@" >/dev/null 2>&1 </dev/null
	pending=$(find "$scratch/state" "$scratch/place" -name '*.journal')
	[ -f "$pending" ] || fail 'no commit was interrupted'
	half=$(hash_of "$image")
}

anyhow() {
	"$@" >"$scratch/out" 2>"$scratch/err" </dev/null
}

for own in '' "--journal-dir=$scratch/place/named"; do
	interrupt ${own:+"$own"}
	for folder in '' "--journal-dir=$scratch/place/named" "--journal-dir=$scratch/place/other"; do
		# a folder that was named once is not known any more
		[ -n "$own" ] && [ "$folder" != "$own" ] && continue
		expect 8 "${as[@]}" "$resprep" repair "$image" --yes ${folder:+"$folder"}
		says "first run: resprep recover $pending $image"
		expect 8 "${as[@]}" "$resprep" registry "$image" set 'HKLM\SYSTEM\Select' Test 1 --type dword --yes ${folder:+"$folder"}
		says "resprep recover $pending $image"
		for look in check inspect; do
			anyhow "${as[@]}" "$resprep" $look "$image" ${folder:+"$folder"}
			says "resprep recover $pending $image"
		done
		same "the image behind $folder" "$(hash_of "$image")" "$half"
	done
	expect 0 "${as[@]}" "$resprep" recover "$pending" "$image"
	says 'the repair is complete'
	expect 0 "${as[@]}" "$resprep" check "$image" --only rdp-connections-denied "--journal-dir=$scratch/place/other"
	expect 0 "${as[@]}" "$resprep" undo "${pending}.applied" "$image" --yes
	same 'the undone image' "$(hash_of "$image")" "$(hash_of "$scratch/pristine")"
done

# a damaged one that may be of any target is told of, but one that can be used is told of first
interrupt
mkdir "$named"
cp "$pending" "$named/20200101T000000Z-1C2D3E4F50617283.journal"
truncate -s -40 "$named"/*.journal
[ "$(id -u)" != 0 ] || chown -R 65534:65534 "$named"
expect 8 "${as[@]}" "$resprep" repair "$image" --yes --journal-dir "$named"
says "first run: resprep recover $pending $image"
rm "$pending"
expect 8 "${as[@]}" "$resprep" repair "$image" --yes --journal-dir "$named"
says "its journal cannot be used"
finish
