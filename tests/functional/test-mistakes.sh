#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What somebody types who is tired: each mistake gets the sentence that helps, and changes nothing.
. "${top_srcdir:?}/tests/functional/functions.sh"
image="$scratch/my server.img"
journals=$scratch/journals
fixture sysprep-copyprofile-failed "$image"
first=$(hash_of "$image")

# never_says TEXT
never_says() {
	grep -qF -- "$1" "$scratch/out" "$scratch/err" && fail "somebody said: $1"
	return 0
}

# ---- undo and recover of what is no journal ----
printf 'read me\n' >"$scratch/README.md"
: >"$scratch/nothing"
mkdir "$scratch/folder"
cp "$image" "$scratch/disk.tmp"
none="is no journal of resprep; the journal comes first, then the target; 'resprep journals' lists journals"
for file in "$image" "$scratch/README.md" "$scratch/nothing" "$scratch/folder" "$scratch/disk.tmp"; do
	for command in "undo --yes" "undo --by-value --yes" recover; do
		# shellcheck disable=SC2086 # a list of words
		expect 16 "$resprep" $command "$file" --journal-dir "$journals"
		says "'$file' $none"
		never_says "What can be told"
	done
done
same "the image after undo and recover" "$(hash_of "$image")" "$first"
same "the image named .tmp" "$(hash_of "$scratch/disk.tmp")" "$first"
# a journal that lost its name, or its beginning, still is one
expect 1 "$resprep" repair "$image" --only copyprofile-enabled --yes --journal-dir "$journals"
journal=$(echo "$journals"/*.applied)
expect 16 "$resprep" undo "$image" "$journal" --yes
says "'$image' $none"
cp "$journal" "$scratch/renamed"
printf X | dd of="$scratch/renamed" bs=1 seek=3 conv=notrunc status=none
expect 8 "$resprep" undo "$scratch/renamed" --yes
says "What can be told"
cp "$scratch/README.md" "$journals/20261124T101530Z-0123456789ABCDEF.journal"
expect 8 "$resprep" recover "$journals/20261124T101530Z-0123456789ABCDEF.journal"
says "What can be told"
rm "$journals/20261124T101530Z-0123456789ABCDEF.journal"

# ---- a command that is printed can be pasted ----
# command PATTERN: the rest of the first line that begins so, run by a shell
command_behind() {
	sed -n "s/^ *$1 *resprep //p" "$scratch/out" | head -n 1
}
expect 0 "$resprep" undo "$journal" "$image" --yes
expect 4 "$resprep" check "$image"
expect 1 sh -c "'$resprep' $(command_behind command) --yes --journal-dir '$journals'"
expect 0 sh -c "'$resprep' $(command_behind 'To take it back:') --yes"
expect 0 "$resprep" registry "$image" set 'HKLM\SYSTEM\Setup' Test 1 --type dword --yes --journal-dir "$journals"
expect 0 sh -c "'$resprep' $(command_behind 'To take it back:') --yes"
same "the image after what was pasted" "$(hash_of "$image")" "$first"

# ---- --only with the name of a finding is about that finding ----
agent=$scratch/agent.img
fixture image-agent-v2 "$agent"
agent_first=$(hash_of "$agent")
expect 0 "$resprep" check "$agent" --only image-agent:.run-once
says "0 critical, 0 errors, 0 warnings, 1 note."
never_says "setAdminAccount"
expect 4 "$resprep" repair "$agent" --only image-agent:.RUN-ONCE --dry-run --json
same "what is left" "$(member findings)" "[]"
same "what would change" "$(member changes | grep -o '"kind"' | wc -l)" 1
expect 4 "$resprep" check "$agent" --only image-agent:activateWindows --json
same "the one finding" "$(member findings.0.problem)" activation-off
same "how many" "$(member findings | grep -o '"check"' | wc -l)" 1
for command in check "repair --dry-run" "repair --yes"; do
	for name in run-once "" image-agent; do
		# shellcheck disable=SC2086 # a list of words
		expect 16 "$resprep" $command "$agent" --only "image-agent:$name" --journal-dir "$journals"
		says "has no finding 'image-agent:$name', or has it no more; image-agent finds here: image-agent:preReady.setAdminAccount.password.type, image-agent:activateWindows, image-agent:.run-once"
		never_says "No problem found"
	done
done
expect 16 "$resprep" check "$agent" --only rdp-connections-denied:x
says "rdp-connections-denied finds here: nothing"
# each finding has a command of its own, of a check that runs only when asked too
expect 4 "$resprep" check "$agent" --group image
says "repair $agent --only image-agent:.run-once"
says "repair $agent --only image-agent:preReady.setAdminAccount.password.type"
# what is left without a repair is no "nothing to repair"
expect 4 "$resprep" repair "$agent" --only image-agent:activateWindows --yes --journal-dir "$journals"
says "1 is for a person: resprep has no repair for it"
expect 4 "$resprep" repair "$agent" --group image --yes --journal-dir "$journals"
says "1 has a repair that is not made unless it is named: the command stands with it"
never_says "Nothing to repair"
same "the image after that" "$(hash_of "$agent")" "$agent_first"
fixture healthy-2022 "$scratch/healthy.img"
expect 0 "$resprep" repair "$scratch/healthy.img" --yes --journal-dir "$journals"
says "Nothing to repair."

# ---- journals of one second are listed as they were made ----
rm -rf "$journals"
stamp=20260102T030405Z-0123456789ABCDEF
for suffix in -10 -2 "" -3; do
	expect 0 "$resprep" registry "$agent" set 'HKLM\SYSTEM\Setup' "Test$suffix" 1 --type dword --yes --journal-dir "$journals"
	mv "$journals"/2*[0-9A-F].journal.applied "$journals/x" && mv "$journals/x" "$journals/$stamp$suffix.made"
done
for suffix in -10 -2 "" -3; do
	mv "$journals/$stamp$suffix.made" "$journals/$stamp$suffix.journal.applied"
done
expect 0 "$resprep" journals --journal-dir "$journals"
same "the order of journals" "$(sed "s/.*$stamp\(.*\)\.journal.*/\1/" "$scratch/out" | tr '\n' ' ')" "-10 -2  -3 "
for file in "$journals"/*.journal.applied; do
	printf X | dd of="$file" bs=1 seek=3 conv=notrunc status=none
done
expect 0 "$resprep" journals --journal-dir "$journals"
same "the order of damaged journals" "$(sed "s/.*$stamp\(.*\)\.journal.*/\1/" "$scratch/out" | tr '\n' ' ')" " -2 -3 -10 "
rm -rf "$journals"

# ---- a folder that takes no journal ----
agent_changed=$(hash_of "$agent")
expect 8 "$resprep" repair "$agent" --only image-agent --yes --journal-dir /proc/nothing
says "no folder for journals (--journal-dir names another)"
same "the image after that" "$(hash_of "$agent")" "$agent_changed"

# ---- a view that may be stale says so, whoever looks ----
unclean="$scratch/unclean.img"
fixture state-log-unclean "$unclean"
for verb in verify "verify SYSTEM" "get HKLM\\SYSTEM\\Setup"; do
	# shellcheck disable=SC2086 # a list of words
	expect 0 "$resprep" registry "$unclean" $verb
	says "this view may be stale"
done

finish
