#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Lists the last free cluster of the NTFS volume that begins at START of an image as bad, as chkdsk /r does: it belongs to $Bad of $BadClus, and
# counts as used.
#
#	bad-cluster.py IMAGE START
import struct
import sys

sys.dont_write_bytecode = True
from ntfsvolume import DATA, Volume, attributes, run, runs, set_runs


def hole(count):
    """A run without clusters."""
    return b'\x04' + count.to_bytes(4, 'little')


path, start = sys.argv[1], int(sys.argv[2])
with open(path, 'r+b') as image:
    volume = Volume(image, start)
    place, record = volume.find('$BadClus')
    at = next(at for kind, at in attributes(record) if kind == DATA and record[at + 8])
    total = struct.unpack_from('<Q', record, at + 24)[0] + 1
    bits = volume.find('$Bitmap')[1]
    (first, count), = runs(bits, volume.data(bits))
    bitmap = bytearray(volume.read(first * volume.cluster, count * volume.cluster))
    lcn = next(i for i in range(total - 1, 0, -1) if not bitmap[i // 8] >> i % 8 & 1)
    bitmap[lcn // 8] |= 1 << lcn % 8
    image.seek(start + first * volume.cluster)
    image.write(bitmap)
    set_runs(record, at, hole(lcn) + run(lcn, 1) + (hole(total - lcn - 1) if lcn < total - 1 else b''))
    volume.store(place, record)
