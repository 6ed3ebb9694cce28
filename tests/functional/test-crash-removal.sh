#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The removal of a file (EC2Launch v2's .run-once) from an image, killed at every point: see crash-loops.sh.
. "${top_srcdir:?}/tests/functional/functions.sh"
. "${top_srcdir:?}/tests/functional/crash-functions.sh"
target=$scratch/disk.img
"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$scratch/old" "$top_srcdir/fixtures/bases/server2022-deployed.recipe" \
	>"$scratch/log" 2>&1 || exit 99
repair_command="password $target --at-next-boot"

. "${top_srcdir:?}/tests/functional/crash-loops.sh"
finish
