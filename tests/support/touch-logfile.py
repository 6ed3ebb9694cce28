#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pretend that Windows has mounted the volume: bump the current LSN in $LogFile's restart pages.

touch-logfile.py IMAGE   (the first NTFS volume with a restart page; format: "RSTR" pages, [MS] LFS as
described by the Linux-NTFS project's $LogFile documentation)
"""
import struct
import sys


def main() -> int:
    with open(sys.argv[1], "r+b") as f:
        data = f.read()
        at = data.find(b"RSTR\x1e\x00")
        if at < 0:
            at = data.find(b"RSTR")
        if at < 0:
            # a log that was reset is all 0xff: write into its first page instead
            at = data.find(b"\xff" * 8192)
            if at < 0:
                return 1
            f.seek(at + 64)
            f.write(b"used")
            return 0
        while at >= 0:
            restart = at + struct.unpack_from("<H", data, at + 24)[0]
            lsn = struct.unpack_from("<Q", data, restart)[0]
            f.seek(restart)
            f.write(struct.pack("<Q", lsn + 8))
            at = data.find(b"RSTR", at + 4096)
    return 0


if __name__ == "__main__":
    sys.exit(main())
