# SPDX-License-Identifier: GPL-3.0-or-later
"""The records of the NTFS volume that begins at START of an image, for scripts that damage one."""
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

    def mirror(self):
        """Where the second copy of $MFT's own record is."""
        return struct.unpack_from('<Q', self.read(0, 512), 56)[0] * self.cluster


def set_runs(record, at, new):
    """Gives the attribute there another run list, and makes room for it."""
    new += b'\0'
    pairs = struct.unpack_from('<H', record, at + 32)[0]
    length, used = struct.unpack_from('<I', record, at + 4)[0], struct.unpack_from('<I', record, 24)[0]
    more = max(0, len(new) - (length - pairs) + 7) // 8 * 8
    if used + more > RECORD:
        sys.exit('no room for the new run list')
    record[at + length + more:used + more] = record[at + length:used]
    struct.pack_into('<I', record, 24, used + more)
    struct.pack_into('<I', record, at + 4, length + more)
    record[at + pairs:at + length + more] = new.ljust(length + more - pairs, b'\0')
