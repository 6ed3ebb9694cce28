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

RECORD = 1024
DATA, FILE_NAME = 0x80, 0x30


def protection(record):
    """Where each sector's last bytes stand, and where they belong."""
    offset, count = struct.unpack_from('<HH', record, 4)
    return [(offset + 2 * i, 512 * i - 2) for i in range(1, count)]


def attributes(record):
    """Type and place of each attribute."""
    at = struct.unpack_from('<H', record, 20)[0]
    while struct.unpack_from('<I', record, at)[0] != 0xffffffff:
        yield struct.unpack_from('<I', record, at)[0], at
        at += struct.unpack_from('<I', record, at + 4)[0]


def runs(record, at):
    """Clusters of each run of the attribute there."""
    at, lcn = at + struct.unpack_from('<H', record, at + 32)[0], 0
    while record[at]:
        lengths, offsets = record[at] & 15, record[at] >> 4
        count = int.from_bytes(record[at + 1:at + 1 + lengths], 'little')
        lcn += int.from_bytes(record[at + 1 + lengths:at + 1 + lengths + offsets], 'little', signed=True)
        at += 1 + lengths + offsets
        yield lcn, count


def run(step, count):
    """A run, in as few bytes as it takes."""
    sizes = [next(n for n in range(1, 9) if -1 << 8 * n - 1 <= x < 1 << 8 * n - 1) for x in (step, count)]
    return (bytes([sizes[0] << 4 | sizes[1]]) + count.to_bytes(sizes[1], 'little', signed=True) +
            step.to_bytes(sizes[0], 'little', signed=True))


class Volume:
    def __init__(self, image, start):
        self.image, self.start = image, start
        boot = self.read(0, 512)
        self.cluster = struct.unpack_from('<H', boot, 11)[0] * boot[13]
        self.mft = [struct.unpack_from('<Q', boot, 48)[0] * self.cluster]
        first = self.record(self.mft[0])
        self.mft = [lcn * self.cluster + i * RECORD for lcn, count in runs(first, self.data(first))
                    for i in range(count * self.cluster // RECORD)]

    def read(self, at, size):
        self.image.seek(self.start + at)
        return self.image.read(size)

    def record(self, place):
        record = bytearray(self.read(place, RECORD))
        if record[:4] == b'FILE':
            for kept, end in protection(record):
                record[end:end + 2] = record[kept:kept + 2]
        return record

    def store(self, place, record):
        number = record[struct.unpack_from('<H', record, 4)[0]:][:2]
        for kept, end in protection(record):
            record[kept:kept + 2] = record[end:end + 2]
            record[end:end + 2] = number
        self.image.seek(self.start + place)
        self.image.write(record)

    @staticmethod
    def data(record):
        return next(at for kind, at in attributes(record) if kind == DATA)

    def find(self, name):
        for place in self.mft:
            record = self.record(place)
            if record[:4] != b'FILE':
                continue
            for kind, at in attributes(record):
                value = record[at + struct.unpack_from('<H', record, at + 20)[0]:]
                if kind == FILE_NAME and value[66:66 + 2 * value[64]].decode('utf-16-le') == name:
                    return place, record
        sys.exit(f'there is no {name}')


def lengthen(record, at, beyond):
    """The new run list of the attribute there, with four more clusters from `beyond` on; makes room for it."""
    old, new, last = list(runs(record, at)), b'', 0
    for lcn, length in old + [(beyond, 4)]:
        new, last = new + run(lcn - last, length), lcn
    length, used = struct.unpack_from('<I', record, at + 4)[0], struct.unpack_from('<I', record, 24)[0]
    more = max(0, len(new) + 1 - (length - struct.unpack_from('<H', record, at + 32)[0]) + 7) // 8 * 8
    record[at + length + more:used + more] = record[at + length:used]
    record[at + length:at + length + more] = bytes(more)
    struct.pack_into('<I', record, 24, used + more)
    struct.pack_into('<I', record, at + 4, length + more)
    total = sum(length for lcn, length in old) + 4
    struct.pack_into('<Q', record, at + 24, total - 1)
    struct.pack_into('<3Q', record, at + 40, *[total * volume.cluster] * 3)
    return new


path, start, name, other, *more = sys.argv[1:]
with open(path, 'r+b') as image:
    volume = Volume(image, int(start))
    place, record = volume.find(name)
    at = volume.data(record)
    total = sum(count for lcn, count in runs(record, at))
    if other == 'BEYOND':
        new = lengthen(record, at, int(*more))
    elif other == 'BACK':
        (first, total), = runs(record, at)
        half = total // 2
        new = run(first, half) + run(0, total - half)
    else:
        whose = volume.find(other)[1]
        lcn = next(runs(whose, volume.data(whose)))[0]
        new = run(lcn, total)
    pairs = struct.unpack_from('<H', record, at + 32)[0]
    room = struct.unpack_from('<I', record, at + 4)[0] - pairs
    new = (new + b'\0').ljust(room, b'\0')
    if len(new) > room:
        sys.exit('no room for the new run list')
    record[at + pairs:at + pairs + room] = new
    if place == volume.mft[0]:
        volume.store(struct.unpack_from('<Q', volume.read(0, 512), 56)[0] * volume.cluster, bytearray(record))
    volume.store(place, record)
