#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What bash offers behind the words that are typed already: every command, every option of each, and the words that options and verbs are.
. "${top_srcdir:?}/tests/functional/functions.sh"
# shellcheck source=/dev/null
. "$top_srcdir/completions/resprep"
cd "$scratch" || exit 99
: >disk.img

# offers WORD …: one a line, for the last word, which may be empty
offers() {
	COMP_WORDS=(resprep "$@")
	COMP_CWORD=$#
	_resprep "$resprep" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	printf '%s\n' "${COMPREPLY[@]}"
}

# offered WORD TYPED …
offered() {
	local word=$1
	shift
	offers "$@" | grep -xF -- "$word" >/dev/null || fail "not offered behind '$*': $word"
}

# only_offered WORDS TYPED …
only_offered() {
	local words=$1
	shift
	same "what is offered behind '$*'" "$(offers "$@" | tr '\n' ' ')" "$words"
}

for command in $("$resprep" help --commands); do
	offered "$command" ""
	offered "$command" help ""
	for option in $("$resprep" "$command" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do
		offered "$option" "$command" --
	done
done
offered disk.img ""
only_offered "disk.img " check d
only_offered "disk.img " repair --partition 3 d
offered image-agent check disk.img --only ""
offered image repair disk.img --group ""
offered cloudendure logs disk.img --group ""
only_offered "safe careful last-resort " repair disk.img --risk ""
only_offered "warning " check disk.img --fail-on w
only_offered "note warning error critical " check disk.img --severity ""
only_offered "REG_MULTI_SZ " registry disk.img set K N V --type REG_M
only_offered "get set delete export import diff verify replay " registry disk.img ""
only_offered "set " registry --partition 3 disk.img s
only_offered "show set " agent disk.img ""
only_offered "list show lint set scrub " answer disk.img ""
only_offered "disk.img " registry disk.img import d
only_offered " " registry disk.img get d
only_offered " " list-checks d
finish
