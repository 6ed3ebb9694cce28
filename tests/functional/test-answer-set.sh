#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# resprep answer set: the wanted lines change and no other, in every file, encoding and kind of target; what must not be
# changed is refused, and nothing is written.
. "${top_srcdir:?}/tests/functional/functions.sh"
. "$top_srcdir/tests/functional/answer-functions.sh"
tree=$scratch/tree
ec2config="/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml"
v1=/ProgramData/Amazon/EC2-Windows/Launch/Sysprep/Unattend.xml
v2=/ProgramData/Amazon/EC2Launch/sysprep/unattend.xml
copy_profile=specialize/Microsoft-Windows-Shell-Setup/CopyProfile

set_it() { # CODE SETTING …: on the image
	local want=$1
	shift
	answer "$want" set "$@" --journal-dir "$journals"
}

has() { # SETTING VALUE FILE: on the image
	answer 0 show "$3" --json
	python3 - "$scratch/out" "$1" "$2" <<'E' || fail "$1 in $3 is not $2"
import json, sys
want = sys.argv[2].split("/", 2)
for s in json.load(open(sys.argv[1]))["answer"]["file"]["settings"]:
    if [s["pass"], s["component"], s["setting"]] == want:
        sys.exit(s["value"] != sys.argv[3])
sys.exit(1)
E
}

# edit FILE EXPECTED-DIFF SETTING …: in a folder, judged line by line and by xmllint
edit() {
	local file=$1 expected=$2
	shift 2
	cp "$tree$file" "$scratch/before.xml"
	expect 0 "$resprep" answer "$tree" set "$@" --file "$file" --yes --journal-dir "$journals"
	xmllint --noout "$tree$file" || fail "xmllint does not take $file"
	diff <(xmllint --c14n "$scratch/before.xml") <(xmllint --c14n "$tree$file") | grep '^[<>]' >"$scratch/diff"
	printf '%s\n' "$expected" | diff - "$scratch/diff" || fail "the difference in $file"
}

# ---- lines: each agent's file and the cached one, in a folder
{
	echo 'base server2012r2-sealed'
	echo "file $v1 ec2launch-v1.xml bom crlf"
	echo "file $v2 ec2launch-v2.xml utf16 bom"
} >"$scratch/tree.recipe"
cp "$top_srcdir"/fixtures/answer/*.xml "$scratch"
sed -i '1s/utf-8/utf-16/' "$scratch/ec2launch-v2.xml"
"$mkfixture" --fixtures "$top_srcdir/fixtures" --tree "$tree" "$scratch/tree.recipe" || exit 99
for file in "$ec2config" "$v1" "$v2" /Windows/Panther/unattend.xml; do
	edit "$file" '<       <CopyProfile>true</CopyProfile>
>       <CopyProfile>false</CopyProfile>' $copy_profile=false
	# to the byte: the rest is as it was
	cmp -s <(iconv -f UTF-16 -t UTF-8 <"$tree$file" 2>/dev/null | sed 's/>false<\/CopyP/>true<\/CopyP/') \
		<(iconv -f UTF-16 -t UTF-8 <"$scratch/before.xml" 2>/dev/null) ||
		cmp -s <(sed 's/>false<\/CopyP/>true<\/CopyP/' "$tree$file") "$scratch/before.xml" || fail "bytes of $file"
done
edit "$v1" '>       <RegisteredOwner>Müller &amp; Söhne</RegisteredOwner>' \
	'specialize/Shell-Setup/RegisteredOwner=Müller & Söhne'
grep -q $'^      <RegisteredOwner>Müller &amp; Söhne</RegisteredOwner>\r$' "$tree$v1" || fail "the line end of the new line"
edit "$v2" '>     <component xmlns:wcm="http://schemas.microsoft.com/WMIConfig/2002/State" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" language="neutral" name="Microsoft-Windows-Security-SPP" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" versionScope="nonSxS">
>       <SkipRearm>1</SkipRearm>
>     </component>' generalize/Security-SPP/SkipRearm=1
edit "$v1" '<           <Path>"C:\ProgramData\Amazon\EC2-Windows\Launch\Sysprep\SysprepSpecialize.cmd"</Path>
>           <Path>cmd /c exit</Path>' \
	'specialize/Deployment/RunSynchronous/RunSynchronousCommand[2]/Path=cmd /c exit'
edit "$v1" '<           <Active>true</Active>
>           <Active>false</Active>' \
	'specialize/Networking-MPSSVC-Svc/FirewallGroups/FirewallGroup[RemoteDesktop]/Active=false'
expect 16 "$resprep" answer "$tree" set specialize/x=y --file "$v1" --yes --journal-dir "$journals"

# ---- a disk: dry run, journal, undo; the file grows
build server2012r2-sealed <<'E'
E
set_it 8 $copy_profile=false
says 'nobody to ask'
set_it 0 $copy_profile=false --dry-run
says '/Windows/Panther/unattend.xml: specialize/Microsoft-Windows-Shell-Setup/CopyProfile: true -> false'
says "Setup's own copy"
same "hash after a dry run" "$(hash_of "$image")" "$first"
[ -e "$journals" ] && [ -n "$(ls -A "$journals")" ] && fail "a dry run left a journal"
set_it 0 $copy_profile=false --yes
has $copy_profile false /Windows/Panther/unattend.xml
has $copy_profile true "$ec2config"
set_it 0 $copy_profile=false --yes
says 'it is so already'
undo() {
	local j
	while read -r j; do
		expect 0 "$resprep" undo "$j" "$image" --yes --journal-dir "$journals"
	done < <(find "$journals" -name '*.applied' -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2-)
	same "hash after undo" "$(hash_of "$image")" "$first"
}
undo
rm -rf "$journals"
long=$(head -c 250 /dev/zero | tr '\0' x)
words=()
for i in $(seq 1 20); do
	words+=("specialize/Deployment/RunSynchronous/RunSynchronousCommand[$((i + 3))]/Path=$long$i")
done
set_it 0 "${words[@]}" --yes
has 'specialize/Microsoft-Windows-Deployment/RunSynchronous/RunSynchronousCommand[23]/Path' "${long}20" \
	/Windows/Panther/unattend.xml
undo
set_it 0 specialize/Shell-Setup/TimeZone=GMT 'oobeSystem/Shell-Setup/AutoLogon/Password/Value=Secret9' --yes --json
grep -q Secret9 "$scratch/out" && fail "a password in the answer"
member changes.0.text | grep -q '(hidden)' || fail "the password is not hidden"
undo

# a command that names a password is one itself, before and after
command='specialize/Deployment/RunSynchronous/RunSynchronousCommand[1]/Path'
for json in "" --json; do
	# shellcheck disable=SC2086 # none or one
	set_it 0 "$command=net user Administrator Passw0rdQ" --yes $json
	grep -q Passw0rdQ "$scratch/out" "$scratch/err" && fail "the password of a command in the answer $json"
	says '(hidden)'
	# shellcheck disable=SC2086
	answer 0 show /Windows/Panther/unattend.xml $json
	grep -q Passw0rdQ "$scratch/out" && fail "show $json prints the password of a command"
	says '(hidden)'
	# shellcheck disable=SC2086
	set_it 0 "$command=cmd /c ver" --yes $json
	grep -q Passw0rdQ "$scratch/out" && fail "the password that a command named $json"
done
set_it 0 "$command=net user Administrator Passw0rdQ" --yes
answer 0 show /Windows/Panther/unattend.xml --with-secrets
says 'net user Administrator Passw0rdQ'
undo
rm -rf "$journals"

# ---- which file: by the pass, or by name
build server2012r2-deployed <<'E'
file /ProgramData/Amazon/EC2Launch/sysprep/unattend.xml ec2launch-v2.xml
E
set_it 16 $copy_profile=false --yes
says 'name it with --file'
set_it 0 $copy_profile=false --yes --file 'C:\ProgramData\Amazon\EC2Launch\sysprep\unattend.xml'
has $copy_profile false $v2
undo

# ---- what the agent writes into its file itself
build server2012r2-deployed <<'E'
file /ProgramData/Amazon/EC2Launch/sysprep/unattend.xml ec2launch-v2.xml
file /ProgramData/Amazon/EC2-Windows/Launch/Sysprep/Unattend.xml ec2launch-v1.xml
E
locales=("oobeSystem/International-Core/InputLocale=de-DE" "oobeSystem/International-Core/UserLocale=de-DE")
set_it 0 "${locales[@]}" --file $v2 --dry-run
says 'EC2Launch v2 writes the locale of HKU\.DEFAULT (Control Panel\International, LocaleName) into it before Sysprep'
same "warnings" "$(grep -c 'writes the locale' "$scratch/out")" 1
set_it 0 "${locales[@]}" --file $v1 --dry-run
says 'EC2Launch v1 fills in the locale of Windows before Sysprep'
set_it 0 "${locales[@]}" --file "$ec2config" --dry-run
grep -q 'the locale of' "$scratch/out" && fail "EC2Config writes no locales"
set_it 0 oobeSystem/Shell-Setup/TimeZone=UTC --file $v2 --dry-run
grep -q 'the locale of' "$scratch/out" && fail "a time zone is no locale"

# ---- a pass that was begun, and one that is marked
build server2012r2-specialize <<'E'
E
set_it 0 $copy_profile=false generalize/PnpSysprep/PersistAllDeviceInstalls=false --dry-run --file /Windows/Panther/unattend.xml
says 'pass specialize was begun and did not finish'
says 'pass generalize is marked as processed there'

# ---- a file without any component: the installation tells the architecture
build server2012r2-deployed <<'E'
file /new.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend">
</unattend>
END
E
set_it 0 specialize/Shell-Setup/ComputerName=WEB-1 --file /new.xml --yes
answer 0 show /new.xml
says 'specialize: Microsoft-Windows-Shell-Setup (amd64)'
answer 0 lint /new.xml
undo

# ---- a file for another architecture: what is set acts on this Windows
build server2012r2-deployed <<'E'
file /x86.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend">
  <settings pass="windowsPE">
    <component name="Microsoft-Windows-International-Core-WinPE" processorArchitecture="x86" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
      <UILanguage>en-US</UILanguage>
    </component>
  </settings>
  <settings pass="specialize">
    <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="x86" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
      <CopyProfile>true</CopyProfile>
    </component>
  </settings>
</unattend>
END
E
set_it 0 $copy_profile=false generalize/Security-SPP/SkipRearm=1 --file /x86.xml --yes
says "$copy_profile (amd64): made, false; $copy_profile: true -> false"
answer 0 show /x86.xml
says 'generalize: Microsoft-Windows-Security-SPP (amd64)'
says 'specialize: Microsoft-Windows-Shell-Setup (amd64)'
set_it 0 $copy_profile=false --file /x86.xml --yes
says 'it is so already'
undo
set_it 0 $copy_profile=false --file /x86.xml --yes --unchecked
answer 0 show /x86.xml
grep -qF '(amd64)' "$scratch/out" && fail "--unchecked made a component"
undo

# ---- what lint would call an error, and was none before
build server2012r2-deployed <<'E'
file /passwords.xml passwords.xml
file /orders.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend" xmlns:wcm="http://schemas.microsoft.com/WMIConfig/2002/State">
  <settings pass="specialize">
    <component name="Microsoft-Windows-Deployment" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
      <RunSynchronous>
        <RunSynchronousCommand wcm:action="add"><Order>first</Order><Path>cmd /c a</Path></RunSynchronousCommand>
      </RunSynchronous>
    </component>
    <component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">
      <TimeZone>Nowhere</TimeZone>
    </component>
  </settings>
</unattend>
END
reg <<END
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Time Zones\UTC]
"Std"="Coordinated Universal Time"
END
E
orders=specialize/Deployment/RunSynchronous/RunSynchronousCommand
set_it 8 specialize/Shell-Setup/TimeZone=Mars --file /orders.xml --yes
says "this Windows knows no time zone 'Mars'"
says "nothing was changed (--unchecked writes it all the same)"
set_it 8 "${orders}[2]/Path=cmd /c b" "${orders}[3]/Path=cmd /c c" "${orders}[3]/Order=1" --file /orders.xml --yes
says 'a second command with order 1'
set_it 8 "${orders}[2]/Description=of nothing" --file /orders.xml --dry-run
says 'a command without <Path>'
set_it 8 oobeSystem/Shell-Setup/AutoLogon/Password/PlainText=false --file /passwords.xml --yes
says 'Windows would make another password of it'
same "hash" "$(hash_of "$image")" "$first"
# what was wrong before is no reason, under whatever number it stands now
set_it 0 "${orders}[2]/Path=cmd /c b" "${orders}[3]/Path=cmd /c c" --file /orders.xml --yes
set_it 0 specialize/Shell-Setup/TimeZone=UTC --file /orders.xml --yes
set_it 0 specialize/Shell-Setup/TimeZone=Mars --file /orders.xml --yes --unchecked
undo

# ---- refused, and nothing written
build server2012r2-deployed <<'E'
attrib "/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml" +r
file /Windows/Panther/unattend.xml consumed.xml
attrib /Windows/Panther/unattend.xml +c
file /bomb.xml <<END
<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><unattend>&b;</unattend>
END
file /broken.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend">
 <settings pass="specialize"></unattend>
END
file /twice.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend"><settings pass="specialize"><component name="Microsoft-Windows-Shell-Setup">
<CopyProfile>true</CopyProfile><TimeZone>UTC</TimeZone>
<CopyProfile>true</CopyProfile></component></settings></unattend>
END
file /lies.xml <<END
<?xml version="1.0" encoding="utf-16"?><unattend xmlns="urn:schemas-microsoft-com:unattend"/>
END
zeros /huge.xml 6M
E
set_it 8 $copy_profile=false --yes
says 'is marked read-only'
set_it 0 $copy_profile=false --dry-run --force
set_it 8 $copy_profile=false --yes --file /Windows/Panther/unattend.xml
says 'compressed'
set_it 8 $copy_profile=false --yes --file /bomb.xml
says '/bomb.xml: line 1, column 1: the file has a DOCTYPE'
set_it 8 $copy_profile=false --yes --file /broken.xml
says '/broken.xml: line 2, column'
set_it 8 $copy_profile=false --yes --file /twice.xml
says 'stands twice, in line 2, column 1 and in line 3, column 1'
set_it 8 $copy_profile=false --yes --file /lies.xml
says 'line 1, column 31'
set_it 8 $copy_profile=false --yes --file /huge.xml
set_it 8 $copy_profile=false --yes --file /Windows
says 'is a folder'
set_it 8 $copy_profile=false --yes --file /nowhere.xml
set_it 16 $copy_profile=maybe --yes --force
says 'true or false'
set_it 16 oobeSystem/Shell-Setup/CopyProfile=true --yes --force
says 'Windows takes this setting in specialize'
set_it 16 specialize/Shell-Setup/NoSuch=1 --yes --force
says 'not known here'
set_it 0 specialize/Shell-Setup/NoSuch=1 --dry-run --force --unchecked
set_it 16 specialize/Shell-Setup/ComputerName=a_b_c_d_e_f_g_h_i --yes --force
set_it 16 --yes
answer 16 set $copy_profile=false --read-only-proof
same "hash" "$(hash_of "$image")" "$first"
[ -e "$journals" ] && [ -n "$(ls -A "$journals")" ] && fail "something refused left a journal"
finish
