# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# Killing a program at every one of its system calls that change something.
#
# strace counts them, and strace kills: the signal comes when the call is entered and, with the call made to fail,
# it has no effect ("before"); the call after it shows the state behind it ("after" is the next point's
# "before").  What is counted is the same list that is killed, so every point is reached.

# Those that change a file, a folder or a device.
changing_calls=openat,openat2,open,creat,write,pwrite64,writev,pwritev,pwritev2,ftruncate,truncate,fallocate,fsync,fdatasync,sync_file_range,rename,renameat,renameat2,link,linkat,symlink,symlinkat,unlink,unlinkat,mkdir,mkdirat,rmdir,chmod,fchmod,fchmodat,utimensat,ioctl,copy_file_range,sendfile

# trace_points TRACE: "CALL N" for each line that changes something, the N-th CALL of the whole run: no
# output to the terminal, no opening for reading, no asking ioctl
trace_points() {
	/usr/bin/python3 - "$1" <<'E'
import re, sys

seen = {}
for line in open(sys.argv[1], errors="replace"):
    m = re.match(r"^([a-z0-9_]+)\((.*)", line)
    if not m:
        continue
    call, rest = m.groups()
    seen[call] = seen.get(call, 0) + 1
    if call in ("write", "writev") and re.match(r"(1|2),", rest):
        continue
    if call.startswith("open") and "O_RDONLY" in rest and "O_CREAT" not in rest:
        continue
    if call == "ioctl" and not re.search(r"BLKFLSBUF", rest):
        continue
    print(call, seen[call])
E
}

# record TRACE COMMAND …: runs it under strace, without following its children: hivex's work is on memfds
record() {
	local trace=$1
	shift
	strace -qq -e trace="$changing_calls" -e signal=none -o "$trace" "$@" >/dev/null 2>&1 </dev/null
}

# kill_at CALL N COMMAND …: "${prepare[@]}", then the same run, killed at that call; the subshell keeps the shell's own notice
# away.  The program looks through /proc, where processes come and go: a run with fewer opens than were counted ends before the
# N-th, and is done again for an earlier one.
kill_at() {
	local call=$1 n=$2 least=$2
	shift 2
	case $call in open*) least=$((n > 100 ? n - 100 : 1)) ;; esac
	while [ "$n" -ge "$least" ]; do
		"${prepare[@]}"
		(
			strace -qq -e trace="$changing_calls" -e signal=none \
				-e inject="$call":signal=SIGKILL:error=EIO:when="$n" -o /dev/null "$@" >/dev/null 2>&1 </dev/null
			[ $? = 137 ]
		) 2>/dev/null && return
		n=$((n - 1))
	done
	echo "not killed at $call $n" >>"$scratch/survived"
}

# The target of crash-loops.sh is an image, where a script does not say otherwise.
target_hash() {
	hash_of "$1"
}

target_copy() {
	cp --sparse=always "$1" "$2"
}

target_half() {
	/usr/bin/python3 - "$@" <<'E'
import sys

old, new = (open(p, "rb").read() for p in sys.argv[1:3])
half = bytearray(old)
sectors = [i for i in range(0, len(old), 512) if old[i:i + 512] != new[i:i + 512]]
for at in sectors[: len(sectors) // 2]:
    half[at:at + 512] = new[at:at + 512]
open(sys.argv[3], "wb").write(half)
E
}
