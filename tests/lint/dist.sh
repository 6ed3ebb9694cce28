#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The tarball holds what git holds, and besides that only what autoreconf makes.
set -eu
: "${top_srcdir:?}" "${top_builddir:?}"

# "*": a clone that another user made is fine, nothing of it is run.
files=$(git -c safe.directory='*' -C "$top_srcdir" ls-files 2>/dev/null) || files=
if [ -z "$files" ]; then
	echo "no git repository here: nothing to compare"
	exit 0
fi

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf '%s\n' "$files" | LC_ALL=C sort >"$scratch/git"
make -s -C "$top_builddir" dist
tar -tzf "$(find "$top_builddir" -maxdepth 1 -name 'resprep-*.tar.gz' | head -n 1)" |
	sed -e '/\/$/d' -e 's|^[^/]*/||' |
	grep -vE '^(build-aux/.*|aclocal\.m4|config\.h\.in|configure|Makefile\.in)$' |
	LC_ALL=C sort >"$scratch/tarball"
if ! diff -u "$scratch/git" "$scratch/tarball"; then
	echo "lines with -: in git but not in the tarball (add them to a Makemodule.am)"
	echo "lines with +: in the tarball but not in git"
	exit 1
fi
