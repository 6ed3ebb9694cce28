#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# resprep answer list and show: every place, the order, which file a pass uses, what agents ship, what cannot be read.
. "${top_srcdir:?}/tests/functional/functions.sh"
. "$top_srcdir/tests/functional/answer-functions.sh"

uses() { # PASS FILE: of the list in JSON
	local i
	for i in 0 1 2 3 4; do
		[ "$(member "answer.passes.$i.pass")" != "$1" ] || same "$1" "$(member "answer.passes.$i.uses")" "$2"
	done
}

# ---- a sealed image: the cached copy, whose generalize has run
build server2012r2-sealed <<'E'
E
answer 0
says '1  /Windows/Panther/unattend.xml'
says 'generalize (processed), specialize, oobeSystem'
says 'specialize   due (not run): /Windows/Panther/unattend.xml'
says 'when the agent runs Sysprep: /Program Files/Amazon/Ec2ConfigService/sysprep2008.xml'
answer 0 list --json
uses generalize null
uses specialize /Windows/Panther/unattend.xml
uses oobeSystem /Windows/Panther/unattend.xml
answer 0 show
says '/Windows/Panther/unattend.xml'
says 'generalize (processed: Windows does not read it again)'
answer 0 show 'C:\Program Files\Amazon\Ec2ConfigService\SYSPREP2008.XML' --json
same "place" "$(member answer.file.place)" ec2config
same "encoding" "$(member answer.file.encoding)" UTF-8
same "mark" "$(member answer.file.byte_order_mark)" true
same "missing" "$(member answer.file.shipped_missing)" '[]'
same "source" "$(member answer.file.settings.0.source)" \
	https://learn.microsoft.com/windows-hardware/customize/desktop/unattend/microsoft-windows-pnpsysprep-persistalldeviceinstalls
for i in $(seq 0 20); do
	same "shipped $i" "$(member "answer.file.settings.$i.shipped")" same
done
same "hash" "$(hash_of "$image")" "$first"

# ---- every place at once; Windows takes the first that has the pass
build server2012r2-sealed <<'E'
reg <<END
[HKEY_LOCAL_MACHINE\SYSTEM\Setup]
"UnattendFile"="C:\\deploy\\Mine.xml"
END
file /deploy/Mine.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend"><settings pass="oobeSystem"><component name="Microsoft-Windows-Shell-Setup"><TimeZone>UTC</TimeZone></component></settings></unattend>
END
file /Windows/Panther/Unattend/Unattend.xml consumed.xml crlf
file /Windows/Panther/Unattend/Autounattend.xml passwords.xml bom
file /Windows/System32/Sysprep/Unattend.xml passwords.xml utf16 bom crlf
file /Autounattend.xml consumed.xml
file /Windows/Panther/unattend-original.xml passwords.xml
file /ProgramData/Amazon/EC2-Windows/Launch/Sysprep/Unattend.xml ec2launch-v1.xml bom
file /ProgramData/Amazon/EC2Launch/sysprep/unattend.xml ec2launch-v2.xml
mkdir /Windows/System32/Sysprep/Panther/unattend.xml
E
answer 0
n=0
for path in /deploy/Mine.xml /Windows/Panther/Unattend/Unattend.xml /Windows/Panther/Unattend/Autounattend.xml \
	/Windows/Panther/unattend.xml /Windows/System32/Sysprep/Unattend.xml /Autounattend.xml; do
	n=$((n + 1))
	says "  $n  $path"
done
says '  -  /Program Files/Amazon/Ec2ConfigService/sysprep2008.xml'
says '  -  /ProgramData/Amazon/EC2-Windows/Launch/Sysprep/Unattend.xml'
says '  -  /ProgramData/Amazon/EC2Launch/sysprep/unattend.xml'
says '  -  /Windows/Panther/unattend-original.xml'
says "cannot be read: '/Windows/System32/Sysprep/Panther/unattend.xml' is a folder"
answer 0 --json
uses specialize /Windows/Panther/Unattend/Autounattend.xml
uses oobeSystem /deploy/Mine.xml
answer 0 show /windows/system32/sysprep/unattend.xml
says 'UTF-16LE with a byte-order mark'
says 'Identification/Credentials/Password (hidden)'
says 'UserAccounts/AdministratorPassword/Value (hidden)'
answer 0 show /windows/system32/sysprep/unattend.xml --with-secrets
says 'join-Secret1'
answer 0 show 'C:\ProgramData\Amazon\EC2-Windows\Launch\Sysprep\Unattend.xml'
says "beside EC2Launch v1's Unattend.xml as shipped:"
grep -q '^  [~+-] ' "$scratch/out" && fail "the v1 file as shipped has differences"
answer 0 show --file /ProgramData/Amazon/EC2Launch/sysprep/unattend.xml
says 'reconstructed: no public copy of it is known'
grep -q '^  [~+-] ' "$scratch/out" && fail "the v2 file as shipped has differences"
answer 0 show /Windows/Panther/Unattend/Unattend.xml --json
same "deleted" "$(member answer.file.settings.1.value)" '*SENSITIVE*DATA*DELETED*'

# ---- deployed: nothing is due; differences are shown
build server2012r2-deployed <<'E'
replace "/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml" "      <CopyProfile>true</CopyProfile>" "      <CopyProfile>false</CopyProfile><ShowWindowsLive>false</ShowWindowsLive>"
replace "/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml" "<ProtectYourPC>3</ProtectYourPC>" "<Strange/>"
E
answer 0
says 'specialize   not due'
answer 0 show
says 'sysprep2008.xml'
grep -q '^  ~ CopyProfile  *false  *(shipped: true)$' "$scratch/out" || fail "a changed value"
grep -q '^  + ShowWindowsLive  *false$' "$scratch/out" || fail "an added setting"
grep -q '^  + OOBE/Strange  *(empty)  *(not known here)$' "$scratch/out" || fail "an unknown setting"
says '  - oobeSystem/Microsoft-Windows-Shell-Setup/OOBE/ProtectYourPC  (shipped: 3)'

# ---- nothing there, and what cannot be read
build server2012r2-deployed <<'E'
remove "/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml"
reg <<END
[HKEY_LOCAL_MACHINE\SYSTEM\Setup]
"UnattendFile"="A:\\unattend.xml"
END
E
answer 0
says 'none where Windows or an agent looks'
says "UnattendFile names 'A:\\unattend.xml', which is not on this volume"
answer 8 show
says 'has no answer file where Windows or an agent looks'
answer 8 show /nowhere.xml
answer 16 show 'D:\unattend.xml'
says 'does not lie on this volume'
answer 8 show /Windows/System32
says 'is a folder'
answer 16 frobnicate
says "no verb 'frobnicate'"
answer 16 show a b
build server2012r2-sealed <<'E'
reg <<END
[HKEY_LOCAL_MACHINE\SYSTEM\Setup]
"UnattendFile"="A:\\unattend.xml"
END
E
answer 0
says '  specialize   due (not run): not certain: the file of UnattendFile, or else /Windows/Panther/unattend.xml'
answer 0 --json
same certain "$(member answer.passes.1.certain)" false
# of this volume it is known that the file is not there
build server2012r2-sealed <<'E'
reg <<END
[HKEY_LOCAL_MACHINE\SYSTEM\Setup]
"UnattendFile"="C:\\gone.xml"
END
E
answer 0
says '  specialize   due (not run): /Windows/Panther/unattend.xml'

build server2012r2-deployed <<'E'
file /Windows/Panther/unattend.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <settings pass="specialize">
 </unattend>
END
file /Windows/System32/Sysprep/Unattend.xml <<END
<!DOCTYPE unattend [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c SYSTEM "file:///etc/passwd">]>
<unattend xmlns="urn:schemas-microsoft-com:unattend">&b;&c;</unattend>
END
file /Unattend.xml <<END
<?xml version="1.0" encoding="utf-16"?><unattend/>
END
E
answer 0
says 'cannot be read: line 3, column'
says 'cannot be read: line 1, column 1: the file has a DOCTYPE'
says "the declaration says 'utf-16', and the file is in an encoding of single bytes"
answer 8 show /Windows/Panther/unattend.xml
says '/Windows/Panther/unattend.xml: line 3, column'
answer 8 show /Windows/System32/Sysprep/Unattend.xml --json
same "code" "$(member error.code)" unsupported
grep -q root: "$scratch/out" "$scratch/err" && fail "an external entity was read"
same "hash" "$(hash_of "$image")" "$first"
finish
