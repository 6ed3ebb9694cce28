#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Logs are listed with their errors, and copied with a manifest that is true.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
fixture sysprep-copyprofile-failed "$image"
first=$(hash_of "$image")
expect 0 "$resprep" logs "$image"
says "CopyProfile failed (0x80070003)"
says "UnattendGC/setuperr.log"
expect 0 "$resprep" logs "$image" --json
while IFS= read -r line; do
	printf '%s' "$line" | /usr/bin/python3 -m json.tool >/dev/null || fail "no JSON object: $line"
done <"$scratch/out"
grep -q '"kind": *"record"' "$scratch/out" || fail "logs --json shows no record"

expect 0 "$resprep" logs "$image" --out "$scratch/logs"
same "mode of the folder" "$(stat -c %a "$scratch/logs")" 700
same "mode of the manifest" "$(stat -c %a "$scratch/logs/MANIFEST.json")" 600
/usr/bin/python3 - "$scratch/logs" <<'E' || fail "the manifest is not true"
import calendar, hashlib, json, os, sys, time

root = sys.argv[1]
with open(os.path.join(root, "MANIFEST.json"), encoding="utf-8") as f:
    manifest = json.load(f)
assert manifest["files"], "no files"
names = set()
for entry in manifest["files"]:
    path = root + entry["path"]
    assert "/" + entry["file"] == entry["path"] and entry["problem"] is None, entry
    names.add(os.path.basename(path).lower())
    with open(path, "rb") as f:
        data = f.read()
    assert len(data) == entry["size"], path
    assert hashlib.sha256(data).hexdigest() == entry["sha256"], path
    assert os.stat(path).st_mode & 0o777 == 0o600, path
    modified = calendar.timegm(time.strptime(entry["modified"][:19], "%Y-%m-%dT%H:%M:%S"))
    assert int(os.stat(path).st_mtime) == modified, path
assert {"setupact.log", "setuperr.log", "ec2configlog.txt"} <= names, names
E
expect 0 "$resprep" verify-manifest "$scratch/logs"
says "all as they were"
# never into a folder that has something
expect 8 "$resprep" logs "$image" --out "$scratch/logs"
says "not empty"
# nor through a link, nor anywhere inside the target
mkdir "$scratch/elsewhere"
ln -s elsewhere "$scratch/link"
expect 8 "$resprep" logs "$image" --out "$scratch/link/"
says "is a symbolic link"
expect 8 "$resprep" logs "$image" --out "$scratch/link"
says "is a symbolic link"
[ -z "$(ls -A "$scratch/elsewhere")" ] || fail "something was written through a link"
same "hash" "$(hash_of "$image")" "$first"
fixture_tree sysprep-copyprofile-failed "$scratch/tree"
tree=$(hash_tree "$scratch/tree")
for out in tree/Windows/new/logs absent/../tree/logs absent/deep/../../tree/new/logs tree/absent/../../other; do
	expect 8 "$resprep" logs "$scratch/tree" --out "$scratch/$out"
	says "lies on the target"
done
[ ! -e "$scratch/absent" ] && [ ! -e "$scratch/tree/absent" ] && [ ! -e "$scratch/other" ] && [ ! -e "$scratch/tree/logs" ] ||
	fail "a folder was made for what is refused"
(cd "$scratch" && expect 8 "$resprep" logs tree --out absent/../tree/logs && says "lies on the target"; exit "$bad") || bad=1
expect 8 "$resprep" registry "$scratch/tree" export 'HKLM\SYSTEM\Select' --out "$scratch/absent/../tree/x.reg"
[ ! -e "$scratch/absent" ] && [ ! -e "$scratch/tree/x.reg" ] || fail "an export landed on the target"
expect 8 "$resprep" logs "$scratch/tree" --out "$scratch/tree/Windows/new/logs"
says "lies on the target"
same "tree" "$(hash_tree "$scratch/tree")" "$tree"
[ -e "$scratch/tree/Windows/new" ] && fail "a folder was made on the target"

# ---- a folder as target: holes stay holes, links are named

truncate -s 200M "$scratch/tree/Windows/Panther/sparse.log"
printf 'behind the hole\n' >>"$scratch/tree/Windows/Panther/sparse.log"
ln -s /etc/passwd "$scratch/tree/Windows/Panther/link.log"
ln -s /etc "$scratch/tree/Windows/Panther/folder.log"
mkfifo "$scratch/tree/Windows/Panther/fifo.log"
printf x >"$scratch/tree/Windows/Panther/$(printf 'a\033b').log"
printf y >"$scratch/tree/Windows/Panther/$(printf 'a\007b').log"
expect 8 "$resprep" logs "$scratch/tree" --out "$scratch/from-tree"
says "link.log' is a symbolic link to /etc/passwd; it is not followed"
says "folder.log' is a symbolic link to /etc; it is not followed"
says "fifo.log' is no plain file"
cmp "$scratch/tree/Windows/Panther/sparse.log" "$scratch/from-tree/Windows/Panther/sparse.log" || fail "sparse.log differs"
[ "$(stat -c %b "$scratch/from-tree/Windows/Panther/sparse.log")" -lt 1000 ] || fail "the hole was filled"
same "first name" "$(cat "$scratch/from-tree/Windows/Panther/a_b.log")" y
same "second name" "$(cat "$scratch/from-tree/Windows/Panther/a_b~2.log")" x
expect 0 "$resprep" verify-manifest "$scratch/from-tree"

# ---- a volume made by an attacker

image=$scratch/hostile.img
fixture logs-hostile "$image"
first=$(hash_of "$image")
expect 8 "$resprep" logs "$image"
says "efs.log' is encrypted (EFS)"
says 'bidi\u{202e}gol.exe'
LC_ALL=C grep -q "$(printf '[\001-\010\013-\037]')" "$scratch/out" "$scratch/err" &&
	fail "a control character reached the terminal"
expect 8 "$resprep" logs "$image" --out "$scratch/hostile"
says "efs.log' is encrypted (EFS); it cannot be read offline"
says "wof.log' is compressed by Windows (WOF, CompactOS); it cannot be read here"
says "dedup.log' is a deduplicated file; it cannot be read here"
says "cloud.log' is kept in a cloud; it cannot be read here"
says "offline.log' is offline"
says "junction.log' is a junction to C:\\Windows\\System32\\config; it is not followed"
says "Sysprep/Panther' is a junction to D:\\Elsewhere; it is not followed"
says "huge.log' has 8796093022231 bytes; more than 4294967296 are not copied (--max-size)"
says "climbed' has a '/' within its name"
# another program's view of the content; every file of the manifest at its place; nothing beside them
dd if="$image" of="$scratch/part.img" bs=1M skip=3 count=20 conv=sparse status=none
/usr/bin/python3 - "$scratch/hostile" "$scratch/part.img" "$image" "$scratch" <<'E' || fail "the copies of the hostile volume are not right"
import hashlib, json, os, subprocess, sys

root, part, image, scratch = sys.argv[1:]
with open(os.path.join(root, "MANIFEST.json"), encoding="utf-8") as f:
    manifest = json.load(f)
assert manifest["command_line"][1:] == ["logs", image, "--out", root], manifest["command_line"]
assert manifest["target"]["path"] == image and manifest["target"]["partition"] == 3
assert manifest["target"]["serial"] and manifest["volume_state"] == ["clean"]
assert "climbed" not in os.listdir(scratch)
files, names = {}, set()
for entry in manifest["files"]:
    path = entry["path"]
    if "climbed" not in path and path != "/Windows/System32/Sysprep/Panther":
        assert entry["mft_record"] >= 24 and entry["mft_sequence"] >= 1, entry
        for key in ("created", "modified", "changed", "accessed"):
            assert entry[key].startswith("2014-"), entry
    if entry["file"] is None:
        assert entry["problem"] and entry["sha256"] is None, entry
        continue
    assert entry["problem"] is None
    name = entry["file"]
    assert name.casefold() not in names, name
    names.add(name.casefold())
    files[path.rsplit("/", 1)[1]] = name.rsplit("/", 1)[1]
    for piece in name.split("/"):
        assert len(piece.encode()) <= 255 and piece not in (".", ".."), name
        assert not set(piece) & set('\\:*?"<>|\x1b\x07\u202e'), name
        assert piece[-1] not in ". ", name
    with open(os.path.join(root, name), "rb") as f:
        data = f.read()
    # sleuthkit takes a hole that is larger than the volume for damage
    if len(data) < 1 << 20:
        judge = subprocess.run(["icat", part, str(entry["mft_record"])], stdout=subprocess.PIPE, check=True)
        assert judge.stdout == data, path
    assert hashlib.sha256(data).hexdigest() == entry["sha256"] and len(data) == entry["size"], path
assert files["SETUPACT.LOG"] != files["setupact.log"]
assert files["NUL"] == "_NUL" and files["lpt1.log"] == "_lpt1.log"
assert files["setuperr.log:stream"] == "setuperr.log_stream"
assert files["dots. ."] == "dots___" and files["..\\..\\back.log"] == ".._.._back.log"
assert {files["esc\x1b[2J.log"], files["esc\x07[2J.log"]} == {"esc_[2J.log", "esc_[2J~2.log"}
assert any(n.startswith("€") and n.endswith("€.log") for n in files.values())
found = set()
for folder, _, here in os.walk(root):
    found |= {os.path.relpath(os.path.join(folder, n), root).casefold() for n in here}
assert found == names | {"manifest.json"}, found ^ names
sparse = os.stat(os.path.join(root, "Windows/Panther/UnattendGC/sparse.log"))
assert sparse.st_size > 300 << 20 and sparse.st_blocks < 1000, sparse
E
expect 0 "$resprep" verify-manifest "$scratch/hostile"
says "9 more that were not copied"
# a record that is damaged costs one file
cp "$image" "$scratch/damaged.img"
/usr/bin/python3 - "$scratch/damaged.img" "$scratch/hostile/MANIFEST.json" <<'E'
import json, struct, sys

with open(sys.argv[2], encoding="utf-8") as f:
    record = [e["mft_record"] for e in json.load(f)["files"] if e["path"].endswith("/setupact~2.log")][0]
with open(sys.argv[1], "r+b") as f:
    f.seek(3 << 20)
    boot = f.read(512)
    mft = struct.unpack_from("<Q", boot, 0x30)[0] * boot[13] * 512
    f.seek((3 << 20) + mft + record * 1024)
    assert f.read(4) == b"FILE"
    f.seek(-4, 1)
    f.write(b"XXXX")
E
expect 8 "$resprep" logs "$scratch/damaged.img" --out "$scratch/damaged"
says "setupact~2.log': the volume is damaged there"
same "copies beside the damaged one" "$(find "$scratch/damaged" -type f | wc -l)" "$(($(find "$scratch/hostile" -type f | wc -l) - 1))"
expect 0 "$resprep" verify-manifest "$scratch/damaged"
expect 8 "$resprep" logs "$scratch/damaged.img"
says "setupact~2.log': the volume is damaged there"
# the limit, by the user's own wish
expect 0 "$resprep" logs "$scratch/disk.img" --out "$scratch/small" --max-size 100
says "more than 100 are not copied (--max-size)"
expect 0 "$resprep" verify-manifest "$scratch/small"
for i in $(seq 20); do
	printf '%0100d' "$i" >"$scratch/tree/Windows/Panther/many$i.log"
done
expect 8 "$resprep" logs "$scratch/tree" --out "$scratch/many" --max-size 100
says "with the files before it that is more than 16 times --max-size"
copied=$(find "$scratch/many" -type f ! -name MANIFEST.json -exec cat {} + | wc -c)
[ "$copied" -gt 1000 ] && [ "$copied" -le 1600 ] || fail "$copied bytes were copied, with a limit of 1600 for all"
expect 0 "$resprep" verify-manifest "$scratch/many"
expect 8 "$resprep" logs "$image" --json --max-size 1M --out "$scratch/small-json"
grep -q '"kind": *"problem".*sparse.log.*"too_large": *true' "$scratch/out" || fail "logs --json does not say what is too large"
grep -q '"kind": *"problem".*efs.log.*"too_large": *false' "$scratch/out" || fail "logs --json does not say what is unreadable"
for size in 0 -1 4X 4GG K 99999999999T ""; do
	expect 16 "$resprep" logs "$image" --out "$scratch/none" --max-size "$size"
done
[ -e "$scratch/none" ] && fail "a wrong size made a folder"

# ---- the host says no: the file that was being copied goes, those before it stay, and there is no manifest

no_room() { # FOLDER STRACE-INJECTION
	strace -qq -e trace="${2%%:*}" -e inject="$2" -o /dev/null "$resprep" logs "$image" --out "$1" \
		>"$scratch/out" 2>"$scratch/err" </dev/null
	same "exit code with $2" "$?" 8
}
no_room "$scratch/full" pwrite64:error=ENOSPC:when=4+
says "No space left on device"
same "files left" "$(find "$scratch/full" -type f | wc -l)" 3
no_room "$scratch/slow" fsync:error=EIO:when=3 # the first is of the new folder
says "Input/output error"
same "files left" "$(find "$scratch/slow" -type f | wc -l)" 1
[ -e "$scratch/full/MANIFEST.json" ] || [ -e "$scratch/slow/MANIFEST.json" ] && fail "an unfinished folder has a manifest"
expect 8 "$resprep" verify-manifest "$scratch/full"
says "the copying was not finished"
# Ctrl-C in the middle
strace -qq -e trace=pwrite64 -e inject=pwrite64:signal=SIGINT:when=3 -o /dev/null "$resprep" logs "$image" \
	--out "$scratch/interrupted" >"$scratch/out" 2>"$scratch/err" </dev/null
same "exit code of Ctrl-C" "$?" 32
copies=$(find "$scratch/interrupted" -type f | wc -l)
[ "$copies" -ge 1 ] || fail "Ctrl-C came before the first copy"
says "interrupted; nothing was written to the target; $copies copies are left in '$scratch/interrupted', without a MANIFEST.json"
# the process that reads the volume is killed in the middle
strace -f -qq -e trace=sendto -e inject=sendto:signal=KILL:when=30 -o /dev/null "$resprep" logs "$image" \
	--out "$scratch/killed" >"$scratch/out" 2>"$scratch/err" </dev/null
same "exit code of a worker that is killed" "$?" 8
[ -n "$(find "$scratch/killed" -type f)" ] || fail "the worker was killed before the first copy"
says "nothing was written to the target, but what was made before is left in '$scratch/killed'"
[ -e "$scratch/interrupted/MANIFEST.json" ] && fail "an interrupted folder has a manifest"
# a name that the host takes for one that is there, as file systems do that know several forms of a letter
strace -qq -e trace=openat2 -e inject=openat2:error=EEXIST:when=4 -o /dev/null "$resprep" logs "$scratch/disk.img" \
	--out "$scratch/other-form" >"$scratch/out" 2>"$scratch/err" </dev/null
same "exit code of a name that is taken" "$?" 0
[ -e "$scratch/other-form/Windows/Panther/UnattendGC/setupact~2.log" ] || fail "no other name was tried"
expect 0 "$resprep" verify-manifest "$scratch/other-form"
# a kernel without openat2
strace -qq -e trace=openat2 -e inject=openat2:error=ENOSYS -o /dev/null "$resprep" logs "$image" --out "$scratch/old-kernel" \
	>"$scratch/out" 2>"$scratch/err" </dev/null
same "exit code without openat2" "$?" 8
same "copies without openat2" "$(cd "$scratch/old-kernel" && find . -type f | LC_ALL=C sort)" \
	"$(cd "$scratch/hostile" && find . -type f | LC_ALL=C sort)"
expect 0 "$resprep" verify-manifest "$scratch/old-kernel"
same "hash of the hostile volume" "$(hash_of "$image")" "$first"
finish
