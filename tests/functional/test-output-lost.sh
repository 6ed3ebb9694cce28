#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Standard output that does not arrive: before the commit point nothing is written, after it standard error says what was written and how
# it is taken back.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
journals=$scratch/journals
fixture rdp-connections-denied "$image"
first=$(hash_of "$image")

# lost WHAT CODE COMMAND …: standard output is full from the first byte
lost() {
	local what=$1 want=$2
	shift 2
	: >"$scratch/out"
	"$@" >/dev/full 2>"$scratch/err" </dev/null
	same "$what: exit code" "$?" "$want"
	says 'standard output'
}

# journal_said: the journal that standard error names
journal_said() {
	sed -n 's/.*Journal: \([^;]*\).*/\1/p' "$scratch/err"
}

# nobody has seen what would change
lost 'repair' 8 "$resprep" repair "$image" --yes --journal-dir "$journals"
says 'nothing was written'
same 'repair: hash' "$(hash_of "$image")" "$first"
[ -z "$(ls -A "$journals" 2>/dev/null)" ] || fail 'a journal was left'

# --json prints at the end
lost 'repair --json' 1 "$resprep" repair "$image" --yes --json --journal-dir "$journals"
says 'is written, and complete'
journal=$(journal_said)
[ -f "$journal" ] || fail "standard error names no journal: $(cat "$scratch/err")"
says "resprep undo $journal $image"
lost 'undo' 0 "$resprep" undo "$journal" "$image" --yes --journal-dir "$journals"
says 'every byte'
same 'undo: hash' "$(hash_of "$image")" "$first"
[ -f "$(journal_said)" ] || fail 'standard error names no journal of the undo'

# the text of a repair, whose reader has the plan and goes, while the keeper waits at the commit point
strace -qq -e trace=rename -e inject=rename:delay_enter=500000:when=1 -o /dev/null \
	"$resprep" repair "$image" --yes --journal-dir "$journals" 2>"$scratch/err" </dev/null | head -c 1 >"$scratch/out"
same 'repair, later: exit code' "${PIPESTATUS[0]}" 1
says 'is written, and complete'
journal=$(journal_said)
[ -f "$journal" ] || fail 'standard error names no journal of the repair'

# recover
mv "$journal" "${journal%.applied}"
lost 'recover' 0 "$resprep" recover "${journal%.applied}" "$image" --journal-dir "$journals"
says "resprep undo $journal $image"
expect 0 "$resprep" undo "$journal" "$image" --yes --journal-dir "$journals"
same 'the end' "$(hash_of "$image")" "$first"

# commands that only read
lost 'check' 8 "$resprep" check "$image" --journal-dir "$journals"
lost 'list-checks' 8 "$resprep" list-checks --json
lost 'logs' 8 "$resprep" logs "$image" --json
finish
