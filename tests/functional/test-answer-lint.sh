#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# resprep answer lint: files of a volume, beside that volume: paths, architecture, time zones, what cannot be read.
. "${top_srcdir:?}/tests/functional/functions.sh"
. "$top_srcdir/tests/functional/answer-functions.sh"

# ---- what the agents ship is fine, in each of their Windows
for base in server2008r2-deployed server2012r2-sealed server2022-deployed; do
	build "$base" <<'E'
E
	answer 0 lint
	says '0 problems'
done

# ---- all files at once; the exit code says whether something is wrong
build server2012r2-deployed <<'E'
file /Windows/Panther/unattend.xml consumed.xml
file /Windows/System32/Sysprep/Unattend.xml passwords.xml utf16 bom crlf
mkdir /Unattend.xml
reg <<END
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones\UTC]
"Display"="(UTC) Coordinated Universal Time"
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones\GMT Standard Time]
"Display"="(UTC+00:00) Dublin, Edinburgh, Lisbon, London"
END
replace "/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml" "SysprepSpecializePhase.cmd" "NoSuchPhase.cmd"
file /odd.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <settings pass="specialize">
    <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="x86" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
      <ComputerName>this-name-is-too-long</ComputerName>
      <TimeZone>Westeuropa</TimeZone>
    </component>
  </settings>
</unattend>
END
file /fine.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <settings pass="specialize">
    <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
      <TimeZone>GMT Standard Time</TimeZone>
    </component>
  </settings>
</unattend>
END
file /half.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <settings pass="specialize">
END
E
answer 4 lint
says "/Unattend.xml: error: '/Unattend.xml' is a folder [unreadable]"
says "Path: 'C:\\Program Files\\Amazon\\Ec2ConfigService\\Scripts\\NoSuchPhase.cmd' is not on this volume [path]"
says '/Windows/Panther/unattend.xml:3:3: note: the pass specialize is marked as processed'
says '/Windows/System32/Sysprep/Unattend.xml:8:11: warning: specialize/Microsoft-Windows-UnattendedJoin/Identification/Credentials/Password: the password stands there in clear text [clear-password]'
says '[hidden-password]'
grep -q Secret "$scratch/out" && fail "a password is shown"
answer 4 lint /odd.xml
says '/odd.xml:3:5: warning: the component Microsoft-Windows-Shell-Setup is for x86, and this Windows is amd64'
says '/odd.xml:4:7: error: specialize/Microsoft-Windows-Shell-Setup/ComputerName: '
says 'has more than 15 characters'
says "/odd.xml:5:7: error: specialize/Microsoft-Windows-Shell-Setup/TimeZone: this Windows knows no time zone 'Westeuropa'"
says '3 problems, 0 notes'
answer 0 lint 'C:\fine.xml'
says '0 problems, 0 notes'
answer 4 lint /half.xml --json
same "code" "$(member answer.problems.0.code)" not-well-formed
same "line" "$(member answer.problems.0.line)" 3
same "exit" "$(member exit_code)" 4
answer 0 lint --file /fine.xml --read-only-proof --json
same "problems" "$(member answer.problems)" '[]'
answer 8 lint /nowhere.xml
answer 8 lint /Unattend.xml
answer 16 lint 'D:\x.xml'
answer 16 lint a b
same "hash" "$(hash_of "$image")" "$first"
finish
