#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the index blocks of an NTFS volume lead back to themselves.

loop-index.py IMAGE all|last   all: every look-up in such a folder ends up in its block again, because the block
                               has no other entry left; last: only a name behind the last one does

The end entry of each leaf gets a sub-node, which is the leaf itself.  Blocks are "INDX" records of 4096 bytes with
update sequences; the layout is that of the Linux-NTFS project's documentation ("Index Allocation").
"""
import struct
import sys

BLOCK, SECTOR = 4096, 512
HAS_SUBNODE, IS_LAST = 1, 2


def loop(block: bytearray, everything: bool) -> bool:
    usa, count = struct.unpack_from("<HH", block, 4)
    number = bytes(block[usa : usa + 2])
    for i in range(1, count):
        block[i * SECTOR - 2 : i * SECTOR] = block[usa + 2 * i : usa + 2 * i + 2]
    vcn = struct.unpack_from("<Q", block, 16)[0]
    first, length, _, flags = struct.unpack_from("<IIIB", block, 24)
    if flags & HAS_SUBNODE:
        return False
    at = 24 + first
    while not everything and not struct.unpack_from("<H", block, at + 12)[0] & IS_LAST:
        at += struct.unpack_from("<H", block, at + 8)[0]
    struct.pack_into("<QHHHHQ", block, at, 0, 24, 0, HAS_SUBNODE | IS_LAST, 0, vcn)
    struct.pack_into("<IIIB", block, 24, first, at + 24 - 24, BLOCK - 24, HAS_SUBNODE)
    for i in range(1, count):
        block[usa + 2 * i : usa + 2 * i + 2] = block[i * SECTOR - 2 : i * SECTOR]
        block[i * SECTOR - 2 : i * SECTOR] = number
    return True


def main() -> int:
    with open(sys.argv[1], "r+b") as f:
        data = bytearray(f.read())
        found = 0
        for at in range(0, len(data) - BLOCK + 1, SECTOR):
            if data[at : at + 4] != b"INDX":
                continue
            block = data[at : at + BLOCK]
            if loop(block, sys.argv[2] == "all"):
                f.seek(at)
                f.write(block)
                found += 1
    print(found, "blocks")
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
