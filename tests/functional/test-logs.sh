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
# never into a folder that has something
expect 8 "$resprep" logs "$image" --out "$scratch/logs"
says "not empty"
same "hash" "$(hash_of "$image")" "$first"
finish
