#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# One DWORD on a 30 GiB disk: at most three sectors differ, the journal is safe before the first of them,
# and undo leaves none.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
journals=$scratch/journals
fixture rdp-large-disk "$image"
same "size of the disk" "$(stat -c %s "$image")" $((30 << 30))
cp --sparse=always "$image" "$scratch/before.img"

# differing sectors, reading only what either file really stores
differing() {
	/usr/bin/python3 - "$1" "$2" <<'E'
import os, sys

def stored(f, size):
    at = 0
    while at < size:
        try:
            at = os.lseek(f, at, os.SEEK_DATA)
        except OSError:
            return
        end = os.lseek(f, at, os.SEEK_HOLE)
        yield at, end
        at = end

a, b = (os.open(p, os.O_RDONLY) for p in sys.argv[1:3])
size = os.fstat(a).st_size
assert size == os.fstat(b).st_size
places = set()
for f in (a, b):
    for start, end in stored(f, size):
        for at in range(start, end, 1 << 20):
            n = min(1 << 20, end - at)
            x, y = os.pread(a, n, at), os.pread(b, n, at)
            if x != y:
                places.update((at + i) // 512 for i in range(0, n, 512) if x[i:i + 512] != y[i:i + 512])
print(len(places))
E
}

strace -f -e trace=pwrite64,write,fsync,fdatasync,rename,renameat,renameat2,openat -o "$scratch/trace" \
	"$resprep" repair "$image" --yes --only rdp-connections-denied --json --journal-dir "$journals" \
	>"$scratch/out" 2>"$scratch/err" </dev/null
same "exit code" "$?" 1
journal=$(member journal)
sectors=$(differing "$scratch/before.img" "$image")
echo "$sectors sectors differ after the repair"
[ "$sectors" -ge 1 ] && [ "$sectors" -le 3 ] || fail "$sectors sectors differ"

# the journal's fsync and rename stand before the first write to the disk
/usr/bin/python3 - "$scratch/trace" "$image" <<'E' || fail "the order of journal and disk writes is wrong"
import re, sys

image_fd = None
synced = renamed = False
first = None
for line in open(sys.argv[1], errors="replace"):
    if sys.argv[2] in line and "O_RDWR" in line:
        image_fd = re.search(r"= (\d+)$", line.strip()).group(1)
    if "fsync(" in line and image_fd is None or "fsync(" in line and f"fsync({image_fd})" not in line:
        synced = True
    if "rename" in line and ".journal" in line:
        renamed = synced
    if image_fd and f"pwrite64({image_fd}," in line and first is None:
        first = renamed
assert first, "the first write came before the journal was safe"
E
expect 0 "$resprep" check "$image" --only rdp-connections-denied
expect 0 "$resprep" undo "$journal" "$image" --yes --journal-dir "$journals"
same "sectors that differ after undo" "$(differing "$scratch/before.img" "$image")" 0
finish
