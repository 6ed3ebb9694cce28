#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the first phase of a journal writes: "PATH OFFSET LENGTH" a line, of a disk "- OFFSET LENGTH".  See docs/journal.md.
#
#	first-phase.py JOURNAL
import struct
import sys

data = open(sys.argv[1], 'rb').read()
count, watches, manifest, name = struct.unpack_from('<4Q', data, 80)
at, first = 512 + name + manifest + 48 * watches, None
for _ in range(count):
	_kind, phase, offset, before, after, path, _zero = struct.unpack_from('<IIQIIII', data, at)
	text = data[at + 32:at + 32 + path].rstrip(b'\0').decode()
	at += 32 + path + before + after
	first = phase if first is None else first
	if phase == first:
		print(text or '-', offset, after)
