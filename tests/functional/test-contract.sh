#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Exit codes, JSON and refusals are what the manual says.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
journals=$scratch/journals
fixture sysprep-copyprofile-failed "$image"
first=$(hash_of "$image")

# usage: 16, one sentence, nothing on standard output
for words in "frobnicate" "check" "check a b" "check $image --frobnicate" "check $image --only no-such-check" \
	"check $image --group no-such-group" "check $image --severity loud" "check $image --partition x" \
	"repair $image --yes --risk none" "undo" "help no-such-command" "check $image --partition 77"; do
	# shellcheck disable=SC2086 # several words
	expect 16 "$resprep" $words
	[ -s "$scratch/err" ] || fail "silent about: $words"
	[ -s "$scratch/out" ] && fail "standard output for: $words"
done

for words in "" "," "a,,b"; do
	expect 16 "$resprep" check "$image" --only "$words"
	expect 16 "$resprep" repair "$image" --yes --group "$words"
done

# plain words
expect 0 "$resprep"
expect 0 "$resprep" help
expect 0 "$resprep" version
expect 0 "$resprep" help repair
says "--dry-run"
expect 0 "$resprep" list-checks
says rdp-connections-denied

# the target alone is a check
expect 4 "$resprep" "$image"
cp "$scratch/out" "$scratch/alone"
expect 4 "$resprep" check "$image"
cmp -s "$scratch/alone" "$scratch/out" || fail "'resprep TARGET' is not 'resprep check TARGET'"

# JSON: one object, as the schema says, also on an error
expect 4 "$resprep" check "$image" --json
same exit_code "$(member exit_code)" 4
same error "$(member error)" null
expect 8 "$resprep" check "$scratch/nothing-there" --json
same exit_code "$(member exit_code)" 8
same code "$(member error.code)" not-found
expect 16 "$resprep" check "$image" --only nothing --json
same exit_code "$(member exit_code)" 16

expect "$scan_exit" "$resprep" scan --json
same "exit code in the JSON of scan" "$(member exit_code)" "$scan_exit"
for words in "list-checks" "journals --journal-dir $journals"; do
	# shellcheck disable=SC2086
	expect 0 "$resprep" $words --json
	same "exit code in the JSON of $words" "$(member exit_code)" 0
done

# selections
expect 4 "$resprep" check "$image" --only rdp-connections-denied
expect 4 "$resprep" check "$image" --group rdp
expect 0 "$resprep" check "$image" --only rdp-connections-denied --fail-on critical

# nobody to ask: refused before anything happens
expect 8 "$resprep" repair "$image" --journal-dir "$journals"
says "--yes"
expect 8 "$resprep" undo "$journals/x.journal"
says "there is no journal"
[ -e "$journals" ] && fail "a journal folder was made for a refused repair"
same "hash after refusals" "$(hash_of "$image")" "$first"

# a journal may not lie on the target, nor by default in memory
expect 4 "$resprep" repair "$image" --dry-run --journal-dir "$journals"
says "sectors"
same "hash after a dry run" "$(hash_of "$image")" "$first"

# repair, the journal's list, undo by the journal's name alone
expect 1 "$resprep" repair "$image" --yes --journal-dir "$journals" --json
journal=$(member journal)
[ -f "$journal" ] || fail "no journal at '$journal'"
same "mode of the journal" "$(stat -c %a "$journal")" 600
same "mode of the folder" "$(stat -c %a "$journals")" 700
files=$(echo "$journals"/*.files)
for name in before.reg after.reg; do
	[ -s "$files/$name" ] || fail "no $name beside the journal"
	[ "$(head -c 2 "$files/$name" | xxd -p)" = fffe ] || fail "$name is not UTF-16LE"
done
same "mode of before.reg" "$(stat -c %a "$files/before.reg")" 600
expect 0 "$resprep" journals --journal-dir "$journals"
says applied
expect 0 "$resprep" recover "$journal" --journal-dir "$journals"
says "Nothing to recover"
expect 0 "$resprep" check "$image" --journal-dir "$journals"
expect 0 "$resprep" repair "$image" --yes --journal-dir "$journals"
says "Nothing to repair"
expect 0 "$resprep" undo "$(basename "$journal")" --yes --journal-dir "$journals"
same "hash after undo" "$(hash_of "$image")" "$first"
expect 8 "$resprep" undo "${journal%.applied}" "$image" --yes --journal-dir "$journals"
expect 0 "$resprep" journals --journal-dir "$journals" --json
grep -q '"undone"' "$scratch/out" || fail "journals --json does not say undone"

# the journal belongs to one volume
fixture healthy-2012r2 "$scratch/other.img"
other=$(hash_of "$scratch/other.img")
expect 1 "$resprep" repair "$image" --yes --journal-dir "$journals" --json
journal=$(member journal)
expect 8 "$resprep" undo "$journal" "$scratch/other.img" --yes --journal-dir "$journals"
same "hash of the wrong target" "$(hash_of "$scratch/other.img")" "$other"

expect 0 "$resprep" undo "$journal" "$image" --yes --journal-dir "$journals"

# what was named is what is repaired, also beside a group
sid=S-1-5-21-2044217735-1160093441-3308416925-1002
expect 4 "$resprep" repair "$image" --dry-run --only "profile-stale:$sid" --group rdp --json --journal-dir "$journals"
grep -q "$sid: key deleted" "$scratch/out" || fail "the named profile is not repaired"
grep -q "1162: key deleted" "$scratch/out" && fail "a profile that was not named would be repaired"
grep -q "fDenyTSConnections" "$scratch/out" || fail "the group is not repaired"

# undone on one copy, still applied on another: the bytes tell
expect 1 "$resprep" repair "$image" --yes --json --journal-dir "$journals"
journal=$(member journal)
cp --sparse=always "$image" "$scratch/copy.img"
expect 0 "$resprep" undo "$journal" "$scratch/copy.img" --yes --journal-dir "$journals"
expect 0 "$resprep" undo "${journal%.applied}" "$image" --yes --journal-dir "$journals"
same "hash of the copy" "$(hash_of "$scratch/copy.img")" "$first"
expect 8 "$resprep" undo "${journal%.applied}" "$image" --yes --journal-dir "$journals"
says "undone already"
same "hash at the end" "$(hash_of "$image")" "$first"
# every command that reads a volume takes the option; an instrumented build cannot lock itself in, and says so
for command in check inspect logs scan; do
	target=("$image")
	[ "$command" = scan ] && target=()
	"$resprep" "$command" "${target[@]}" --require-sandbox >"$scratch/out" 2>"$scratch/err" </dev/null
	case $? in
	0 | 4) ;;
	8) [ "$command $scan_exit" = "scan 8" ] || says "cannot be locked in" ;;
	*) fail "$command --require-sandbox: $(cat "$scratch/err")" ;;
	esac
done
# a kernel without Landlock: said once, or refused
without() {
	strace -f -qq -e trace=landlock_create_ruleset -e inject=landlock_create_ruleset:error=ENOSYS -o /dev/null "$@"
}
for command in "check $image" scan; do
	# shellcheck disable=SC2086 # words
	expect 8 without "$resprep" $command --require-sandbox
	says "cannot be locked in"
done
"$resprep" check "$image" --require-sandbox >"$scratch/out" 2>"$scratch/err" </dev/null
if ! grep -q instrumented "$scratch/err"; then
	# shellcheck disable=SC2086 # words
	without "$resprep" scan >"$scratch/out" 2>"$scratch/err" </dev/null
	says "this kernel has no Landlock"
fi
finish
