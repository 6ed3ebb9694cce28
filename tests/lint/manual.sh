#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The program and its manual agree: every command, option and check that the program knows has its
# paragraph, and every paragraph speaks of something that the program knows.
#
# In docs/man/*.pod a command is "=head2 resprep NAME …" or "=item B<NAME> …" or a page
# resprep-NAME.pod of its own, an option "=item B<--name>…", a check "=head2 id" or "=item B<id>".
set -eu
cd "${top_srcdir:?}"
program=${top_builddir:?}/resprep
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
bad=0

# compare WHAT KNOWN DOCUMENTED: two sorted lists
compare() {
	comm -23 "$2" "$3" | sed "s/^/the manual does not mention the $1 /" >"$scratch/missing"
	comm -13 "$2" "$3" | sed "s/^/the manual describes what is no $1: /" >>"$scratch/missing"
	if [ -s "$scratch/missing" ]; then
		cat "$scratch/missing"
		bad=1
	fi
	if [ ! -s "$2" ]; then
		echo "the program names no $1"
		bad=1
	fi
}

for page in docs/man/*.pod; do
	podchecker -warnings "$page" >"$scratch/podchecker" 2>&1 ||
		{ cat "$scratch/podchecker"; bad=1; }
done

"$program" help --commands | LC_ALL=C sort -u >"$scratch/commands"
{
	sed -n 's/^=head[23] resprep \([a-z][a-z-]*\).*/\1/p' docs/man/*.pod
	for page in docs/man/resprep-*.pod; do
		[ -e "$page" ] || continue
		page=${page##*/resprep-}
		echo "${page%.pod}"
	done | grep -vx checks || true
} | LC_ALL=C sort -u >"$scratch/commands-documented"
compare command "$scratch/commands" "$scratch/commands-documented"

{
	"$program" --long-options
	while read -r command; do
		"$program" --long-options "$command"
	done <"$scratch/commands"
} | tr ' ' '\n' | sed '/^$/d' | LC_ALL=C sort -u >"$scratch/options"
grep -hE '^=item ' docs/man/*.pod | grep -oE 'B<--[a-z][a-z-]*' | sed 's/^B<//' |
	LC_ALL=C sort -u >"$scratch/options-documented"
compare option "$scratch/options" "$scratch/options-documented"

# Long options that a command's own help shows but the program would not complete, and the reverse.
while read -r command; do
	"$program" --long-options "$command" | tr ' ' '\n' | sed '/^$/d' | LC_ALL=C sort -u >"$scratch/one"
	"$program" "$command" --help | grep -oE '(^|[ ,])--[a-z][a-z-]*' | tr -d ' ,' |
		LC_ALL=C sort -u >"$scratch/shown"
	comm -3 "$scratch/one" "$scratch/shown" | sed "s/^[[:space:]]*/$command --help and --long-options disagree about /" \
		>"$scratch/missing"
	if [ -s "$scratch/missing" ]; then
		cat "$scratch/missing"
		bad=1
	fi
done <"$scratch/commands"

"$program" list-checks --ids | LC_ALL=C sort -u >"$scratch/checks"
sed -n 's/^=head[23] \([a-z][a-z0-9]*-[a-z0-9-]*\)$/\1/p' docs/man/*checks.pod |
	LC_ALL=C sort -u >"$scratch/checks-documented"
compare check "$scratch/checks" "$scratch/checks-documented"

# The part about checks is made by the program: what stands in the page must be what it makes now.
"$program" list-checks --pod >"$scratch/pod"
sed '1,/^=head1 CHECKS$/d; /^=head1 SEE ALSO$/,$d' docs/man/resprep-checks.pod | sed '1{/^$/d}' >"$scratch/pod-documented"
if ! diff "$scratch/pod-documented" "$scratch/pod"; then
	echo "docs/man/resprep-checks.pod is stale: put the output of 'resprep list-checks --pod' into it"
	bad=1
fi
while read -r check; do
	case $(echo fixtures/cases/"$check"*/case.recipe) in
	*'*'*)
		echo "no fixtures/cases/$check*: every check comes with a case"
		bad=1
		;;
	esac
done <"$scratch/checks"
exit $bad
