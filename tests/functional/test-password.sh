#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# resprep password: what each agent needs to set a password at the next start, what is refused and why, and undo.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
journals=$scratch/journals
disabled='"F"=hex:02,00,01,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,f4,01,00,00,01,02,00,00,11,02,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00,00'

server() { # NAME, further steps on standard input
	{
		echo "base $1-deployed"
		cat
	} >"$scratch/case.recipe"
	rm -rf "$journals"
	"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$image" "$scratch/case.recipe" >"$scratch/log" 2>&1 || {
		cat "$scratch/log"
		exit 99
	}
	first=$(hash_of "$image")
}

password() { # CODE …
	local want=$1
	shift
	expect "$want" "$resprep" password "$image" "$@" --journal-dir "$journals"
}

refused() { # WORDS: nothing is changed
	password 8 --at-next-boot --yes
	says "$1"
	same "hash after a refusal" "$(hash_of "$image")" "$first"
	password 0
	says "$1"
}

sound() { # other people's programs take the volume
	dd if="$image" of="$scratch/part.img" bs=1M skip="$1" count=20 status=none
	ntfsfix -n "$scratch/part.img" >"$scratch/judge" 2>&1 || { fail "ntfsfix -n"; cat "$scratch/judge"; }
	ntfsresize -f -i "$scratch/part.img" >"$scratch/judge" 2>&1 || { fail "ntfsresize -i"; tail -5 "$scratch/judge"; }
	fls -u -r -p "$scratch/part.img" >"$scratch/files" 2>"$scratch/judge" || fail "fls"
}

undo() {
	expect 0 "$resprep" undo "$(find "$journals" -name '*.applied')" "$image" --yes --journal-dir "$journals"
	same "hash after undo" "$(hash_of "$image")" "$first"
}

# ---- EC2Config
server server2012r2 </dev/null
password 0
says 'Ec2SetPassword is Disabled: the next start keeps the existing password'
says 'would make it "Random"'
password 8 --at-next-boot
says 'nobody to ask'
password 0 --at-next-boot --dry-run
same "hash after a dry run" "$(hash_of "$image")" "$first"
password 0 --at-next-boot --yes --json
same "agent" "$(member password.agent)" EC2Config
says 'launch key pair'
says 'COM1'
expect 0 "$resprep" agent "$image" show Ec2SetPassword
same "Ec2SetPassword" "$(cat "$scratch/out")" Enabled
password 0 --at-next-boot --yes
says 'it is so already'
undo
password 16 --at-next-boot --frobnicate
password 16 one two

# a State is Enabled or Disabled, and nothing else
server server2012r2 <<'E'
file '/Program Files/Amazon/Ec2ConfigService/Settings/Config.xml' <<END
<Ec2ConfigurationSettings><Plugins><Plugin><Name>Ec2SetPassword</Name><State>enabled</State></Plugin></Plugins></Ec2ConfigurationSettings>
END
E
expect 4 "$resprep" check "$image" --group agent
says 'Config.xml, line 1, column'
says "is 'enabled', not Enabled|Disabled"
password 0
says 'the next start may set a random password or keep the existing one'
password 0 --at-next-boot --yes
says 'Config.Ec2SetPassword: enabled -> Enabled'
undo

server server2012r2 <<'E'
reg <<END
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Services\Ec2Config]
"Start"=dword:00000004
END
E
refused 'Start of its service Ec2Config is 4 (disabled)'
server server2012r2 <<E
reg <<END
[HKEY_LOCAL_MACHINE\\SAM\\SAM\\Domains\\Account\\Users\\000001F4]
$disabled
END
E
refused 'is disabled in SAM'
server server2012r2 <<'E'
replace '/Program Files/Amazon/Ec2ConfigService/Settings/Config.xml' '<Name>Ec2SetPassword</Name>' '<Name>Ec2SetNothing</Name>'
replace '/Program Files/Amazon/Ec2ConfigService/Settings/BundleConfig.xml' '<Value>Yes</Value>' '<Value>No</Value>'
E
refused 'no plug-in Ec2SetPassword'
says 'would make it "Keep Existing"'
server server2012r2 <<'E'
reg <<END
[HKEY_LOCAL_MACHINE\SYSTEM\ControlSet001\Control\ProductOptions]
"ProductType"="LanmanNT"
END
replace '/Program Files/Amazon/Ec2ConfigService/sysprep2008.xml' '      <BluetoothTaskbarIconEnabled>' '      <UserAccounts><AdministratorPassword><Value>x</Value><PlainText>true</PlainText></AdministratorPassword></UserAccounts><BluetoothTaskbarIconEnabled>'
E
refused "the domain's Administrator"
says '--force'
says 'would make it "Specify'
password 0 --at-next-boot --force --yes
undo

# the agents wait for Setup
server server2012r2 <<'E'
reg <<END
[HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State]
"ImageState"="IMAGE_STATE_UNDEPLOYABLE"
END
E
password 0 --at-next-boot --dry-run
says 'ImageState is IMAGE_STATE_UNDEPLOYABLE'
server server2012r2 </dev/null
password 0
grep -q ImageState "$scratch/out" && fail "ImageState is told where it is complete"

# ---- EMS: read where the volume holds the BCD
says 'the BCD is not on this volume'
bcd() { # OBJECT ELEMENT BYTE [DAMAGE]: the rest of a recipe with that store
	cat <<E
hive /Boot/BCD 'HKEY_LOCAL_MACHINE\\BCD00000000'
reg-of /Boot/BCD <<END
[HKEY_LOCAL_MACHINE\\BCD00000000\\Objects\\{9dea862c-5cdd-4e70-acc1-f32b344d4795}\\Elements\\12000004]
"Element"="Windows Boot Manager"
[HKEY_LOCAL_MACHINE\\BCD00000000\\Objects\\$1\\Elements\\$2]
"Element"=hex:$3
END
E
}
loader='{b5aeeca1-0000-11e0-8d26-806e6f6e6963}'
server server2012r2 < <(bcd $loader 260000b0 01)
password 0
says 'ems is on in \Boot\BCD of this volume'
server server2012r2 < <(bcd '{9DEA862C-5CDD-4E70-ACC1-F32B344D4795}' 16000020 01)
password 0
says 'bootems is on in \Boot\BCD of this volume'
server server2012r2 < <(bcd $loader 260000b0 00)
password 0
says 'in \Boot\BCD of this volume they are'
# {emssettings} says how, not whether
server server2012r2 < <(bcd '{0ce4991b-e6b3-4b16-b23c-5e0d9250e5d9}' 16000020 01)
password 0
says 'in \Boot\BCD of this volume they are'
server server2012r2 <<'E'
file /Boot/BCD <<END
no hive
END
E
password 0
says 'whether they are cannot be told: BCD'

# ---- EC2Launch v1: only where its task is scheduled
server server2019 </dev/null
refused 'its task is disabled, as it is after each run'
task() { # TRIGGERS SCRIPT: the rest of a recipe with that task
	cat <<E
file '/Windows/System32/Tasks/Amazon Ec2 Launch - Instance Initialization' utf16 bom crlf <<END
<?xml version="1.0" encoding="UTF-16"?>
<Task><Triggers>$1</Triggers><Settings><Enabled>true</Enabled></Settings>
<Actions><Exec><Command>cmd</Command><Arguments>/C powershell.exe -File "C:\ProgramData\Amazon\EC2-Windows\Launch\Scripts\\$2</Arguments></Exec></Actions></Task>
END
E
}
server server2016 < <(task '<LogonTrigger/>' 'InitializeInstance.ps1"')
refused 'has no trigger at startup'
server server2016 < <(task '<BootTrigger><Enabled>false</Enabled></BootTrigger>' 'InitializeInstance.ps1"')
refused 'has no trigger at startup'
server server2016 < <(task '<BootTrigger/>' 'Other.ps1"')
refused 'runs something else'
server server2016 < <(task '<BootTrigger/>' 'InitializeInstance.ps1" -KeepSchedule')
expect 0 "$resprep" agent "$image" show
says 'is scheduled for every start (-KeepSchedule)'
server server2016 <<E
$(task '<BootTrigger/>' 'InitializeInstance.ps1"')
replace /ProgramData/Amazon/EC2-Windows/Launch/Config/LaunchConfig.json '"Random"' '"DoNothing"'
E
password 0 --at-next-boot --yes
says 'user data (handleUserData is true)'
says 'LaunchConfig.adminPasswordType: DoNothing -> Random'
undo

# scheduled only if SOFTWARE has the task, too
server server2016 <<E
$(task '<BootTrigger/>' 'InitializeInstance.ps1"')
reg <<END
[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\Amazon Ec2 Launch - Instance Initialization]
"Id"="{00000000-0000-0000-0000-000000000000}"
END
E
refused "whether InitializeInstance.ps1 is scheduled is not certain: the file of its task says so, but SOFTWARE's TaskCache has no such task"
expect 0 "$resprep" agent "$image" show
says 'what it does is not certain'
expect 4 "$resprep" check "$image" --only image-agent
says 'whether EC2Launch v1 is scheduled for the next start is not certain'
# without a LaunchConfig.json that it takes it uses its defaults
config=/ProgramData/Amazon/EC2-Windows/Launch/Config/LaunchConfig.json
for broken in "remove $config" "replace $config '\"adminPassword\":  \"\"' '\"adminPasswordType\": \"DoNothing\",'" "replace $config '\"Random\"' '[\"DoNothing\"]'"; do
	server server2019 <<E
$(task '<BootTrigger/>' 'InitializeInstance.ps1"')
$broken
E
	password 0
	says 'so EC2Launch uses its defaults, a random password among them; InitializeInstance.ps1 is scheduled'
	says 'whether user data does is not certain'
	password 0 --at-next-boot --yes
	says 'it is so already'
	expect 0 "$resprep" agent "$image" show
	says 'uses its defaults instead of LaunchConfig.json, and sets a new random password'
	same "hash" "$(hash_of "$image")" "$first"
done
password 0
says 'adminPasswordType has a value that it does not take'

# ---- EC2Launch v2: .run-once goes
for name in server2022 server2025; do
	server $name </dev/null
	password 0 --at-next-boot --yes
	says 'with it runs again: preReady.activateWindows'
	says 'state/.run-once: removed'
	sound 3
	grep -q 'run-once' "$scratch/files" && fail ".run-once is still there"
	grep -q 'state/previous-state.json' "$scratch/files" || fail "its neighbour is gone"
	expect 0 "$resprep" agent "$image" show
	says 'sets the administrator account'
	password 0 --at-next-boot --yes
	says 'it is so already'
	undo
	sound 3
	grep -q 'state/.run-once' "$scratch/files" || fail ".run-once is not back"
done
# of a list of inputs some run once, some always
server server2022 <<'E'
replace /ProgramData/Amazon/EC2Launch/config/agent-config.yml '  - task: startSsm' '  - { task: executeScript, inputs: [ { frequency: once, type: batch, content: ver }, { frequency: always, type: batch, content: ver } ] }'
E
expect 0 "$resprep" agent "$image" show
says 'runs a script (postReady.executeScript)'
says 'skips what runs once and has run (postReady.executeScript.1)'
password 0 --at-next-boot --yes
says 'with it runs again: postReady.executeScript.1'
grep -q 'runs again: postReady.executeScript.2' "$scratch/out" && fail "what always runs is listed"
server server2022 <<'E'
replace /ProgramData/Amazon/EC2Launch/config/agent-config.yml '  - task: startSsm' '  - { task: executeScript, inputs: [ { frequency: once, type: batch, content: ver }, { frequency: once, type: batch, content: ver } ] }'
E
expect 0 "$resprep" agent "$image" show
says 'skips what runs once and has run (postReady.executeScript)'
grep -q 'runs a script' "$scratch/out" && fail "what has run is listed"
server server2022 <<'E'
replace /ProgramData/Amazon/EC2Launch/config/agent-config.yml 'type: random' 'type: doNothing'
E
refused "it would set none; first run: resprep agent TARGET set preReady.setAdminAccount.password.type=random"
# static: only with a password
for data in '' ', data: null' ', data:' ', data: ""'; do
	server server2022 <<E
replace /ProgramData/Amazon/EC2Launch/config/agent-config.yml '        type: random' '        { type: static$data }'
E
	refused "its password.data holds no password"
done
server server2022 <<'E'
replace /ProgramData/Amazon/EC2Launch/config/agent-config.yml '        type: random' '        { type: static, data: "null" }'
E
password 0 --at-next-boot --yes
says 'the password that stands in agent-config.yml'
server server2022 <<'E'
replace /ProgramData/Amazon/EC2Launch/config/agent-config.yml 'task: setAdminAccount' 'task: setNothing'
E
refused 'no task setAdminAccount'
# the account is the one that the task names
named() { # NAME: the rest of a recipe with such a task
	cat <<E
file /ProgramData/Amazon/EC2Launch/config/agent-config.yml <<END
config:
- stage: preReady
  tasks:
  - task: setAdminAccount
    inputs: { name: $1, password: { type: random } }
END
E
}
server server2022 <<E
$(named svc-deploy)
reg <<END
[HKEY_LOCAL_MACHINE\\SAM\\SAM\\Domains\\Account\\Users\\000001F4]
$disabled
END
E
password 0 --at-next-boot --yes
says 'a new random password for the account svc-deploy'
expect 0 "$resprep" agent "$image" show
says 'sets the password of the account svc-deploy: a random one'
server server2022 <<E
$(named SVC-Deploy)
reg <<END
[HKEY_LOCAL_MACHINE\\SAM\\SAM\\Domains\\Account\\Users\\000003EB]
$disabled
END
E
refused "the account 'SVC-Deploy' (RID 1003), for which setAdminAccount is, is disabled in SAM"
server server2022 < <(named nobody-here)
refused "SAM has no account 'nobody-here'"
# the agent knows names only as they are spelled
server server2022 <<'E'
replace /ProgramData/Amazon/EC2Launch/config/agent-config.yml 'task: setAdminAccount' 'task: setadminaccount'
E
refused 'no task setAdminAccount'
server server2022 <<'E'
remove /ProgramData/Amazon/EC2Launch/state/.run-once
mkdir /ProgramData/Amazon/EC2Launch/state/.run-once
E
password 8 --at-next-boot --yes
same "hash with a folder in its place" "$(hash_of "$image")" "$first"
# in a mounted folder no file is removed
"$mkfixture" --fixtures "$top_srcdir/fixtures" --tree "$scratch/tree" "$top_srcdir/fixtures/bases/server2022-deployed.recipe" \
	>"$scratch/log" 2>&1 || exit 99
expect 8 "$resprep" password "$scratch/tree" --at-next-boot --yes --journal-dir "$journals"
says 'unmount it and name the disk or image'
[ -e "$scratch/tree/ProgramData/Amazon/EC2Launch/state/.run-once" ] || fail "a file was removed from the folder"
fixture agent-installed-several "$image"
password 8 --at-next-boot --yes
says 'more than one launch agent'
fixture agent-installed-elsewhere "$image"
password 8

# whatever edits has files without a name to put changes aside, a dry run too; what only reads has none
server server2022 </dev/null
aside() { # COUNT COMMAND …
	local want=$1
	shift
	strace -qq -f -e trace=openat -o "$scratch/trace" "$resprep" "$@" --journal-dir "$journals" >"$scratch/out" 2>"$scratch/err" </dev/null
	same "files aside of $1" "$(grep -c 'O_TMPFILE.* = [0-9]' "$scratch/trace")" "$want"
}
# (and one for the pages that go to the tool that takes account)
aside 3 password "$image" --at-next-boot --dry-run
aside 2 answer "$image" scrub --dry-run
aside 2 answer "$image" set specialize/Microsoft-Windows-Shell-Setup/CopyProfile=true --dry-run
aside 0 password "$image"
aside 0 answer "$image" lint
finish
