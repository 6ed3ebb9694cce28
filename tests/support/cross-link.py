#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lays the file NAME of the NTFS volume that begins at START of an image over another file: its content is where the other's is, as far as it
# reaches.  With BACK, NAME has its own clusters twice instead; with BEYOND it has one run more, of four clusters from LCN on, which
# are not on the volume.
#
#	cross-link.py IMAGE START NAME OTHER|BACK|BEYOND [LCN]
import struct
import sys

sys.dont_write_bytecode = True
from ntfsvolume import Volume, run, runs, set_runs

path, start, name, other, *more = sys.argv[1:]
with open(path, 'r+b') as image:
    volume = Volume(image, int(start))
    place, record = volume.find(name)
    at = volume.data(record)
    old = list(runs(record, at))
    total = sum(count for lcn, count in old)
    if other == 'BEYOND':
        new, last = b'', 0
        for lcn, count in old + [(int(*more), 4)]:
            new, last = new + run(lcn - last, count), lcn
        total += 4
        struct.pack_into('<Q', record, at + 24, total - 1)
        struct.pack_into('<3Q', record, at + 40, *[total * volume.cluster] * 3)
    elif other == 'BACK':
        (first, total), = old
        half = total // 2
        new = run(first, half) + run(0, total - half)
    else:
        whose = volume.find(other)[1]
        lcn = next(runs(whose, volume.data(whose)))[0]
        new = run(lcn, total)
    set_runs(record, at, new)
    if place == volume.mft[0]:
        volume.store(volume.mirror(), bytearray(record))
    volume.store(place, record)
