#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# `make demo`: the main job, from a broken volume to a repaired one and back.  Fails if any step
# does not end as it says it will.
set -eu
: "${top_srcdir:?run me with: make demo}" "${top_builddir:?}"

resprep=$top_builddir/resprep
work=$top_builddir/tests/demo
image=$work/server2012r2.img
journals=$work/journals
rm -rf "$work"
mkdir -p "$work"
mkdir -m 700 "$journals"

# explain TEXT: one line before each step
explain() {
	printf '\n\033[1m# %s\033[0m\n' "$*"
}

# run STATUS ARGUMENT …: the program, which must end with that exit code
run() {
	local expected=$1 status=0
	shift
	printf '$ resprep %s\n' "${*//$work\//}"
	(cd "$work" && "$resprep" "$@") || status=$?
	if [ "$status" -ne "$expected" ]; then
		echo "demo: exit code $status, expected $expected" >&2
		exit 1
	fi
	printf '(exit code %d)\n' "$status"
}

# The hash alone, of the image.
hash_of() {
	sha256sum "$image" | cut -d ' ' -f 1
}
[ -t 1 ] || explain() { printf '\n# %s\n' "$*"; }

explain "A Windows Server 2012 R2 whose Sysprep failed: built here from text, nobody's data"
"$top_builddir/tests/support/mkfixture" \
	"$top_srcdir/fixtures/cases/sysprep-copyprofile-failed/case.recipe" "$image"
before=$(hash_of)
printf '%s: %d MiB\n' "${image##*/}" $(($(stat -c %s "$image") / 1048576))

explain "What is wrong with it?  Looking changes nothing; exit code 4 says: problems found"
run 4 check "$image"

explain "What happened?  All logs, registry keys and files in one order, and what to do"
run 0 logs "$image" --timeline --since 2014-06-06

explain "What would a repair change?  The real repair, without its last step"
run 4 repair "$image" --dry-run --journal-dir "$journals"
looked=$(hash_of)

explain "Repair it, with a journal written first; exit code 1 says: found and repaired"
run 1 repair "$image" --yes --journal-dir "$journals"
repaired=$(hash_of)

explain "Is it well now?"
run 0 check "$image"

explain "Take it all back"
journal=$(find "$journals" -name '*.journal*' -type f | head -n 1)
run 0 undo "$journal" "$image" --yes
after=$(hash_of)

explain "The image, byte for byte"
printf 'SHA-256 before everything:  %s\n' "$before"
printf 'SHA-256 after the dry run:  %s\n' "$looked"
printf 'SHA-256 after the repair:   %s\n' "$repaired"
printf 'SHA-256 after undo:         %s\n' "$after"
[ "$looked" = "$before" ] || { echo "demo: the dry run changed the image" >&2; exit 1; }
[ "$repaired" != "$before" ] || { echo "demo: the repair changed nothing" >&2; exit 1; }
[ "$after" = "$before" ] || { echo "demo: undo did not restore the image" >&2; exit 1; }
echo "equal before everything and after undo: the demo has passed"
