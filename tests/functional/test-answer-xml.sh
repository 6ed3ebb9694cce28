#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Random edits of XML, judged by xmllint: well-formed, and canonically the same but for the value.
. "${top_srcdir:?}/tests/functional/functions.sh"
mkdir "$scratch/kept"
RESPREP_KEEP=$scratch/kept "$top_builddir/tests/unit/test-xml-edit" >"$scratch/out" 2>&1 || {
	cat "$scratch/out"
	fail "the edits themselves"
}
expect 0 /usr/bin/python3 "$top_srcdir/tests/support/judge-xml.py" "$scratch/kept"
says 'edits judged'
finish
