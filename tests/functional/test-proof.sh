#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# --read-only-proof: the SHA-256 of the target as another program knows it, before and after; a change in between is an error.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
fixture sysprep-copyprofile-failed "$image"
first=$(hash_of "$image")
key='HKLM\SYSTEM\CurrentControlSet\Services\TermService'

# proven EXIT COMMAND …: both hashes in its JSON are right
proven() {
	local want=$1
	shift
	expect "$want" "$resprep" "$@" --read-only-proof --json
	same "before, of $1" "$(member proof.before)" "$first"
	same "after, of $1" "$(member proof.after)" "$first"
	same "equal, of $1" "$(member proof.equal)" true
	same "error of $1" "$(member error)" null
}
proven 4 check "$image"
proven 0 inspect "$image"
proven 0 registry "$image" get "$key"
proven 0 registry "$image" export "$key"
proven 0 registry "$image" verify SYSTEM
expect 0 "$resprep" inspect "$image" --json
same "proof that nobody asked for" "$(member proof)" null

# also when the command itself fails
proven_in_vain() {
	expect 8 "$resprep" "$@" --read-only-proof --json
	same "before, of $*" "$(member proof.before)" "$first"
	same "after, of $*" "$(member proof.after)" "$first"
}
proven_in_vain registry "$image" get 'HKLM\SYSTEM\nothing\here'
proven_in_vain check "$image" --partition 1

# in text; and never into what a program reads
expect 4 "$resprep" "$image" --read-only-proof
grep -qF "before  $first" "$scratch/out" || fail "check does not print the hash"
grep -qF "after   $first, equal" "$scratch/out" || fail "check does not print the second hash"
expect 0 "$resprep" registry "$image" get "$key" Start --read-only-proof
same "lines of one value" "$(wc -l <"$scratch/out")" 1
grep -qF "after   $first, equal" "$scratch/err" || fail "registry does not print the hash to standard error"

# of logs, and into their manifest
expect 0 "$resprep" logs "$image" --out "$scratch/logs" --read-only-proof
says "after   $first, equal"
grep -qF "\"sha256\": \"$first\"" "$scratch/logs/MANIFEST.json" || fail "the manifest does not have the hash of the target"
expect 0 "$resprep" verify-manifest "$scratch/logs"
expect 0 "$resprep" logs "$image" --read-only-proof --json
grep '"kind": *"proof"' "$scratch/out" | grep -F "\"$first\"" | grep -q '"equal": *true' || fail "logs --json shows no proof"

# two targets; a single hive file
cp "$image" "$scratch/other.img"
printf x | dd of="$scratch/other.img" conv=notrunc bs=1 seek=1000000 status=none
expect 0 "$resprep" registry "$image" diff "$scratch/other.img" "$key" --read-only-proof --json
same "proof of diff" "$(member proof.after)" "$first"
same "proof of the other" "$(member proof_other.after)" "$(hash_of "$scratch/other.img")"
fixture_tree sysprep-copyprofile-failed "$scratch/tree"
hive=$scratch/tree/Windows/System32/config/SOFTWARE
expect 0 "$resprep" registry "$hive" verify --read-only-proof --json
same "proof of a hive" "$(member proof.after)" "$(hash_of "$hive")"

# what it is not for
expect 8 "$resprep" check "$scratch/tree" --read-only-proof
says "is a folder"
for verb in "set $key Start 2" "delete $key Start" "import $scratch/no.reg"; do
	# shellcheck disable=SC2086 # words
	expect 16 "$resprep" registry "$image" $verb --yes --read-only-proof
done
expect 16 "$resprep" repair "$image" --read-only-proof
expect 16 "$resprep" undo x --read-only-proof

# how often the keeper reads; the last reads are those of the second hash
strace -qq -e trace=pread64 -o "$scratch/trace" "$resprep" inspect "$image" --read-only-proof >/dev/null 2>&1
reads=$(wc -l <"$scratch/trace")
[ "$reads" -ge 14 ] || fail "only $reads reads"

# at READ INJECTION: the command, hit at that read of the keeper
at() {
	strace -qq -e trace=pread64 -e inject=pread64:"$2":when="$1" -o /dev/null \
		"$resprep" inspect "$image" --read-only-proof --json >"$scratch/out" 2>"$scratch/err" </dev/null
	code=$?
}
at $((reads - 8)) signal=SIGINT
same "exit code of Ctrl-C in the first hash" "$code" 32
same "the first hash, interrupted" "$(member proof.before)" null
at $((reads - 2)) signal=SIGINT
same "exit code of Ctrl-C in the second hash" "$code" 32
same "the second hash, interrupted" "$(member proof.after)" null
at $((reads - 8)) error=EIO
same "exit code of a bad sector in the first hash" "$code" 8
at $((reads - 2)) error=EIO
same "exit code of a bad sector in the second hash" "$code" 8
same "equal, where a sector is bad" "$(member proof.equal)" null
says "Input/output error"
same "hash" "$(hash_of "$image")" "$first"

# somebody writes in between: the keeper is held up behind its fork, and with it the second hash
strace -qq -e trace=clone,clone3,fork -e inject=clone,clone3,fork:delay_exit=4000000 -o /dev/null \
	"$resprep" inspect "$image" --read-only-proof --json >"$scratch/out" 2>"$scratch/err" </dev/null &
run=$!
sleep 2
printf x | dd of="$image" conv=notrunc bs=1 seek=2000000 status=none
wait "$run"
same "exit code when somebody writes" "$?" 8
same "before" "$(member proof.before)" "$first"
same "after" "$(member proof.after)" "$(hash_of "$image")"
same "equal" "$(member proof.equal)" false
says "somebody else writes to it"
finish
