# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# For the tests of resprep answer: an image with a base and some more steps.

image=$scratch/disk.img
journals=$scratch/journals

# build BASE: further steps from standard input; files of fixtures/answer/ by their names
build() {
	{
		echo "base $1"
		cat
	} >"$scratch/case.recipe"
	cp "$top_srcdir"/fixtures/answer/*.xml "$scratch"
	rm -rf "$journals"
	"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$image" "$scratch/case.recipe" \
		>"$scratch/mkfixture.log" 2>&1 || {
		cat "$scratch/mkfixture.log"
		exit 99
	}
	first=$(hash_of "$image")
}

# answer CODE VERB …
answer() {
	local want=$1
	shift
	expect "$want" "$resprep" answer "$image" "$@"
}
