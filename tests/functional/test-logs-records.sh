#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A folder of logs: records are, field by field, those of a second reader; filters; hostile files.
. "${top_srcdir:?}/tests/functional/functions.sh"
logs=$scratch/sent
mkdir -p "$logs/Panther" "$logs/agents"

# ---- each kind, in the form in which Windows writes it

crlf() { sed 's/$/\r/' "$top_srcdir/fixtures/logs/$1"; }
with_bom() { printf '\357\273\277' && crlf "$1"; }
utf16() { with_bom "$1" | iconv -f UTF-8 -t UTF-16LE; }
with_bom setupact.txt >"$logs/Panther/setupact.log"
utf16 setupact.txt >"$logs/Panther/wide-setupact.log"
crlf squeezed-setupact.txt | head -c -2 >"$logs/Panther/squeezed-setupact.log"
with_bom CBS.txt >"$logs/CBS.log"
with_bom dism.txt >"$logs/dism.log"
crlf setupapi.dev.txt >"$logs/setupapi.dev.log"
crlf NetSetup.txt >"$logs/NetSetup.log"
crlf Ec2ConfigLog.txt >"$logs/agents/Ec2ConfigLog.txt"
crlf Ec2ConfigLog.txt >"$logs/agents/Ec2ConfigLog.txt.1"
utf16 Ec2Launch.txt >"$logs/agents/Ec2Launch.log"
crlf agent.txt >"$logs/agents/agent.log"
crlf amazon-ssm-agent.txt >"$logs/agents/amazon-ssm-agent.log"
printf 'no log\n' >"$logs/readme"
compare() { # KIND PATH
	/usr/bin/python3 "$top_srcdir/tests/support/read-logs.py" "$1" "$logs/$2" >"$scratch/wanted" || fail "the other reader of $2"
	[ -s "$scratch/wanted" ] || fail "the other reader finds nothing in $2"
	expect 0 "$resprep" logs "$logs" --show "/$2" --json
	/usr/bin/python3 - "$1" "/$2" "$scratch/out" >"$scratch/got" <<-'E' || fail "records of $2"
	import json, sys
	kind, path, out = sys.argv[1:]
	for line in open(out, encoding="utf-8"):
	    r = json.loads(line)
	    assert r["kind"] == "record", r
	    if r["path"] != path:
	        continue
	    assert r["log"] == kind, r
	    assert (r["time"] is None) == (r["zone"] is None), r
	    assert r["zone"] in (None, "UTC" if kind in ("ec2config", "ec2launch", "ec2launch-v2") else "local"), r
	    print(json.dumps([r["time"], r["level"], r["component"], r["id"], r["message"], r["line"], r["offset"], r["section"]]))
	E
	diff "$scratch/wanted" "$scratch/got" || fail "$2: the two readers differ"
}
compare panther Panther/setupact.log
compare panther Panther/wide-setupact.log
compare panther Panther/squeezed-setupact.log
compare cbs CBS.log
compare dism dism.log
compare setupapi setupapi.dev.log
compare netsetup NetSetup.log
compare ec2config agents/Ec2ConfigLog.txt
compare ec2config agents/Ec2ConfigLog.txt.1
compare ec2launch agents/Ec2Launch.log
compare ec2launch-v2 agents/agent.log
compare ssm agents/amazon-ssm-agent.log

# ---- the list, and what is left of it by filters

expect 0 "$resprep" logs "$logs"
says "/Panther/setupact.log"
says "line 8: 2025-07-22 21:55:41 Error: SYSPRP ActionPlatform::LaunchModule"
grep -q readme "$scratch/out" && fail "what is no log is listed as one"
expect 0 "$resprep" logs "$logs" --errors --since 2025-07-22 --until "2025-07-22 21:55:40"
same "errors up to then" "$(grep -c "^  line" "$scratch/out")" 6
expect 0 "$resprep" logs "$logs" --errors --since 2025-07-22T21:55:41
same "errors from then on" "$(grep -c "^  line" "$scratch/out")" 7
expect 0 "$resprep" logs "$logs" --show --grep "MONITORSTATE"
says "No record is like that."
expect 0 "$resprep" logs "$logs" --show --grep "appxSYSPREP.dll" Panther/setupact.log
same "records with a text" "$(grep -c "^  line" "$scratch/out")" 2
for wrong in "--since yesterday" "--until 2025-13-01" "--since 2025-01-01X" "--group nothing" "--since 2014-02-30" \
	"--until 2013-02-29" Ec2Confg "--show nosuch" "--out $scratch/x.rar" "--out $scratch/x.tar.bz2"; do
	# shellcheck disable=SC2086 # an option and its value
	expect 16 "$resprep" logs "$logs" $wrong
done
expect 16 "$resprep" logs "$logs" Ec2Confg
grep -q "there is no source 'Ec2Confg'.*ec2config.*ec2launch-v2" "$scratch/err" || fail "the sources are not told"
[ -e "$scratch/x.rar" ] && fail "an archive of an unknown form was made a folder"
expect 0 "$resprep" logs "$logs" ec2launch-v2 UserdataExecution.log --out "$scratch/x.rar/"
[ -d "$scratch/x.rar" ] || fail "a folder may be called like an archive"
expect 8 "$resprep" logs "$logs" --console "$scratch/not-there"

# what the sentence counts are logs that were read: no settings, none that could not be read
mkdir -p "$scratch/quiet/Panther"
for name in setupact setuperr; do printf '2025-07-22 21:55:35, Info                  SYSPRP all well\r\n' >"$scratch/quiet/Panther/$name.log"; done
printf 'no log\n' >"$scratch/quiet/readme"
expect 0 "$resprep" logs "$scratch/quiet" --errors
says "No errors in 2 logs."
expect 0 "$resprep" logs "$scratch/quiet" --errors setupact
says "No errors in 1 log."
expect 0 "$resprep" logs "$scratch/quiet" --errors --grep well
says "No record is like that."

# runs are judged as those of a Windows: what failed first, also where only setuperr.log says it, and for each machine
runs=$scratch/runs
mkdir -p "$runs/one/Windows/System32/Sysprep/Panther" "$runs/one/Windows/Panther/UnattendGC" "$runs/two"
printf '%s\r\n' '2014-06-07 08:00:00, Info                  SYSPRP ===          Beginning of a new sysprep run          ===' \
	>"$runs/one/Windows/System32/Sysprep/Panther/setupact.log"
printf '%s\r\n' '2014-06-07 08:00:04, Error                 SYSPRP Package Contoso.Reader_2.4.0.0_x64__8wekyb3d8bbwe was installed for a user, but not provisioned for all users.' \
	'2014-06-07 08:00:05, Error      [0x0f00d8] SYSPRP WinMain:Hit failure while pre-validate sysprep generalize internal providers; hr = 0x80073cf2' \
	>"$runs/one/Windows/System32/Sysprep/Panther/setuperr.log"
printf '%s\r\n' '2014-06-07 09:14:30, Info                         [windeploy.exe] WinDeploy.exe launched with command-line []...' \
	'2014-06-07 09:14:42, Error                        [Shell Unattend] ComputerName: the name is invalid (0x8007007b)' \
	'2014-06-07 09:14:50, Error                        [windeploy.exe] Setup.exe failed, returning exit code [0x1f]' \
	'2014-06-07 09:20:30, Info                         [windeploy.exe] WinDeploy.exe launched with command-line []...' \
	'2014-06-07 09:20:32, Error                        [windeploy.exe] Setup.exe failed, returning exit code [0x1f]' \
	>"$runs/one/Windows/Panther/UnattendGC/setupact.log"
printf '%s\r\n' '2014-06-07 08:00:00, Info                  SYSPRP ===          Beginning of a new sysprep run          ===' \
	'2014-06-07 08:00:04, Error                 SYSPRP Something new: net user bob Gue55me! /add' >"$runs/two/setupact.log"
expect 0 "$resprep" logs "$runs" --errors
says "What failed first in the newest run of each phase"
says "sysprep in /one/Windows, run of 2014-06-07 08:00:00: appx-user"
says "specialize in /one/Windows, run of 2014-06-07 09:14:30: computername"
says "sysprep in /two, run of 2014-06-07 08:00:00: an error that is not known"
grep -q Gue55me "$scratch/out" && fail "a password stands in what failed first"
expect 0 "$resprep" logs "$runs" --errors --grep ComputerName
grep -q "What failed first" "$scratch/out" && fail "runs are judged by a part of their records"
expect 0 "$resprep" logs "$runs" --errors --json
grep -q "What failed first" "$scratch/out" && fail "words in JSON"
# a success makes it history
printf '%s\r\n' '2014-06-07 10:00:00, Info                  SYSPRP ===          Beginning of a new sysprep run          ===' \
	"2014-06-07 10:00:05, Info       [0x0f0081] SYSPRP ActionPlatform::LaunchModule: Successfully executed 'SysprepGeneralize' from C:\\Windows\\System32\\AppxSysprep.dll without error" \
	'2014-06-07 10:00:06, Info       [0x0f0052] SYSPRP Shutting down SysPrep log' >>"$runs/one/Windows/System32/Sysprep/Panther/setupact.log"
expect 0 "$resprep" logs "$runs" --errors
says "run of 2014-06-07 10:00:00: succeeded; what failed before is history: appx-user"

# a search finds nothing behind the mask
printf '2025-07-22 21:55:35, Info                  SYSPRP net user bob Gue55me! /add\r\n' >>"$scratch/quiet/Panther/setupact.log"
expect 0 "$resprep" logs "$scratch/quiet" --show --grep Gue
says "No record is like that."
expect 0 "$resprep" logs "$scratch/quiet" --show --grep "user bob ***"
says "net user bob ********"
expect 0 "$resprep" logs "$scratch/quiet" --show --grep gue55 --with-secrets
says "Gue55me!"

# ---- what is known of an error stands below it

expect 0 "$resprep" logs "$logs" --errors Panther/setupact.log
says "      appx-user"
says "        package: Example_1.0.0.0_x64__8wekyb3d8bbwe"
says "To do: "
says "0x80073cf2 is "
same "how often the cause is told" "$(grep -c "A Store app's package is installed" "$scratch/out")" 1
# a line below Error that tells of a known failure is among the errors, any other is not
says "  line 13: 2014-06-05 10:40:55 Info: [oobeldr.exe] Current pass status for [oobeSystem] is [0x1]"
grep -q "^  line [1-4]:" "$scratch/out" && fail "what is no error is among the errors"
expect 0 "$resprep" logs "$logs" --errors --json Panther/setupact.log
grep -q '"known": \["appx-user"\]' "$scratch/out" || fail "JSON does not name what is known"
grep -q '"code": "0x80073cf2", "symbol": "ERROR_' "$scratch/out" || fail "JSON does not decode the code"
printf '2025-07-22 21:55:35, Error                 SYSPRP Something new in AppxSysprep.dll; dwRet = 0x422\n' >"$logs/Panther/new-setupact.log"
expect 0 "$resprep" logs "$logs" --errors new-setupact.log
says "0x00000422 is ERROR_SERVICE_DISABLED"
grep -qE "      (appxsvc-disabled|not known; nearest: appx)" "$scratch/out" || fail "nothing is near to what is not known"
printf '2025-07-22 21:55:35, Error      [0x0f00a8] SYSPRP WinMain:Hit failure while processing sysprep generalize internal providers; hr = 0x80070422\n' \
	>"$logs/Panther/new-setupact.log"
expect 0 "$resprep" logs "$logs" --errors new-setupact.log
says "      follows from a failure before it"
expect 0 "$resprep" logs "$logs" --errors --json new-setupact.log
grep -q '"follows": true' "$scratch/out" || fail "JSON does not say that an error only follows"
# every installation from an image has this error, and its number is a code without 0x
printf '2025-07-22 21:55:35, Error                        [windeploy.exe] CFirstUXWnd::OpenExisting failed with error 80070490\n' \
	>"$logs/Panther/new-setupact.log"
expect 0 "$resprep" logs "$logs" --errors new-setupact.log
says "      stands in runs that succeed too; never the cause"
grep -q nearest "$scratch/out" && fail "what good runs have is near to a failure"
expect 0 "$resprep" logs "$logs" --errors --json new-setupact.log
grep -q '"benign": true' "$scratch/out" || fail "JSON does not say that good runs have it too"
rm "$logs/Panther/new-setupact.log"

# a log is copied as it is, in a folder that was sent, too
printf '2014-06-05T10:38:01.440Z: AutoLogon password: Gue55me!\r\n' >"$scratch/quiet/Ec2ConfigLog.txt"
expect 0 "$resprep" logs "$scratch/quiet" --out "$scratch/quiet-copy"
cmp "$scratch/quiet/Ec2ConfigLog.txt" "$scratch/quiet-copy/Ec2ConfigLog.txt" || fail "a log is not copied as it is"

# ---- what a name does not tell, the first lines tell, in each encoding with a mark and without

mkdir "$scratch/named"
with_bom setupact.txt >"$scratch/named/utf8"
for form in UTF-16LE UTF-16BE; do
	with_bom setupact.txt | iconv -f UTF-8 -t $form >"$scratch/named/$form"
	crlf setupact.txt | iconv -f UTF-8 -t $form >"$scratch/named/$form-bare"
done
expect 0 "$resprep" logs "$scratch/named" --json
for name in utf8 UTF-16LE UTF-16LE-bare UTF-16BE UTF-16BE-bare; do
	grep -q "\"path\": \"/$name\", \"group\": null, \"log\": \"panther\"" "$scratch/out" || fail "$name is not known as a log"
	same "records of $name" "$(grep -c "\"kind\": \"record\", \"path\": \"/$name\"" "$scratch/out")" \
		"$(grep -c "\"kind\": \"record\", \"path\": \"/utf8\"" "$scratch/out")"
done

# ---- setuperr.log is setupact.log's errors once more

{ grep Error "$logs/Panther/setupact.log" && printf '2025-07-22 21:55:50, Error                 SYSPRP only here\r\n'; } >"$logs/Panther/setuperr.log"
expect 0 "$resprep" logs "$logs" --errors --json Panther/setupact.log Panther/setuperr.log
same "of setuperr.log" "$(grep -c '"path": "/Panther/setuperr.log"' "$scratch/out")" 1
says "only here"
expect 0 "$resprep" logs "$logs" Panther
says "more that are in setupact.log too"
rm "$logs/Panther/setuperr.log"

# ---- the serial console, as text and as the API gives it

console='2015/03/02 10:00:00Z: Windows is being configured. SysprepState=IMAGE_STATE_UNDEPLOYABLE
EC2ConfigMonitorState: 0
2015/03/02 10:05:00Z: Message: Windows is Ready to use'
printf '%s\n' "$console" >"$scratch/console.txt"
expect 0 "$resprep" logs "$logs" --console "$scratch/console.txt" --show console
says "line 3: 2015-03-02 10:05:00Z Message: Windows is Ready to use"
same "lines of the console" "$(grep -c "^  line" "$scratch/out")" 3
# alone, without a target; what needs one says so
expect 0 "$resprep" logs --console "$scratch/console.txt" --show
same "lines of the console alone" "$(grep -c "^  line" "$scratch/out")" 3
expect 0 "$resprep" logs --console "$scratch/console.txt" --timeline
says "Windows is Ready"
expect 0 "$resprep" logs --console "$scratch/console.txt" --json
same "kinds of lines" "$(grep -c '"kind": "log"' "$scratch/out")" 1
expect 16 "$resprep" logs
for wrong in "--out $scratch/no" --read-only-proof "--partition 2"; do
	# shellcheck disable=SC2086 # an option and its value
	expect 16 "$resprep" logs --console "$scratch/console.txt" $wrong
done
# a record without a time has that of the one before it
expect 0 "$resprep" logs "$logs" --console "$scratch/console.txt" --show console --since 2015-03-02 --until "2015-03-02T10:01:00Z"
same "lines of the console up to then" "$(grep -c "^  line" "$scratch/out")" 2
says "EC2ConfigMonitorState: 0"
expect 0 "$resprep" logs "$logs" --console "$scratch/console.txt" --show console --since "2015-03-02T10:01:00Z"
same "lines of the console from then on" "$(grep -c "^  line" "$scratch/out")" 1
/usr/bin/python3 - "$scratch" <<'END'
import base64, json, sys
with open(sys.argv[1] + "/console.txt", "rb") as f:
    text = f.read()
for name, output in (("api", base64.b64encode(text).decode()), ("cli", text.decode())):
    with open(f"{sys.argv[1]}/{name}.json", "w") as f:
        json.dump({"InstanceId": "i-0123456789abcdef0", "Timestamp": "2015-03-02T10:06:00.000Z", "Output": output}, f)
END
# PowerShell redirects as UTF-16
iconv -f UTF-8 -t UTF-16 "$scratch/cli.json" >"$scratch/wide.json"
iconv -f UTF-8 -t UTF-16BE "$scratch/api.json" >"$scratch/big.json"
for name in api cli wide big; do
	expect 0 "$resprep" logs "$logs" --console "$scratch/$name.json" --show console
	says "line 3: 2015-03-02 10:05:00Z Message: Windows is Ready to use"
	cp "$scratch/$name.json" "$logs/agents/saved-$name.txt"
	expect 0 "$resprep" logs "$logs" --show "saved-$name"
	says "line 1: 2015-03-02 10:00:00Z Windows is being configured."
done

# ---- passwords

printf '2025-07-22 21:55:35, Error                 SYSPRP run with /password:Geheim1 <Password>Geheim2</Password>\r\n' >"$logs/Panther/secret-setupact.log"
expect 0 "$resprep" logs "$logs" --errors secret
says "run with /password:******** <Password>********</Password>"
expect 0 "$resprep" logs "$logs" --errors secret --with-secrets
says "Geheim2"
rm "$logs/Panther/secret-setupact.log"

# ---- hostile files

mkdir "$logs/setuperr.log"
head -c 3000000 /dev/urandom >"$logs/random-setupact.log"
head -c 3000000 /dev/urandom >"$logs/setupapi.app.log"
truncate -s 5G "$logs/sparse-setupact.log"
printf '2025-07-22 21:55:35, Error                 SYSPRP behind the hole\r\n' >>"$logs/sparse-setupact.log"
printf '2025-07-22 21:55:35, Error                 SYSPRP before\r\n\0\0\0\0\0\0\0\0' >"$logs/hole-setupact.log"
ln -s /etc/passwd "$logs/link-setupact.log"
mkfifo "$logs/fifo-setupact.log"
{ printf '2025-07-22 21:55:35, Error                 SYSPRP ' && head -c 5000000 /dev/zero | tr '\0' x; } >"$logs/long-setupact.log"
# a sanitizer maps terabytes for itself
grep -q __asan_init "$resprep" && memory=unlimited || memory=1000000
expect 8 bash -c "ulimit -v $memory; exec timeout 60 '$resprep' logs '$logs' --errors"
says "line 1: 2025-07-22 21:55:35 Error: SYSPRP behind the hole"
says "5368709120 bytes are zeros, the first at byte 0"
says "8 bytes are zeros, the first at byte 58"
says "longer than 64 KiB"
says "link-setupact.log' is a symbolic link to /etc/passwd; it is not followed"
says "fifo-setupact.log' is no plain file"
LC_ALL=C grep -q "$(printf '[\001-\010\013-\037]')" "$scratch/out" "$scratch/err" && fail "a control character reached the terminal"
expect 8 "$resprep" logs "$logs" --show --json
while IFS= read -r line; do
	printf '%s' "$line"
	echo
done <"$scratch/out" | /usr/bin/python3 -c 'import json, sys
for line in sys.stdin: json.loads(line)' || fail "no JSON"
# ---- on a Windows: its code page and its zone, read by a process that can open no file any more

cat >"$scratch/case.recipe" <<'END'
base server2012r2-deployed
reg <<REG
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\Nls\CodePage]
"ACP"="932"
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\TimeZoneInformation]
"Bias"=dword:fffffde4
"StandardBias"=dword:00000000
"DaylightBias"=dword:ffffffc4
"DaylightStart"=hex:00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00
"StandardStart"=hex:00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00
REG
END
"$mkfixture" --fixtures "$top_srcdir/fixtures" --tree "$scratch/tree" "$scratch/case.recipe" >/dev/null || fail "no tree"
mkdir -p "$scratch/tree/Windows/debug"
printf '03/21/2013 11:12:31:478 NetpDoDomainJoin: %s\r\n' "日本語 ソ" | iconv -f UTF-8 -t CP932 >"$scratch/tree/Windows/debug/NetSetup.log"
expect 0 "$resprep" logs "$scratch/tree" --show NetSetup --json
says '"message": "NetpDoDomainJoin: 日本語 ソ"'
says '"utc": "2013-03-21T02:12:31Z", "utc_assumed": true'
expect 0 "$resprep" logs "$scratch/tree" --show NetSetup --since "2013-03-21 11:12:31"
says "日本語"
expect 0 "$resprep" logs "$scratch/tree" --show NetSetup --since "2013-03-21 11:12:32"
says "No record is like that."
expect 0 "$resprep" logs "$scratch/tree" --show NetSetup --until "2013-03-21T02:12:31Z"
says "日本語"
expect 0 "$resprep" logs "$scratch/tree" --show NetSetup --until "2013-03-21T02:12:30Z"
says "No record is like that."
# the checks read it so, too
mkdir -p "$scratch/tree/Windows/System32/Sysprep/Panther" "$scratch/tree/Windows/Panther/UnattendGC"
printf '%s\r\n' "2014-06-07 08:00:00, Info                  SYSPRP ===          Beginning of a new sysprep run          ===" \
	"2014-06-07 08:00:04, Error      [0x0f0082] SYSPRP LaunchDll:Failure occurred while executing 'C:\\ソフト\\表.dll,Cleanup', returned error code 0x2" |
	iconv -f UTF-8 -t CP932 >"$scratch/tree/Windows/System32/Sysprep/Panther/setupact.log"
printf '2014-06-06 09:13:03, Error                        [Shell Unattend] CopyProfile failed (0x80070003) 表 [gle=0x00000003]\r\n' |
	iconv -f UTF-8 -t CP932 >>"$scratch/tree/Windows/Panther/UnattendGC/setupact.log"
expect 0 "$resprep" check "$scratch/tree"
says 'C:\ソフト\表.dll'
says "CopyProfile failed (0x80070003) 表"
rm -r "$logs"
mkdir "$logs"
expect 0 "$resprep" logs "$logs"
says "No logs in this folder."
finish
