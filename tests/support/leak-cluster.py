#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Marks a free cluster of the NTFS volume that begins at START of an image as used, so that its clusters do not add up.
#
#	leak-cluster.py IMAGE START
import struct
import sys

path, start = sys.argv[1], int(sys.argv[2])
with open(path, 'r+b') as image:
	image.seek(start)
	boot = image.read(512)
	cluster = struct.unpack_from('<H', boot, 11)[0] * boot[13]
	image.seek(start + struct.unpack_from('<Q', boot, 48)[0] * cluster + 6 * 1024)
	record = image.read(1024)
	at = struct.unpack_from('<H', record, 20)[0]
	while struct.unpack_from('<I', record, at)[0] != 0x80:
		at += struct.unpack_from('<I', record, at + 4)[0]
	runs = at + struct.unpack_from('<H', record, at + 32)[0]
	lengths, offsets = record[runs] & 15, record[runs] >> 4
	count = int.from_bytes(record[runs + 1:runs + 1 + lengths], 'little')
	first = int.from_bytes(record[runs + 1 + lengths:runs + 1 + lengths + offsets], 'little')
	image.seek(start + first * cluster)
	bitmap = image.read(min(count * cluster, struct.unpack_from('<Q', record, at + 48)[0]))
	free = bitmap.rindex(b'\0')
	image.seek(start + first * cluster + free)
	image.write(b'\1')
