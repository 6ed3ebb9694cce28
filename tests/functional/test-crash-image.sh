#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A repair of an image, killed at every point: see crash-loops.sh.
. "${top_srcdir:?}/tests/functional/functions.sh"
. "${top_srcdir:?}/tests/functional/crash-functions.sh"
target=$scratch/disk.img
fixture sysprep-copyprofile-failed "$scratch/old"

. "${top_srcdir:?}/tests/functional/crash-loops.sh"
finish
