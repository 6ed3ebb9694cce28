#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A repair of a folder, of two hives and an answer file that changes its size, killed at every point: see
# crash-loops.sh.
. "${top_srcdir:?}/tests/functional/functions.sh"
. "${top_srcdir:?}/tests/functional/crash-functions.sh"
target=$scratch/mnt
fixture_tree sysprep-copyprofile-failed "$scratch/old"
repair_options="--only copyprofile-enabled,rdp-connections-denied,profile-stale"

target_hash() {
	hash_tree "$1"
}

target_copy() {
	rm -rf "$2"
	cp -a "$1" "$2"
}

target_half() { # one of the changed files is new already
	target_copy "$1" "$3"
	cp "$2/Windows/System32/config/SOFTWARE" "$3/Windows/System32/config/SOFTWARE"
}

. "${top_srcdir:?}/tests/functional/crash-loops.sh"
finish
