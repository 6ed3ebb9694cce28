#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""stale-volume.py IMAGE OFFSET COUNT LSN VERSION PRELOAD

Makes a volume that Windows dismounted cleanly look as if the server had been stopped by force: its metadata is put back by
COUNT transactions of its own $LogFile (the packaged ntfsrecover -u undoes them), the log itself stays as it is, says that it is open, and
that everything from the checkpoint record at LSN on may have to be redone.  VERSION is 1.1 or 2.0.

What replay must bring back is then known: the volume as it was.  IMAGE is changed in place; prints how many sectors.
"""

import fcntl
import os
import struct
import subprocess
import sys
import tempfile

PAGE, RECORD, DATA = 4096, 4608, 512


def undo(image, offset, size, count, preload):
    """The pages that ntfsrecover -u leaves, by number."""
    with tempfile.TemporaryDirectory() as folder:
        delta = os.path.join(folder, "delta")
        with open(delta, "wb") as f:
            f.write(struct.pack("<8sQQQQQ", b"RSPDLT01", 0, size, offset, size, 0))
        boot = os.path.join(folder, "boot")
        with open(image, "rb") as f, open(boot, "wb") as b:
            f.seek(offset)
            b.write(f.read(8192))
        fds = [os.open(image, os.O_RDONLY), os.open(delta, os.O_RDWR), os.open(boot, os.O_RDONLY)]

        def place():
            high = [fcntl.fcntl(fd, fcntl.F_DUPFD, 20) for fd in fds]
            for number, fd in enumerate(high):
                os.dup2(fd, 3 + number, inheritable=True)

        subprocess.run(["ntfsrecover", "-u", str(count), "/proc/self/fd/5"], check=True, close_fds=False,
                       preexec_fn=place, env={"LD_PRELOAD": preload, "LC_ALL": "C", "PATH": "/usr/bin:/usr/sbin:/bin:/sbin"},
                       stdout=subprocess.DEVNULL)
        raw = open(delta, "rb").read()
        records, opened = struct.unpack_from("<Q", raw, 8)[0], struct.unpack_from("<Q", raw, 40)[0]
        assert opened == 1, "ntfsrecover did not work on the overlay"
        pages = {}
        for i in range(records):
            at = (i + 1) * RECORD
            pages[struct.unpack_from("<Q", raw, at)[0]] = raw[at + DATA:at + DATA + PAGE]
        return pages


def log_place(f, offset, boot):
    """Byte of the volume where $LogFile begins: the first run of its data in record 2 of $MFT."""
    cluster = struct.unpack_from("<H", boot, 11)[0] * boot[13]
    per = struct.unpack_from("<b", boot, 0x40)[0]
    size = cluster * per if per > 0 else 1 << -per
    f.seek(offset + struct.unpack_from("<Q", boot, 0x30)[0] * cluster + 2 * size)
    record = bytearray(f.read(size))
    usa, words = struct.unpack_from("<HH", record, 4)
    for i in range(1, words):
        record[i * 512 - 2:i * 512] = record[usa + 2 * i:usa + 2 * i + 2]
    at = struct.unpack_from("<H", record, 0x14)[0]
    while struct.unpack_from("<I", record, at)[0] != 0x80:
        at += struct.unpack_from("<I", record, at + 4)[0]
    runs = at + struct.unpack_from("<H", record, at + 0x20)[0]
    lengths, places = record[runs] & 15, record[runs] >> 4
    first = runs + 1 + lengths
    return int.from_bytes(record[first:first + places], "little", signed=True) * cluster


def open_log(f, place, lsn, version):
    for page in (0, PAGE):
        f.seek(place + page)
        p = bytearray(f.read(PAGE))
        area = struct.unpack_from("<H", p, 0x18)[0]
        client = area + struct.unpack_from("<H", p, area + 0x16)[0]
        major, minor = version.split(".")
        struct.pack_into("<HH", p, 26, int(minor), int(major))
        struct.pack_into("<HH", p, area + 12, 0, 0)
        struct.pack_into("<QQ", p, client, lsn, lsn)
        f.seek(place + page)
        f.write(p)


def main():
    image, offset, count, lsn, version, preload = sys.argv[1:]
    offset, lsn = int(offset), int(lsn, 0)
    with open(image, "rb") as f:
        f.seek(offset)
        boot = f.read(512)
    size = (struct.unpack_from("<Q", boot, 0x28)[0] + 1) * struct.unpack_from("<H", boot, 11)[0]
    pages = undo(image, offset, size, count, preload)
    changed = 0
    with open(image, "r+b") as f:
        log = log_place(f, offset, boot)
        for number, new in pages.items():
            for sector in range(0, PAGE, 512):
                at = number * PAGE + sector
                if log <= at < log + 2 * PAGE:
                    continue
                f.seek(offset + at)
                old = f.read(512)
                data = bytearray(new[sector:sector + 512])
                if data == old:
                    continue
                # a record that is older than the log must say so, or nothing of the log is redone on it
                if data[:4] in (b"FILE", b"INDX"):
                    struct.pack_into("<Q", data, 8, lsn - 1)
                f.seek(offset + at)
                f.write(data)
                changed += 1
        open_log(f, offset + log, lsn, version)
    print(changed, "sectors put back")


if __name__ == "__main__":
    main()
