#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# verify-manifest: every difference is named, and a hostile folder leads nowhere.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
fixture sysprep-copyprofile-failed "$image"
expect 0 "$resprep" logs "$image" --out "$scratch/good"
printed=$(sed -n 's/^SHA-256 of MANIFEST.json: //p' "$scratch/out")
same "printed hash of the manifest" "$printed" "$(hash_of "$scratch/good/MANIFEST.json")"

# fresh: a copy of the folder to spoil
fresh() {
	rm -rf "$scratch/dir"
	cp -a "$scratch/good" "$scratch/dir"
}
# verdict EXIT "TROUBLE FILE" …: all of them, by JSON
verdict() {
	local want=$1
	shift
	expect "$want" "$resprep" verify-manifest "$scratch/dir" --json
	same "problems" "$(member verification.problems | /usr/bin/python3 -c '
import json, sys
print("\n".join(sorted(p["trouble"] + " " + p["file"] for p in json.load(sys.stdin))))')" "$(printf '%s\n' "$@")"
}
# edit CODE: Python on the manifest `m`
edit() {
	/usr/bin/python3 - "$scratch/dir/MANIFEST.json" "$1" <<'E'
import json, sys
with open(sys.argv[1], encoding="utf-8") as f:
    names = {"m": json.load(f)}
exec(sys.argv[2], names)
with open(sys.argv[1], "w", encoding="utf-8") as f:
    json.dump(names["m"], f)
E
}
log=Windows/Panther/UnattendGC/setupact.log

fresh
verdict 0 ""
same "hash in JSON" "$(member verification.manifest_sha256)" "$printed"
# times and modes are no content
chmod 644 "$scratch/dir/$log"
touch "$scratch/dir/$log"
verdict 0 ""
printf x >>"$scratch/dir/$log"
verdict 4 "changed $log"
expect 4 "$resprep" verify-manifest "$scratch/dir"
says "changed    $log: "
fresh
printf X | dd of="$scratch/dir/$log" conv=notrunc status=none
verdict 4 "changed $log"
fresh
rm "$scratch/dir/$log"
verdict 4 "missing $log"
fresh
mv "$scratch/dir/$log" "$scratch/dir/moved"
ln -s /etc/passwd "$scratch/dir/link"
mkfifo "$scratch/dir/Windows/fifo"
verdict 4 "missing $log" "unlisted Windows/fifo" "unlisted link" "unlisted moved"

# links where files and folders were: not followed, though what is behind them is right
fresh
mv "$scratch/dir/$log" "$scratch/same.log"
ln -s "$scratch/same.log" "$scratch/dir/$log"
verdict 4 "no-file $log"
fresh
rm "$scratch/dir/$log"
mkdir "$scratch/dir/$log"
verdict 4 "no-file $log"
fresh
rm "$scratch/dir/$log"
mkfifo "$scratch/dir/$log"
verdict 4 "no-file $log"
fresh
mv "$scratch/dir/Windows" "$scratch/windows"
ln -s "$scratch/windows" "$scratch/dir/Windows"
expect 4 "$resprep" verify-manifest "$scratch/dir"
says "no-file    $log"
says "unlisted   Windows: a symbolic link"
rm -rf "$scratch/windows"

# paths that lead out, to a file that is there and has the right hash
secret=$scratch/secret
cp "$scratch/good/$log" "$secret"
for path in "../secret" "$secret" "Windows/../../secret" "./../secret" "" "Windows//x" "Windows/.."; do
	fresh
	edit "[e.update(file='$path') for e in m['files'] if e['file'] == '$log']"
	verdict 4 "outside $path" "unlisted $log"
done
fresh
edit "m['files'][0]['file'] = '../secret'"
strace -f -e trace=openat,openat2,open -o "$scratch/trace" "$resprep" verify-manifest "$scratch/dir" >/dev/null 2>&1
grep -F secret "$scratch/trace" | grep -v '= -1' && fail "a file outside of the folder was opened"
fresh
edit "m['files'].append(m['files'][0])"
expect 4 "$resprep" verify-manifest "$scratch/dir"
says "it is listed twice"
fresh
edit "m['files'][0]['file'] = 'MANIFEST.json'"
expect 4 "$resprep" verify-manifest "$scratch/dir"

# no manifest, or none that says anything
refused() { # WORDS
	expect 8 "$resprep" verify-manifest "$scratch/dir" --json
	says "$1"
	member error.code >/dev/null || fail "no error in the report"
}
fresh
rm "$scratch/dir/MANIFEST.json"
refused "the copying was not finished"
ln -s "$scratch/good/MANIFEST.json" "$scratch/dir/MANIFEST.json"
refused "cannot open MANIFEST.json"
rm "$scratch/dir/MANIFEST.json"
mkfifo "$scratch/dir/MANIFEST.json"
refused "no plain file"
for code in "m['schema_version'] = 2" "del m['files']" "m['files'] = 7" "del m['files'][0]['path']" \
	"m['files'][0]['file'] = None" "m['files'][0]['file'] = 5" "m['files'][0] = 1" "m = []"; do
	fresh
	edit "$code"
	expect 8 "$resprep" verify-manifest "$scratch/dir"
done
# a size that is none, of an empty file too; one that is left out twice
for code in "m['files'][0]['size'] = -1" "m['files'][0]['size'] = '-1'" "m['files'][0]['size'] = 1.5" \
	"m['files'][0]['size'] = '99999999999999999999'" "del m['files'][0]['size']" \
	"m['files'].append({'path': '/a', 'size': -1, 'problem': 'gone'})"; do
	fresh
	: >"$scratch/dir/$(/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["files"][0]["file"])' "$scratch/dir/MANIFEST.json")"
	edit "m['files'][0]['sha256'] = '$(sha256sum </dev/null | cut -d' ' -f1)'; $code"
	expect 8 "$resprep" verify-manifest "$scratch/dir"
	says "is no number of bytes"
done
fresh
edit "m['files'] += 2 * [{'path': '/a', 'size': 1, 'problem': 'gone'}]"
expect 4 "$resprep" verify-manifest "$scratch/dir"
says "it is listed twice"
fresh
edit "m['files'] += [{'path': '/a', 'size': 1, 'problem': 'gone'}]"
expect 0 "$resprep" verify-manifest "$scratch/dir"
fresh
printf '{ "schema_version": 1, "files": [' >"$scratch/dir/MANIFEST.json"
refused "MANIFEST.json"
truncate -s 300M "$scratch/dir/MANIFEST.json"
refused "MANIFEST.json"
expect 8 "$resprep" verify-manifest "$scratch/nowhere"
expect 8 "$resprep" verify-manifest "$image"
expect 16 "$resprep" verify-manifest
finish
