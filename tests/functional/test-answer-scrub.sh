#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# resprep answer scrub: passwords go from every file, unless a pass that has not run needs them; then nothing is changed.
. "${top_srcdir:?}/tests/functional/functions.sh"
. "$top_srcdir/tests/functional/answer-functions.sh"

scrub() { # CODE …
	local want=$1
	shift
	answer "$want" scrub "$@" --journal-dir "$journals"
}

# no password is left in the image, in any encoding
clean() {
	answer 0 show "$1" --with-secrets
	grep -qE 'Secret[0-9]|UwBl' "$scratch/out" && fail "a password is left in $1"
}

undo() {
	local j
	while read -r j; do
		expect 0 "$resprep" undo "$j" "$image" --yes --journal-dir "$journals"
	done < <(find "$journals" -name '*.applied' -printf '%T@ %p\n' | sort -rn | cut -d' ' -f2-)
	same "hash after undo" "$(hash_of "$image")" "$first"
	rm -rf "$journals"
}

# ---- deployed: what Setup and people have left is needed no more
build server2012r2-deployed <<'E'
file /Windows/Panther/unattend.xml passwords.xml bom crlf
file /Windows/System32/Sysprep/Unattend.xml passwords.xml utf16 bom crlf
file /Windows/Panther/unattend-original.xml passwords.xml
file /Unattend.xml <<END
<unattend>
 <settings>
END
E
scrub 8
says 'nobody to ask'
scrub 0 --dry-run
says 'specialize/Microsoft-Windows-UnattendedJoin/Identification/Credentials/Password: removed'
says '/Unattend.xml was passed over, and may hold passwords'
same "hash after a dry run" "$(hash_of "$image")" "$first"
scrub 0 --yes
says 'the journal keeps the files as they were'
grep -q Secret "$scratch/out" "$scratch/err" && fail "a password is shown"
for file in /Windows/Panther/unattend.xml /Windows/System32/Sysprep/Unattend.xml /Windows/Panther/unattend-original.xml; do
	clean "$file"
done
answer 0 show /Windows/Panther/unattend.xml --json
same "value" "$(member answer.file.settings.1.value)" '*SENSITIVE*DATA*DELETED*'
scrub 0 --yes
says 'it is so already'
undo
scrub 0 /Windows/Panther/unattend.xml --yes
clean /Windows/Panther/unattend.xml
answer 0 show /Windows/Panther/unattend-original.xml --with-secrets
says 'join-Secret1'
undo
scrub 8 /Unattend.xml --yes
says '/Unattend.xml: line 3, column'

# ---- sealed: the cached copy's passwords are still to be used, a copy's are not
build server2012r2-sealed <<'E'
file /Windows/Panther/unattend.xml passwords.xml bom crlf
file /Windows/Panther/unattend-original.xml passwords.xml
E
scrub 8 --yes
says '/Windows/Panther/unattend.xml: line 8, column 11: the pass specialize has not run with this file, and needs specialize/Microsoft-Windows-UnattendedJoin/Identification/Credentials/Password'
same "hash" "$(hash_of "$image")" "$first"
scrub 0 --file /Windows/Panther/unattend-original.xml --yes
clean /Windows/Panther/unattend-original.xml
undo
scrub 0 --force --yes
clean /Windows/Panther/unattend.xml
undo

# ---- a pass in two <settings>, of which Setup has marked one: Windows still reads the other
component='<component name="Microsoft-Windows-Shell-Setup" processorArchitecture="amd64" publicKeyToken="31bf3856ad364e35" language="neutral" versionScope="nonSxS">'
build server2012r2-sealed <<E
file /Windows/Panther/Unattend/unattend.xml <<END
<unattend xmlns="urn:schemas-microsoft-com:unattend">
 <settings pass="oobeSystem" wasPassProcessed="true">
  $component
   <UserAccounts><AdministratorPassword><Value>old-Secret1</Value><PlainText>true</PlainText></AdministratorPassword></UserAccounts>
  </component>
 </settings>
 <settings pass="oobeSystem">
  $component
   <UserAccounts><AdministratorPassword><Value>new-Secret2</Value><PlainText>true</PlainText></AdministratorPassword></UserAccounts>
  </component>
 </settings>
</unattend>
END
E
scrub 8 --yes
says 'line 4, column 41: the pass oobeSystem has not run with this file, and needs oobeSystem/'
answer 0 list --json
same "processed" "$(member answer.files.0.processed)" '[]'
expect 4 "$resprep" check "$image" --only image-secrets
says 'the pass oobeSystem has not run and needs them'
same "hash" "$(hash_of "$image")" "$first"

# ---- the agent's file is for the next Sysprep
build server2012r2-deployed <<'E'
file "/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml" passwords.xml
E
scrub 8 --yes
says '--force removes it all the same'
scrub 0 --yes --force
clean "/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml"
undo
scrub 8 /nowhere.xml --yes
scrub 16 a b --yes
answer 16 scrub --read-only-proof
same "hash" "$(hash_of "$image")" "$first"
finish
