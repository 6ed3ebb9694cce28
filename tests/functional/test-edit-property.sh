#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Text-preserving edits in files of odd forms: RESPREP_SEED=N begins with another file, RESPREP_ROUNDS=N makes more.
. "${top_srcdir:?}/tests/functional/functions.sh"
/usr/bin/python3 "$top_srcdir/tests/support/edit-property.py" "$top_builddir/tests/support/edit-driver" \
	"${RESPREP_ROUNDS:-500}" "${RESPREP_SEED:-1}" || bad=1
finish
