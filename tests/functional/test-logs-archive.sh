#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# logs --out FILE: archives that other programs unpack, whole or not there, and without secrets.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
fixture sysprep-copyprofile-failed "$image"
first=$(hash_of "$image")

unpack() { # ARCHIVE DIR
	mkdir "$2"
	case $1 in
	*.zip) /usr/bin/python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])' "$1" "$2" ;;
	*) tar -C "$2" -xf "$1" ;;
	esac || fail "cannot unpack $1"
}

expect 0 "$resprep" logs "$image" --out "$scratch/folder"
for end in zip tar.gz tgz tar.zst; do
	expect 0 "$resprep" logs "$image" --out "$scratch/a.$end"
	same "mode of the archive" "$(stat -c %a "$scratch/a.$end")" 600
	unpack "$scratch/a.$end" "$scratch/from-$end"
	diff -r -x MANIFEST.json "$scratch/folder" "$scratch/from-$end" || fail "$end: not what the folder has"
	[ "$end" = zip ] || same "time in $end" "$(stat -c %Y "$scratch/from-$end/Windows/Panther/setupact.log")" \
		"$(stat -c %Y "$scratch/folder/Windows/Panther/setupact.log")"
	chmod -R u+rwX "$scratch/from-$end"
	expect 0 "$resprep" verify-manifest "$scratch/from-$end"
	says "all as they were"
	# nothing is written over
	expect 8 "$resprep" logs "$image" --out "$scratch/a.$end"
	says "File exists"
done
same "hash" "$(hash_of "$image")" "$first"
fixture_tree sysprep-copyprofile-failed "$scratch/tree"
expect 8 "$resprep" logs "$scratch/tree" --out "$scratch/tree/a.zip"
says "lies on the target"
expect 8 "$resprep" logs "$image" --out "$scratch/nowhere/a.zip"
[ -e "$scratch/tree/a.zip" ] && fail "an archive on the target"

# ---- a folder that was sent can be copied too

mkdir "$scratch/sent"
cp -r "$scratch/folder/Windows" "$scratch/sent/"
rm -rf "$scratch/sent/Windows/System32/config"
expect 0 "$resprep" logs "$scratch/sent" --out "$scratch/sent.tar.gz"
unpack "$scratch/sent.tar.gz" "$scratch/from-sent"
expect 0 "$resprep" verify-manifest "$scratch/from-sent"
grep -q '"root": null' "$scratch/from-sent/MANIFEST.json" || fail "a folder is no installation"

# ---- secrets: masked, left out, or all there

cat >"$scratch/tree/Windows/Panther/unattend.xml" <<'E'
<unattend><AutoLogon><Password><Value>Geheim1</Value><PlainText>true</PlainText></Password></AutoLogon></unattend>
E
mkdir -p "$scratch/tree/ProgramData/Amazon/EC2-Windows/Launch/Config" "$scratch/tree/ProgramData/Amazon/EC2Launch/config"
echo '{ "adminPasswordType": "Specify", "adminPassword": "Geheim2" }' \
	>"$scratch/tree/ProgramData/Amazon/EC2-Windows/Launch/Config/LaunchConfig.json"
printf 'version: 1.0\ntasks:\n  - task: setAdminAccount\n    inputs:\n      password:\n        type: static\n        data: Geheim3\n' \
	>"$scratch/tree/ProgramData/Amazon/EC2Launch/config/agent-config.yml"
echo 'net user x Geheim4' >"$scratch/tree/Program Files/Amazon/Ec2ConfigService/Scripts/UserScript.ps1"
printf '{ "Parameters": { "AccessKey": "Geheim5", "SecretKey": "Geheim6" } }' | iconv -t UTF-16 \
	>"$scratch/tree/Program Files/Amazon/Ec2ConfigService/Settings/AWS.EC2.Windows.CloudWatch.json"
# the SSM agent's documents have no extension; what is no text cannot be masked
documents=$scratch/tree/ProgramData/Amazon/SSM/InstanceData/i-0123/document/state/completed
mkdir -p "$documents"
echo '{"Parameters":{"adminPassword":"Geheim9"},"runCommand":["net user administrator Geheim10"]}' >"$documents/3b0b1c4e-1111"
printf 'a\001\000Geheim11' >"$documents/3b0b1c4e-2222"
expect 0 "$resprep" logs "$scratch/tree" --out "$scratch/masked.tar.gz" --group all
says "3b0b1c4e-2222' is no text, in which passwords could be found; --with-secrets copies it"
says "UserScript.ps1' can hold passwords and is left out; --with-secrets copies it"
says "config/SAM' can hold passwords"
says "config/SOFTWARE': is copied as it is, with the passwords that may be in it"
unpack "$scratch/masked.tar.gz" "$scratch/masked"
grep -raq Geheim "$scratch/masked" && fail "a secret is in the archive"
LC_ALL=C grep -raqP 'G\x00e\x00h\x00e\x00i\x00m' "$scratch/masked" && fail "a secret is in the archive, in UTF-16"
[ -e "$scratch/masked/Windows/System32/config/SAM" ] && fail "SAM is in the archive"
grep -q 'net user administrator' "$scratch/masked/${documents#"$scratch/tree/"}/3b0b1c4e-1111" || fail "a document is not in the archive"
[ -e "$scratch/masked/Windows/System32/config/SYSTEM" ] || fail "SYSTEM is not in the archive"
grep -q '"adminPasswordType": "Specify"' "$scratch/masked/ProgramData/Amazon/EC2-Windows/Launch/Config/LaunchConfig.json" || fail "too much is masked"
grep -q '"masked": 1' "$scratch/masked/MANIFEST.json" || fail "the manifest does not say what is masked"
expect 0 "$resprep" verify-manifest "$scratch/masked"
expect 0 "$resprep" logs "$scratch/tree" --out "$scratch/all.tar.zst" --group registry,driver-setup,sysprep --with-secrets
unpack "$scratch/all.tar.zst" "$scratch/all"
cmp "$scratch/tree/Windows/System32/config/SAM" "$scratch/all/Windows/System32/config/SAM" || fail "SAM was asked for"
cmp "$scratch/tree/Windows/Panther/unattend.xml" "$scratch/all/Windows/Panther/unattend.xml" || fail "secrets were asked for"
[ -e "$scratch/all/Program Files" ] && fail "a group that was not asked for"

# what check quotes from logs and scripts is masked, too
mkdir -p "$scratch/tree/Windows/Setup/Scripts"
printf 'net user Administrator Geheim7\r\n' >"$scratch/tree/Windows/Setup/Scripts/SetupComplete.cmd"
sed -i 's/CopyProfile failed (0x80070003)/& password=Geheim8,/' "$scratch/tree/Windows/Panther/UnattendGC/"setup*.log
"$resprep" check "$scratch/tree" --json >"$scratch/checked" 2>&1
grep -q 'net user Administrator \*\*\*\*' "$scratch/checked" || fail "no script is quoted"
grep -q 'password=\*\*\*\*' "$scratch/checked" || fail "no log is quoted"
grep -q Geheim "$scratch/checked" && fail "check shows a secret"

# ---- a volume made by an attacker; names are UTF-8 in every format

fixture logs-hostile "$scratch/hostile.img"
expect 8 "$resprep" logs "$scratch/hostile.img" --out "$scratch/hostile" --group sysprep
for end in zip tar.zst; do
	expect 8 "$resprep" logs "$scratch/hostile.img" --out "$scratch/hostile.$end" --group sysprep
	says "efs.log' is encrypted (EFS)"
	unpack "$scratch/hostile.$end" "$scratch/hostile-$end"
	same "names in $end" "$(cd "$scratch/hostile-$end" && find . -type f | LC_ALL=C sort)" \
		"$(cd "$scratch/hostile" && find . -type f | LC_ALL=C sort)"
	chmod -R u+rwX "$scratch/hostile-$end"
	expect 0 "$resprep" verify-manifest "$scratch/hostile-$end"
done
[ "$(stat -c %s "$scratch/hostile.zip")" -lt 3000000 ] || fail "a hole of 300 MB fills the archive"

# ---- the host says no: nothing is left

stopped() { # CODE INJECTION: of an archive that is written in several pieces
	strace -qq -f -e trace="${2%%:*}" -e inject="$2" -o /dev/null "$resprep" logs "$scratch/hostile.img" --group sysprep \
		--out "$scratch/full.tar.gz" >"$scratch/out" 2>"$scratch/err" </dev/null
	same "exit code with $2" "$?" "$1"
	says "no archive is left"
	[ -e "$scratch/full.tar.gz" ] && fail "half an archive is left with $2"
	rm -f "$scratch/full.tar.gz"
}
stopped 8 pwrite64:error=ENOSPC:when=1+
stopped 8 fsync:error=EIO
stopped 32 pwrite64:signal=SIGINT:when=1

# a file is read once to its end before its entry is begun; when the second reading fails there is no archive
second=$scratch/tree/Windows/Panther/setupact.log
(
	for ((i = 0; i < 300; i++)); do
		grep -q pread64 "$scratch/trace" 2>/dev/null && break
		sleep 0.1
	done
	: >"$second"
) &
strace -qq -f -P "$second" -e trace=pread64 -e inject=pread64:delay_enter=2000000:when=2 -o "$scratch/trace" \
	"$resprep" logs "$scratch/tree" --out "$scratch/torn.zip" --group sysprep >"$scratch/out" 2>"$scratch/err" </dev/null
same "exit code of a torn file" "$?" 8
wait
says "/Windows/Panther/setupact.log: "
says "no archive is left"
[ -e "$scratch/torn.zip" ] && fail "an archive with a torn file"

# killed before its end: no archive of that name; where a file cannot be without a name, it has another until then
mkdir "$scratch/aside"
strace -qq -e trace=linkat -e inject=linkat:signal=SIGKILL:when=1 -o /dev/null \
	"$resprep" logs "$image" --out "$scratch/aside/a.zip" >/dev/null 2>&1 </dev/null
[ -e "$scratch/aside/a.zip" ] && fail 'half an archive was left by a kill'
expect 0 strace -f -qq -P /proc/self/fd -e trace=access,faccessat -e inject=access,faccessat:error=ENOENT -o /dev/null \
	"$resprep" logs "$image" --out "$scratch/aside/b.zip"
same 'made aside' "$(find "$scratch/aside" -name '*.part' -o -name 'b.zip' | sed 's/.*aside.//')" b.zip
/usr/bin/python3 -c 'import sys, zipfile; sys.exit(zipfile.ZipFile(sys.argv[1]).testzip() is not None)' "$scratch/aside/b.zip" || fail 'the archive that was made aside is not whole'
finish
