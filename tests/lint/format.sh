#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The C sources are as `make format` would leave them.  clang-format 14, because others differ.
set -eu
cd "${top_srcdir:-.}"
formatter=${CLANG_FORMAT:-clang-format-14}

case $("$formatter" --version) in
*"version 14."*) ;;
*)
	echo "clang-format 14 is needed (Debian: clang-format-14), this is: $("$formatter" --version)"
	exit 1
	;;
esac
find src tests fuzz -name '*.[ch]' -exec "$formatter" --dry-run -Werror {} + ||
	{ echo "run: make format"; exit 1; }
