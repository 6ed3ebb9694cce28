#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Looking is not touching: commands that only read open the target for reading, write nothing, and work on a target that
# cannot be written.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
fixture sysprep-copyprofile-failed "$image"
first=$(hash_of "$image")
times=$(stat -c '%Y %Z' "$image")

look() {
	expect 4 strace -f -y -e trace=openat,openat2,open,write,pwrite64,writev,pwritev,ftruncate,fallocate,ioctl \
		-o "$scratch/trace" "$resprep" "$@" --json
	same "writes of $1" "$(member stats.writes)" 0
	grep -E "open(at2?)?\\(.*\"$image\"" "$scratch/trace" | grep -v O_RDONLY && fail "$1 opened the target for writing"
	grep -E "(write|pwrite64|writev|pwritev|ftruncate|fallocate)\([0-9]+<$image>" "$scratch/trace" &&
		fail "$1 wrote to the target"
}
look check "$image"
look repair "$image" --dry-run --journal-dir "$scratch/journals"
expect 0 "$resprep" inspect "$image" --json
same "writes of inspect" "$(member stats.writes)" 0
expect 0 "$resprep" inspect "$image" --stats
says "writes 0,"
[ -e "$scratch/journals" ] && [ -n "$(ls -A "$scratch/journals")" ] && fail "a dry run left a journal"
same "hash" "$(hash_of "$image")" "$first"
same "times" "$(stat -c '%Y %Z' "$image")" "$times"

# a loop device that the kernel will not let anybody write; where this machine has none, or does not tell of them (a chroot
# without /sys), the checks above stand alone
if [ "$(id -u)" = 0 ] && [ -d /sys/block ] && loop=$(losetup -r -f --show "$image" 2>/dev/null); then
	expect 4 "$resprep" check "$loop" --json
	same "writes on a read-only device" "$(member stats.writes)" 0
	grep -q '"read-only"' "$scratch/out" || fail "the state does not say read-only"
	expect 0 "$resprep" logs "$loop"
	expect 8 "$resprep" repair "$loop" --yes --journal-dir "$scratch/journals"
	says "read-only"
	expect 0 "$resprep" scan
	says "$loop partition 3"
	losetup -d "$loop"
	echo "a read-only loop device was looked at"
	loop=$(losetup -f --show "$image")
	expect 4 "$resprep" check "$image" --json
	grep -q '"in-use"' "$scratch/out" || fail "the state does not say in-use"
	expect 8 "$resprep" repair "$image" --yes --journal-dir "$scratch/journals"
	says "in use"
	expect 1 "$resprep" repair "$loop" --yes --json --journal-dir "$scratch/journals"
	journal=$(member journal)
	losetup -d "$loop"
	# the same bytes under another name: the journal finds them
	expect 0 "$resprep" undo "$journal" "$image" --yes --journal-dir "$scratch/journals"
fi
same "hash at the end" "$(hash_of "$image")" "$first"

# the image itself is mounted by FUSE
mkdir "$scratch/mnt"
dd if="$image" of="$scratch/part.img" bs=1M skip=3 count=20 conv=sparse status=none
if [ "$(id -u)" = 0 ] && ntfs-3g "$scratch/part.img" "$scratch/mnt" 2>/dev/null; then
	expect 4 "$resprep" check "$scratch/part.img"
	says "mounted at"
	expect 8 "$resprep" repair "$scratch/part.img" --yes --journal-dir "$scratch/journals"
	says "mounted at"
	expect 4 "$resprep" check "$scratch/mnt"
	umount "$scratch/mnt"
	echo "an image that FUSE has mounted was read, but not repaired; its folder was taken"
fi

# in another mount namespace, where this process sees no mount: the server still has the image open
inside() { # OPTIONS IMAGE: mounts it until the folder's file "stop" is there
	# shellcheck disable=SC2016 # the inner shell expands them
	unshare -m bash -c 'ntfs-3g $1 "$2" "$3" && : >"$4/ready" && while [ ! -e "$4/stop" ]; do sleep 0.1; done; umount "$3"' \
		inside "$1" "$2" "$scratch/mnt" "$scratch" >"$scratch/inside" 2>&1 &
	for _ in {1..100}; do [ -e "$scratch/ready" ] && return; kill -0 $! 2>/dev/null || return; sleep 0.1; done
}
outside() {
	: >"$scratch/stop"
	wait
	rm -f "$scratch/stop" "$scratch/ready"
}
if [ "$(id -u)" = 0 ]; then
	for options in '-o rw' '-o ro'; do
		inside "$options" "$scratch/part.img"
		if [ -e "$scratch/ready" ]; then
			expect 8 "$resprep" repair "$scratch/part.img" --yes --journal-dir "$scratch/journals"
			says "(ntfs-3g) has open"
			expect 4 "$resprep" check "$scratch/part.img" --json
			grep -q '"in-use"' "$scratch/out" || fail "the state does not say in-use"
			echo "a mount ($options) in another namespace was noticed"
		fi
		outside
	done
fi

# a second loop device over the same bytes; one that is read-only matters when it is mounted
if [ "$(id -u)" = 0 ] && [ -d /sys/block ] && loop=$(losetup -f --show "$image" 2>/dev/null); then
	second=$(losetup -o $((3 << 20)) -f --show "$image")
	expect 8 "$resprep" repair "$loop" --yes --journal-dir "$scratch/journals"
	says "$second is set up on the same file"
	losetup -d "$second"
	elsewhere=$(losetup --sizelimit $((1 << 20)) -f --show "$image")
	third=$(losetup -o $((3 << 20)) -f --show "$image")
	losetup -d "$loop"
	expect 1 "$resprep" repair "$third" --yes --json --journal-dir "$scratch/journals"
	journal=$(member journal)
	losetup -d "$elsewhere"
	expect 0 "$resprep" undo "$journal" "$third" --yes --journal-dir "$scratch/journals"
	losetup -d "$third"
	loop=$(losetup -r -o $((3 << 20)) -f --show "$image")
	expect 1 "$resprep" repair "$image" --yes --json --journal-dir "$scratch/journals"
	expect 0 "$resprep" undo "$(member journal)" "$image" --yes --journal-dir "$scratch/journals"
	if ntfs-3g -o ro "$loop" "$scratch/mnt" 2>/dev/null; then
		expect 8 "$resprep" repair "$image" --yes --journal-dir "$scratch/journals"
		says "$loop is set up on it"
		umount "$scratch/mnt"
		echo "a mounted read-only loop device was noticed"
	fi
	losetup -d "$loop"
	echo "loop devices over the same bytes were noticed"
fi
same "hash after other users" "$(hash_of "$image")" "$first"

# where this host does not tell who else has the image, it is read, but not written
without() { # PATH COMMAND …
	local path=$1
	shift
	strace -f -qq -P "$path" -e trace=openat,open -e inject=openat,open:error=ENOENT -o /dev/null "$@"
}
expect 4 without /proc/self/mountinfo "$resprep" check "$image" --json
says "cannot be told, because /proc is not mounted here"
same "state" "$(member volume.state.0)" clean
expect 8 without /proc/self/mountinfo "$resprep" repair "$image" --yes --journal-dir "$scratch/journals"
says "cannot be told, because /proc is not mounted here"
expect 8 without /proc/self/mountinfo "$resprep" repair "$image" --dry-run --journal-dir "$scratch/journals"
same "hash where nobody can tell" "$(hash_of "$image")" "$first"

# without /sys the kernel is asked about each loop device; where there is one that cannot be asked, nothing is known
loop=
[ "$(id -u)" = 0 ] && loop=$(losetup -f --show "$image" 2>/dev/null)
without /sys/block "$resprep" repair "$image" --dry-run --journal-dir "$scratch/journals" >"$scratch/out" 2>"$scratch/err" </dev/null
code=$?
case "$code ${loop:+set up}" in
"4 ") ;;
"8 ") says "cannot be told, because /sys is not mounted here" ;;
*) says "$loop is set up on it" ;;
esac
if [ -n "$loop" ]; then
	losetup -d "$loop"
	echo "a loop device was found without /sys"
fi

# what keeps a tool from running is said as it is
fixture state-log-replayed "$scratch/unclean.img"
expect 4 strace -f -qq -P /proc/self/fd -e trace=access,faccessat -e inject=access,faccessat:error=ENOENT -o /dev/null \
	"$resprep" check "$scratch/unclean.img"
says "ntfsrecover cannot run, because /proc is not mounted here"
expect 4 strace -f -qq -P /usr/bin/ntfsrecover -P /bin/ntfsrecover -P /usr/sbin/ntfsrecover -P /sbin/ntfsrecover \
	-e trace=access,faccessat -e inject=access,faccessat:error=ENOENT -o /dev/null "$resprep" check "$scratch/unclean.img"
says "ntfsrecover is not installed here"

# not permitted is not read-only
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$scratch"
	cp "$image" "$scratch/others.img"
	chmod 644 "$scratch/others.img"
	expect 8 setpriv --reuid 65534 --regid 65534 --clear-groups "$resprep" repair "$scratch/others.img" --yes --journal-dir /tmp
	says "this user has no permission to"
	expect 4 setpriv --reuid 65534 --regid 65534 --clear-groups "$resprep" check "$scratch/others.img" --json --journal-dir /tmp
	same "state" "$(member volume.state.0)" clean
fi

# somebody else holds a lock
flock "$image" sleep 20 &
holder=$!
sleep 0.3
expect 8 "$resprep" repair "$image" --yes --journal-dir "$scratch/journals"
says "lock"
expect 8 "$resprep" repair "$image" --dry-run --journal-dir "$scratch/journals"
expect 4 "$resprep" check "$image"
says "state: clean + in-use"
says "holds a lock on it; what is read may change meanwhile"
kill "$holder"
wait "$holder" 2>/dev/null
expect "$scan_exit" "$resprep" scan --json

# started without standard input, output and error, as some services are: no file that is opened takes their place
[ -d /proc/self/fd ] && {
	# shellcheck disable=SC2016 # for the inner shell
	closed=(bash -c 'exec "$@" <&- >&- 2>&-' closed)
	# the lock lasts as long as the sleep that inherited it
	cp "$image" "$scratch/closed.img"
	image=$scratch/closed.img
	first=$(hash_of "$image")
	# nobody can see what would change
	expect 8 "${closed[@]}" "$resprep" repair "$image" --yes --journal-dir "$scratch/closed"
	same "hash after a repair that nobody saw" "$(hash_of "$image")" "$first"
	# with --json the report comes behind the repair
	expect 1 "${closed[@]}" "$resprep" repair "$image" --yes --json --journal-dir "$scratch/closed"
	undone=$(echo "$scratch"/closed/*.applied)
	[ -f "$undone" ] || fail "no journal of a repair that nobody saw"
	expect 0 "${closed[@]}" "$resprep" undo "$undone" --yes --stats
	same "hash after a repair and its undo that nobody saw" "$(hash_of "$image")" "$first"
	expect 8 "${closed[@]}" "$resprep" check "$image"
}
finish
