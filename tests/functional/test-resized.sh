#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A snapshot is restored to a larger volume.  What was half written, or is to be undone, is on it as before; so the journal still fits, and the way out that repair
# and check name can be gone.
. "${top_srcdir:?}/tests/functional/functions.sh"
journals=$scratch/journals
fixture rdp-connections-denied "$scratch/disk"
dd if="$scratch/disk" of="$scratch/part" bs=1M skip=3 count=20 conv=sparse status=none

# interrupt FIXTURE: half written
interrupt() {
	rm -rf "$journals"
	pristine=$scratch/$1
	image=$scratch/$1.img
	cp "$pristine" "$image"
	strace -f -qq -P "$image" -e trace=pwrite64 -e inject=pwrite64:signal=SIGKILL:error=EIO:when=2 -o /dev/null \
		"$resprep" repair "$image" --yes --journal-dir "$journals" >/dev/null 2>&1 </dev/null
	pending=$(echo "$journals"/*.journal)
	[ -f "$pending" ] || fail 'no commit was interrupted'
}

# as_before WHAT: the bytes that were there at first
as_before() {
	cmp -n "$(stat -c %s "$pristine")" "$image" "$pristine" || fail "$1: not as before"
}

# shellcheck disable=SC2016 # for eval
longer='truncate -s +1M "$image"'
# shellcheck disable=SC2016
moved='truncate -s +1M "$image"; /sbin/sfdisk -q --relocate gpt-bak-std "$image"'
# shellcheck disable=SC2016
grown='truncate -s +8M "$image"; /sbin/sfdisk -q --relocate gpt-bak-std "$image"; echo ", +" | /sbin/sfdisk -q -N 3 "$image"'
for what in "disk $longer" "disk $moved" "disk $grown" "part $longer"; do
	for back in '' --roll-back; do
		interrupt "${what%% *}"
		eval "${what#* }" >"$scratch/log" 2>&1 || fail "$what: $(cat "$scratch/log")"
		cp "$image" "$scratch/larger"
		expect 8 "$resprep" repair "$image" --yes --journal-dir "$journals"
		says "first run: resprep recover $pending $image"
		expect 0 "$resprep" recover "$pending" "$image" $back
		if [ -z "$back" ]; then
			says 'the repair is complete'
			expect 0 "$resprep" check "$image" --only rdp-connections-denied --journal-dir "$journals"
			expect 0 "$resprep" undo "$pending.applied" "$image" --yes
		fi
		[ "${what#* }" != "$longer" ] || as_before "$what $back"
		[ -f "$pending.undone" ] || fail "$what $back: the journal is not undone"
		# outside the volume nothing was written
		same "the sectors that differ behind '$what' $back" "$(cmp -l "$image" "$scratch/larger" | awk '{ print int(($1 - 1) / 512) }' | uniq | wc -l)" 1
	done
done

# one that has lost its end is no target, nor is another partition; each is told what to do
interrupt disk
cp "$image" "$scratch/whole"
truncate -s -4096 "$image"
for command in recover 'recover --roll-back'; do
	# shellcheck disable=SC2086 # a command and its option
	expect 8 "$resprep" $command "$pending" "$image"
	says "or its end is missing"
	says "truncate -s $(stat -c %s "$pristine")"
done
cmp -n "$(stat -c %s "$image")" "$image" "$scratch/whole" || fail 'a cut image was written to'
truncate -s +4096 "$image"
expect 0 "$resprep" recover "$pending" "$image" --roll-back
interrupt disk
cp "$image" "$scratch/shrunk"
truncate -s +1M "$scratch/shrunk"
{
	/sbin/sfdisk -q --relocate gpt-bak-std "$scratch/shrunk"
	echo ', 18M' | /sbin/sfdisk -q -N 3 "$scratch/shrunk"
} >"$scratch/log" 2>&1 || fail "sfdisk: $(cat "$scratch/log")"
expect 8 "$resprep" recover "$pending" "$scratch/shrunk"
says 'and no partition at 3145728 of 20971520 bytes'
dd if="$image" of="$scratch/only" bs=1M skip=3 count=20 conv=sparse status=none
expect 8 "$resprep" recover "$pending" "$scratch/only"
says 'name the whole disk, not its partition'
interrupt part
expect 8 "$resprep" recover "$pending" "$scratch/disk"
says 'name the partition, not the whole disk'
finish
