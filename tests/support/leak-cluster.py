#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Makes the clusters of the NTFS volume that begins at START of an image not add up: marks a free one as used, or, with the name of a
# file, all of that file's as free.
#
#	leak-cluster.py IMAGE START [NAME]
import struct
import sys

RECORD = 1024
DATA, FILE_NAME = 0x80, 0x30


def attributes(record):
    """Type and bytes of each attribute."""
    at = struct.unpack_from('<H', record, 20)[0]
    while struct.unpack_from('<I', record, at)[0] != 0xffffffff:
        kind, length = struct.unpack_from('<II', record, at)
        yield kind, record[at:at + length]
        at += length


def runs(attribute):
    """First cluster and number of clusters of each run of an attribute that is not resident."""
    at, lcn = struct.unpack_from('<H', attribute, 32)[0], 0
    while attribute[at]:
        lengths, offsets = attribute[at] & 15, attribute[at] >> 4
        count = int.from_bytes(attribute[at + 1:at + 1 + lengths], 'little')
        lcn += int.from_bytes(attribute[at + 1 + lengths:at + 1 + lengths + offsets], 'little', signed=True)
        at += 1 + lengths + offsets
        yield lcn, count


class Volume:
    def __init__(self, image, start):
        self.image, self.start = image, start
        boot = self.read(0, 512)
        self.cluster = struct.unpack_from('<H', boot, 11)[0] * boot[13]
        self.mft = struct.unpack_from('<Q', boot, 48)[0] * self.cluster
        self.mft = [place + i * RECORD
                    for lcn, count in runs(self.data_of(self.record_at(self.mft)))
                    for place in [lcn * self.cluster] for i in range(count * self.cluster // RECORD)]

    def read(self, at, size):
        self.image.seek(self.start + at)
        return self.image.read(size)

    def record_at(self, place):
        record = bytearray(self.read(place, RECORD))
        if record[:4] == b'FILE':
            offset, count = struct.unpack_from('<HH', record, 4)
            for i in range(1, count):
                record[512 * i - 2:512 * i] = record[offset + 2 * i:offset + 2 * i + 2]
        return bytes(record)

    @staticmethod
    def data_of(record):
        return next(a for kind, a in attributes(record) if kind == DATA)

    def find(self, name):
        for place in self.mft:
            record = self.record_at(place)
            if record[:4] != b'FILE':
                continue
            for kind, a in attributes(record):
                value = a[struct.unpack_from('<H', a, 20)[0]:]
                if kind == FILE_NAME and value[66:66 + 2 * value[64]].decode('utf-16-le') == name:
                    return self.data_of(record)
        sys.exit(f'there is no {name}')


path, start, names = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
with open(path, 'r+b') as image:
    volume = Volume(image, start)
    where = volume.data_of(volume.record_at(volume.mft[6]))
    (first, count), = runs(where)
    bitmap = bytearray(volume.read(first * volume.cluster,
                                   min(count * volume.cluster, struct.unpack_from('<Q', where, 48)[0])))
    if not names:
        bitmap[bitmap.rindex(b'\0')] = 1
    for name in names:
        for lcn, length in runs(volume.find(name)):
            for i in range(lcn, lcn + length):
                bitmap[i // 8] &= ~(1 << i % 8)
    image.seek(start + first * volume.cluster)
    image.write(bitmap)
