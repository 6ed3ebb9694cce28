#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Runs one case: fixtures/cases/NAME/case.recipe with case.expect beside it.
#
# The volume is built; then check, a dry run (the image keeps its hash), repair, check, and undo (the
# first hash again).  After a repair independent programs must read the volume and its hives.
#
# case.expect, one thing a line:
#   check EXIT                           of resprep check
#   finding SEVERITY CHECK PROBLEM SUBJECT   all of them, "-" without a subject
#   says TEXT                            what check prints (standard output or error) contains it
#   inspect EXIT STATE …                 of resprep inspect, and the states of the volume that it tells, in order
#   repair EXIT [OPTION …]               of resprep repair --yes OPTION …
#   repair-says TEXT
#   after EXIT                           of resprep check after the repair (default 0)
#   reg HIVE KEY|NAME|TEXT               a line of the hive's export after the repair; TEXT "absent": no such value or key
#   option TEXT                          for every resprep command: --partition 3
set -u -o pipefail
recipe=$1
case_dir=$(dirname "$recipe")
name=$(basename "$case_dir")
support=$top_srcdir/tests/support
resprep=$top_builddir/resprep
work=$(mktemp -d "${TMPDIR:-/tmp}/case-$name.XXXXXX") || exit 99
trap 'rm -rf "$work"' EXIT
image=$work/disk.img
expect=$case_dir/case.expect
bad=0

fail() {
	printf '%s: %s\n' "$name" "$*"
	bad=1
}

# want KEY: the rest of the lines that begin with KEY
want() {
	sed -n "s/^$1 //p" "$expect"
}

hash_of() {
	sha256sum <"$1"
}

# run WHAT COMMAND …: output to $work/WHAT.out and .err, exit code in $code
run() {
	local what=$1
	shift
	"$@" >"$work/$what.out" 2>"$work/$what.err" </dev/null
	code=$?
	if [ "$code" -ge 64 ]; then
		fail "$what: crashed or not run (exit $code)"
		cat "$work/$what.err"
	fi
}

contains() { # WHAT TEXT
	grep -qF -- "$2" "$work/$1.out" "$work/$1.err" || {
		fail "$1 does not say: $2"
		cat "$work/$1.out" "$work/$1.err"
	}
}

judge_volume() {
	local start length
	start=$(python_get "$work/check.json" volume.offset)
	length=$(python_get "$work/check.json" volume.size)
	dd if="$image" of="$work/part.img" bs=4096 skip="$start" count="$length" \
		iflag=skip_bytes,count_bytes conv=sparse status=none || fail "cannot copy the partition"
	ntfsfix -n "$work/part.img" >"$work/ntfsfix" 2>&1 || { fail "ntfsfix -n"; cat "$work/ntfsfix"; }
	ntfs-3g.probe --readwrite "$work/part.img" || fail "ntfs-3g.probe --readwrite"
	ntfsresize -f -i "$work/part.img" >"$work/ntfsresize" 2>&1 || { fail "ntfsresize -i"; tail -5 "$work/ntfsresize"; }
	fls -r -p "$work/part.img" >"$work/fls" 2>"$work/fls.err" || fail "fls"
	local hive inode
	for hive in SYSTEM SOFTWARE; do
		inode=$(sed -n "s|^r/r \([0-9]*\)-[0-9-]*:\tWindows/System32/config/$hive\$|\1|pI" "$work/fls")
		icat "$work/part.img" "$inode" >"$work/$hive" || fail "icat $hive"
		hivexregedit --export "$work/$hive" '\' >"$work/$hive.reg" 2>"$work/judge" ||
			{ fail "hivexregedit cannot read $hive"; cat "$work/judge"; }
		reglookup "$work/$hive" >"$work/$hive.reglookup" 2>/dev/null || fail "reglookup cannot read $hive"
		regfexport "$work/$hive" >"$work/$hive.regfexport" 2>&1 || fail "regfexport cannot read $hive"
	done
}

python_get() {
	/usr/bin/python3 "$support/report.py" "$top_srcdir/docs/report-schema.json" "$1" get "$2"
}

# reg HIVE KEY|NAME|TEXT against hivexregedit's export
judge_values() {
	local hive rest key value text found
	while read -r hive rest; do
		IFS='|' read -r key value text <<<"$rest"
		# through the environment: awk would read backslashes in -v as escapes
		found=$(key="[\\$key]" name="\"$value\"=" awk '
			/^\[/ { inside = tolower($0) == tolower(ENVIRON["key"]) }
			inside && /^\[/ { print "present" }
			inside && index($0, ENVIRON["name"]) == 1 { print substr($0, length(ENVIRON["name"]) + 1) }' \
			"$work/$hive.reg")
		if [ "$text" = absent ]; then
			if [ -n "$value" ]; then
				[ -z "$(printf '%s\n' "$found" | grep -v '^present$')" ] || fail "$hive $key: $value is still there"
			else
				[ -z "$found" ] || fail "$hive $key is still there"
			fi
		else
			printf '%s\n' "$found" | grep -qxF -- "$text" || fail "$hive $key: $value is '$found', not '$text'"
		fi
	done < <(want reg)
}

"$top_builddir/tests/support/mkfixture" --fixtures "$top_srcdir/fixtures" -o "$image" "$recipe" \
	>"$work/build" 2>&1 || { cat "$work/build"; echo "$name: the volume was not built"; exit 99; }
[ -f "$expect" ] || { echo "$name: no case.expect"; exit 99; }
mapfile -t options < <(want option | tr ' ' '\n')
first=$(hash_of "$image")
journals=$work/journals

run check "$resprep" check "$image" --journal-dir "$journals" "${options[@]}"
[ "$code" = "$(want check)" ] || { fail "check: exit $code, not $(want check)"; cat "$work/check.out" "$work/check.err"; }
cp "$work/check.out" "$work/check.text"
while IFS= read -r text; do contains check "$text"; done < <(want says)
run json "$resprep" check "$image" --json --journal-dir "$journals" "${options[@]}"
[ "$code" = "$(want check)" ] || fail "check --json: exit $code"
cp "$work/json.out" "$work/check.json"
/usr/bin/python3 "$support/report.py" "$top_srcdir/docs/report-schema.json" "$work/check.json" findings \
	>"$work/findings" || fail "the report is not as docs/report-schema.json says"
diff <(want finding | LC_ALL=C sort) <(LC_ALL=C sort "$work/findings") >"$work/diff" ||
	{ fail "findings (< expected, > found)"; cat "$work/diff"; }
[ "$(python_get "$work/check.json" stats.writes)" = 0 ] || fail "check wrote to the device"
[ "$(hash_of "$image")" = "$first" ] || fail "check changed the image"

read -r inspect_exit states < <(want inspect)
if [ -n "${inspect_exit:-}" ]; then
	run inspect "$resprep" inspect "$image" --json --journal-dir "$journals" "${options[@]}"
	[ "$code" = "$inspect_exit" ] || { fail "inspect: exit $code, not $inspect_exit"; cat "$work/inspect.err"; }
	found=$(python_get "$work/inspect.out" volume.state | tr -d '[]",')
	[ "$found" = "$states" ] || fail "inspect tells '$found', not '$states'"
fi

read -r repair_exit repair_options < <(want repair)
if [ -n "${repair_exit:-}" ]; then
	# shellcheck disable=SC2086 # several options
	run dry "$resprep" repair "$image" --dry-run --journal-dir "$journals" "${options[@]}" $repair_options
	[ "$(hash_of "$image")" = "$first" ] || fail "the dry run changed the image"
	# shellcheck disable=SC2086
	run repair "$resprep" repair "$image" --yes --json --journal-dir "$journals" "${options[@]}" $repair_options
	[ "$code" = "$repair_exit" ] || { fail "repair: exit $code, not $repair_exit"; cat "$work/repair.out" "$work/repair.err"; }
	/usr/bin/python3 "$support/report.py" "$top_srcdir/docs/report-schema.json" "$work/repair.out" ||
		fail "the repair's report is not as docs/report-schema.json says"
	while IFS= read -r text; do contains repair "$text"; done < <(want repair-says)
	journal=$(python_get "$work/repair.out" journal)
	if [ "$journal" = null ]; then
		[ "$(hash_of "$image")" = "$first" ] || fail "refused, but the image has changed"
		[ -z "$(ls -A "$journals" 2>/dev/null)" ] || fail "refused, but a journal was left"
	else
		judge_volume
		judge_values
		run after "$resprep" check "$image" --journal-dir "$journals" "${options[@]}"
		after=$(want after)
		[ "$code" = "${after:-0}" ] || { fail "check after the repair: exit $code, not ${after:-0}"; cat "$work/after.out"; }
		run undo "$resprep" undo "$journal" "$image" --yes --journal-dir "$journals"
		[ "$code" = 0 ] || { fail "undo: exit $code"; cat "$work/undo.err"; }
		[ "$(hash_of "$image")" = "$first" ] || fail "undo did not restore the first hash"
	fi
fi
[ "$bad" = 0 ] && echo "$name: as expected"
exit $bad
