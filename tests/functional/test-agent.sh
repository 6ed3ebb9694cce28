#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# resprep agent: every agent's settings shown and set; the diff of each edited file is exactly the lines that are expected; undo; and what bad input gets.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
journals=$scratch/journals
tree=$scratch/tree
config='Program Files/Amazon/Ec2ConfigService/Settings'
launch='ProgramData/Amazon/EC2-Windows/Launch/Config'
yml='ProgramData/Amazon/EC2Launch/config/agent-config.yml'

base() { # NAME: image and tree of a server
	local recipe=$top_srcdir/fixtures/bases/$1-deployed.recipe
	rm -rf "$tree" "$scratch/old" "$journals"
	"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$image" "$recipe" >"$scratch/log" 2>&1 || exit 99
	"$mkfixture" --fixtures "$top_srcdir/fixtures" --tree "$tree" "$recipe" >"$scratch/log" 2>&1 || exit 99
	first=$(hash_of "$image")
}

agent() { # CODE VERB …: on the image
	local want=$1
	shift
	expect "$want" "$resprep" agent "$image" "$@" --journal-dir "$journals"
}

gives() { # VALUE KEY
	agent 0 show "$2"
	same "$2" "$(cat "$scratch/out")" "$1"
}

# changes FILE KEY=VALUE … <<lines of diff: of the tree, and undone
changes() {
	local file=$tree/$1 journal
	shift
	cp "$file" "$scratch/old"
	cat >"$scratch/wanted"
	expect 0 "$resprep" agent "$tree" set "$@" --yes --journal-dir "$journals"
	diff -a "$scratch/old" "$file" | grep -a '^[<>]' | tr -d '\r\000' >"$scratch/diff"
	diff "$scratch/wanted" "$scratch/diff" || fail "the diff of $* (< expected, > found)"
	case $file in
	*.xml) xmllint --noout "$file" || fail "xmllint of $file" ;;
	*.json) /usr/bin/python3 -m json.tool "$file" >/dev/null || fail "json.tool of $file" ;;
	*) /usr/bin/python3 -c 'import sys, yaml; yaml.safe_load(open(sys.argv[1], encoding="utf-8"))' "$file" || fail "PyYAML of $file" ;;
	esac
	journal=$(find "$journals" -name '*.applied')
	expect 0 "$resprep" undo "$journal" "$tree" --yes --journal-dir "$journals"
	cmp "$scratch/old" "$file" || fail "undo of $*"
	rm -rf "$journals"
}

# ---- EC2Config
for server in server2008r2 server2012r2; do
	base $server
	changes "$config/Config.xml" ec2setpassword=enabled REMOVECREDENTIALSFROMSYSPREPONSTARTUP=False <<'E'
<       <State>Disabled</State>
>       <State>Enabled</State>
<     <RemoveCredentialsfromSysprepOnStartup>true</RemoveCredentialsfromSysprepOnStartup>
>     <RemoveCredentialsfromSysprepOnStartup>false</RemoveCredentialsfromSysprepOnStartup>
E
	changes "$config/BundleConfig.xml" AutoSysprep=yes SetPasswordAfterSysprep=no 'Switches=/quit /oobe /generalize' \
		'PreSysprepRunCmd=C:\a & b\<x>.cmd' <<'E'
<     <Value>No</Value>
>     <Value>Yes</Value>
<     <Value>Yes</Value>
>     <Value>No</Value>
<       <PreSysprepRunCmd>C:\Program Files\Amazon\Ec2ConfigService\Scripts\BeforeSysprep.cmd</PreSysprepRunCmd>
>       <PreSysprepRunCmd>C:\a &amp; b\&lt;x&gt;.cmd</PreSysprepRunCmd>
<       <Switches>/oobe /shutdown /generalize</Switches>
>       <Switches>/quit /oobe /generalize</Switches>
E
	changes "$config/ActivationSettings.xml" DoActivate=false TargetKMSServer=10.0.0.9 <<'E'
<   <TargetKMSServer></TargetKMSServer>
>   <TargetKMSServer>10.0.0.9</TargetKMSServer>
<   <DoActivate>true</DoActivate>
>   <DoActivate>false</DoActivate>
E
	changes "$config/DriveLetterConfig.xml" DriveLetterConfig.1.DriveLetter=q DriveLetterConfig.2.VolumeName=Größe <<'E'
<     <DriveLetter>Z:</DriveLetter>
>     <DriveLetter>Q:</DriveLetter>
<     <VolumeName>Données</VolumeName>
>     <VolumeName>Größe</VolumeName>
E
	changes "$config/EventLogConfig.xml" NumEntries=5 ErrorType=warning <<'E'
<     <ErrorType>Error</ErrorType>
<     <NumEntries>3</NumEntries>
>     <ErrorType>Warning</ErrorType>
>     <NumEntries>5</NumEntries>
E
	changes "$config/WallpaperSettings.xml" WallpaperSettings.3.identifier=instance-type <<'E'
<     <identifier>placement/availability-zone</identifier>
>     <identifier>instance-type</identifier>
E
	changes "$config/InitializeDrivesSettings.xml" SettingsGroup=disableinitializedrives <<'E'
<   <SettingsGroup>FormatWithoutTRIM</SettingsGroup>
>   <SettingsGroup>DisableInitializeDrives</SettingsGroup>
E
done
agent 0 show
says "leaves Administrator's password as it is (Config.Ec2SetPassword)"
agent 8 set Ec2SetPassword=Enabled
says 'nobody to ask'
agent 0 set Ec2SetPassword=Enabled --dry-run
same "hash after a dry run" "$(hash_of "$image")" "$first"
agent 0 set Ec2SetPassword=Enabled SetRDPCertificate=Yes --yes --json
says 'Config.Ec2SetPassword: Disabled -> Enabled'
[ "$(member journal)" != null ] || fail "no journal"
gives Enabled Ec2SetPassword
gives Yes bundleconfig.setrdpcertificate
agent 0 set Ec2SetPassword=Enabled --yes
says 'it is so already'
agent 0 show
says 'sets a new random password for Administrator'
agent 0 show --json
same "name" "$(member agents.0.settings.0.name)" Config.Ec2SetPassword
same "agent" "$(member agents.0.agent)" ec2config
agent 0 show Ec2SetPassword AutoSysprep --json
same "second value" "$(member agent_settings.1.value)" No
expect 0 "$resprep" undo "$(find "$journals" -name '*.applied')" "$image" --yes --journal-dir "$journals"
same "hash after undo" "$(hash_of "$image")" "$first"

# what is not known: exit 16, with the list
agent 16 set NoSuchKey=1 --yes
says 'ec2config:Config.Ec2SetPassword'
agent 16 set Ec2SetPassword=maybe --yes
says 'takes Enabled|Disabled'
agent 16 set NumEntries=many --yes
says 'a number'
agent 16 set DriveLetter=M: --yes
says 'could be any of'
agent 16 set DriveLetterConfig.1.DriveLetter=MM --yes
agent 16 set Ec2SetPassword --yes
agent 16 set =x --yes
agent 16 set --yes
agent 16 frobnicate
agent 16 set Ec2SetPassword=Enabled --read-only-proof --yes
agent 8 set LastMessageTime=x --yes
says 'kept by the agent'
agent 8 set Ec2FeatureLogging=Enabled --yes
says 'only settings that are there are changed'
same "hash after refusals" "$(hash_of "$image")" "$first"

# ---- EC2Launch v1
for server in server2016 server2019; do
	base $server
	changes "$launch/LaunchConfig.json" adminpasswordtype=specify 'adminPassword=p"ß\' handleUserData=FALSE <<'E'
<   "handleUserData": true,
<   "adminPasswordType": "Random",
<   "adminPassword":  ""
>   "handleUserData": false,
>   "adminPasswordType": "Specify",
>   "adminPassword":  "p\"ß\\"
E
	changes "$launch/DriveLetterMappingConfig.json" driveLetter=h: volumeName=Data <<'E'
<       "volumeName": "Sample Volume",
<       "driveLetter": "D"
>       "volumeName": "Data",
>       "driveLetter": "H"
E
	changes "$launch/EventLogConfig.json" level=Information numEntries=10 <<'E'
<       "level": "Error",
<       "numEntries": 3
>       "level": "Information",
>       "numEntries": 10
E
done
agent 0 show
says 'InitializeInstance.ps1 is not scheduled'
agent 0 set adminPassword=hidden1 --dry-run
says 'adminPassword: (empty) -> ********'
grep -q hidden1 "$scratch/out" && fail "a password is shown"
# the form that AWS' own repair leaves: UTF-16 with its mark, names in another case
for form in UTF-16LE UTF-16BE; do
	{
		if [ $form = UTF-16LE ]; then printf '\xff\xfe'; else printf '\xfe\xff'; fi
		printf '{\r\n\t"SetComputerName": false,\r\n\t"SetWallpaper": true, "AddDnsSuffixList": true,\r\n\t"ExtendBootVolumeSize": true,\r\n\t"AdminPasswordType" : "DoNothing" }\r\n' |
			iconv -f UTF-8 -t $form
	} >"$tree/$launch/LaunchConfig.json"
	cp "$tree/$launch/LaunchConfig.json" "$scratch/old"
	expect 0 "$resprep" agent "$tree" set adminPasswordType=random --yes --journal-dir "$journals"
	iconv -f UTF-16 -t UTF-8 "$scratch/old" | sed 's/DoNothing/Random/' >"$scratch/wanted"
	iconv -f UTF-16 -t UTF-8 "$tree/$launch/LaunchConfig.json" | cmp - "$scratch/wanted" || fail "$form is not what it was"
	rm -rf "$journals"
done

# ---- EC2Launch v2, as YAML and in its JSON form
for server in server2022 server2025; do
	base $server
	changes "$yml" setAdminAccount.password.type=static setWallpaper.attributes.2=MEMORY suffixes.1=example.com <<'E'
<       - $REGION.ec2-utilities.amazonaws.com
>       - example.com
<         type: random
>         type: static
<       - instanceId
>       - memory
E
done
agent 0 show
says 'skips what runs once and has run (preReady.setAdminAccount)'
says 'previous-state.stages.boot'
agent 8 set previous-state.stages.boot=x --yes
agent 16 set password.type=Random2 --yes
/usr/bin/python3 - "$tree/$yml" <<'E'
import json, sys, yaml
config = yaml.safe_load(open(sys.argv[1], encoding='utf-8'))
for stage in config['config']:
    for task in stage['tasks']:
        if task['task'] == 'setAdminAccount':
            task['inputs']['password']['data'] = None
open(sys.argv[1], 'w', encoding='utf-8-sig', newline='').write(json.dumps(config, indent=4).replace('\n', '\r\n'))
E
changes "$yml" password.type=doNothing <<'E'
<                             "type": "random",
>                             "type": "doNothing",
E
# JSON stays JSON, where YAML could do without quotes too
changes "$yml" password.data=geheim <<'E'
<                             "data": null
>                             "data": "geheim"
E
/usr/bin/python3 -c 'import json, sys; json.load(open(sys.argv[1], encoding="utf-8-sig"))' "$tree/$yml" || fail "$yml is no JSON any more"

# passwords in scripts, under keys that the documents do not name, and where none belongs; YAML's null is none
base server2022
cat >"$tree/$yml" <<'Y'
version: 1.0
config:
- stage: preReady
  tasks:
  - task: setAdminAccount
    inputs:
      password: m1splaced
      adminPassword: m2splaced
  - task: setAdminAccount
    inputs:
      password:
        type: m3splaced
        data: null
- stage: postReady
  tasks:
  - task: executeScript
    inputs:
    - frequency: always
      type: powershell
      content: |-
        net user Administrator s3cret1
        $p = ConvertTo-SecureString 's3cret2' -AsPlainText -Force
        Write-Host started
  - task: executeProgram
    inputs:
    - frequency: always
      path: C:\tools\setup.exe
      arguments: [--password, s3cret3, no password, --verbose]
    - frequency: always
      path: C:\Windows\System32\net.exe
      arguments: [user, bob, "s3cret 4", /add]
Y
expect 0 "$resprep" agent "$tree" show
cp "$scratch/out" "$scratch/shown"
expect 0 "$resprep" agent "$tree" show --json
cat "$scratch/out" >>"$scratch/shown"
grep -E 's3cret|m[123]splaced' "$scratch/shown" && fail "a password is shown"
grep -q 'Write-Host started' "$scratch/shown" || fail "the script is not shown"
for word in 'no password' --verbose bob /add; do
	grep -qF -- "$word" "$scratch/shown" || fail "$word is hidden"
done
grep -q 'password.data *null' "$scratch/shown" || fail "null is hidden as if it were a password"
expect 0 "$resprep" agent "$tree" show --with-secrets
says s3cret1
says m1splaced
expect 4 "$resprep" check "$tree" --only agent-settings
grep -E 's3cret|m[123]splaced' "$scratch/out" && fail "check shows a password"
expect 4 "$resprep" check "$tree" --only image-secrets
tr '\n' ' ' <"$scratch/out" | tr -s ' ' | grep -q 'executeScript.content of EC2Launch v2 has a password in clear text in it' ||
	fail "image-secrets does not see the script"
for name in 1.arguments.2 2.arguments.3; do
	tr '\n' ' ' <"$scratch/out" | tr -s ' ' | grep -q "executeProgram.$name of EC2Launch v2 has a password in clear text" ||
		fail "image-secrets does not see argument $name"
done
grep -E 's3cret|m[123]splaced' "$scratch/out" && fail "image-secrets shows a password"

# ---- bad input: file, line, column; nothing changed
base server2022
bad_file() { # SAYS FILE KEY=VALUE, the content on standard input
	local words=$1 file=$tree/$2
	shift 2
	cat >"$file"
	cp "$file" "$scratch/old"
	expect 8 "$resprep" agent "$tree" set "$@" --yes --journal-dir "$journals"
	says "${file##*/}"
	cmp "$scratch/old" "$file" || fail "$words: the file was changed"
	cp "$scratch/err" "$scratch/refusal"
	expect 0 "$resprep" agent "$tree" show
	says "$words"
	grep -o 'line [0-9]*[^:]*: line' "$scratch/out" && fail "$words: a place is said twice"
	expect 4 "$resprep" check "$tree" --only agent-settings
	tr '\n' ' ' <"$scratch/out" | tr -s ' ' | grep -qF -- "$words" || fail "check does not say: $words"
}
refuses() { # what 'agent set' said of the last bad_file
	grep -qF -- "$1" "$scratch/refusal" || fail "'agent set' does not say: $1, but $(cat "$scratch/refusal")"
}
bad_file 'line 4, column' "$yml" password.type=random <<<$'version: 1.0\nconfig:\n- stage: boot\n  - x: [\n'
refuses 'agent-config.yml, line 4, column 3: '
expect 0 "$resprep" agent "$tree" show
says 'what it does cannot be told: '
expect 8 "$resprep" password "$tree" --at-next-boot --yes --journal-dir "$journals"
says 'cannot be told'
says 'agent-config.yml, line 4, column 3: '
bad_file "the key 'stage' is there twice" "$yml" password.type=random <<<$'config:\n- stage: boot\n  stage: preReady\n  tasks: []\n'
bad_file "has no list 'config'" "$yml" password.type=random <<<'version: 1.0'
base server2019
bad_file 'line 2, column 22' "$launch/LaunchConfig.json" handleUserData=true <<<$'{\n  "setComputerName": nope\n}'
refuses 'LaunchConfig.json, line 2, column 22: '
expect 8 "$resprep" agent "$tree" show LaunchConfig.handleUserData
says 'LaunchConfig.json, line 2, column 22: '
bad_file 'adminPasswordType is missing' "$launch/LaunchConfig.json" handleUserData=true \
	<<<'{"setComputerName":false,"setWallpaper":true,"addDnsSuffixList":true,"extendBootVolumeSize":true}'
bad_file 'setWallpaper has a value that it does not take' "$launch/LaunchConfig.json" adminPassword=x \
	<<<'{"setComputerName":false,"setWallpaper":"true","addDnsSuffixList":true,"extendBootVolumeSize":true,"adminPasswordType":"Random"}'
head -c 2000000 /dev/zero | tr '\0' ' ' | bad_file 'bytes' "$launch/LaunchConfig.json" handleUserData=true
rm "$tree/$launch/LaunchConfig.json"
mkdir "$tree/$launch/LaunchConfig.json"
expect 8 "$resprep" agent "$tree" set adminPasswordType=Random --yes --journal-dir "$journals"
says 'is a folder'
expect 0 "$resprep" agent "$tree" show
says 'LaunchConfig.json'
base server2012r2
bad_file 'line 3, column' "$config/Config.xml" Ec2SetPassword=Enabled <<<$'<?xml version="1.0"?>\n<a>\n<b></a>'
refuses 'Config.xml, line 3, column'
bad_file 'line 2, column 1: the file has a DOCTYPE' "$config/Config.xml" Ec2SetPassword=Enabled <<'E'
<?xml version="1.0"?>
<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z SYSTEM "file:///etc/passwd">]>
<Ec2ConfigurationSettings><Plugins><Plugin><Name>Ec2SetPassword</Name><State>&x;&z;</State></Plugin></Plugins></Ec2ConfigurationSettings>
E
{
	echo '<!DOCTYPE a [<!ENTITY a0 "aaaaaaaaaa">'
	for i in 1 2 3 4 5 6 7 8 9; do
		printf '<!ENTITY a%d "' "$i"
		for _ in 1 2 3 4 5 6 7 8 9 10; do printf '&a%d;' $((i - 1)); done
		echo '">'
	done
	echo ']><Ec2ConfigurationSettings>&a9;</Ec2ConfigurationSettings>'
} | bad_file 'line 1, column 1: the file has a DOCTYPE' "$config/Config.xml" Ec2SetPassword=Enabled
printf '<?xml version="1.0" encoding="utf-8"?>\n<Ec2ConfigurationSettings>\xe4</Ec2ConfigurationSettings>' |
	bad_file 'line 2' "$config/Config.xml" Ec2SetPassword=Enabled
bad_file 'is there twice' "$config/Config.xml" Ec2SetPassword=Disabled <<'E'
<Ec2ConfigurationSettings><Plugins><Plugin><Name>Ec2SetPassword</Name><State>Enabled</State></Plugin>
<Plugin><Name>ec2setpassword</Name><State>Enabled</State></Plugin></Plugins></Ec2ConfigurationSettings>
E
refuses 'Config.xml, line 2, column 36: '
expect 0 "$resprep" agent "$tree" show
says 'Config.Ec2SetPassword is there twice'
expect 8 "$resprep" password "$tree" --at-next-boot --yes --journal-dir "$journals"
says 'Ec2SetPassword is there twice; which of the two EC2Config takes is not known'
cmp "$scratch/old" "$tree/$config/Config.xml" || fail "a Config.xml with a plug-in twice was changed"
expect 4 "$resprep" check "$tree" --group image
says 'Config.Ec2SetPassword of EC2Config is there twice'
bad_file 'BundleConfig.xml has no property AutoSysprep' "$config/BundleConfig.xml" AutoSysprep=Yes <<'E'
<BundleConfig><Plugins><Plugin><Name>Ec2SetPassword</Name><State>Enabled</State></Plugin></Plugins></BundleConfig>
E
fixture no-windows "$scratch/none.img"
expect 8 "$resprep" agent "$scratch/none.img" show
fixture agent-installed-elsewhere "$scratch/none.img"
expect 8 "$resprep" agent "$scratch/none.img" show
says 'has no launch agent (EC2Config'
# a file that somebody has marked read-only stays
{
	echo 'base server2012r2-deployed'
	echo "attrib '/$config/Config.xml' +r"
} >"$scratch/read-only.recipe"
"$mkfixture" --fixtures "$top_srcdir/fixtures" -o "$image" "$scratch/read-only.recipe" >"$scratch/log" 2>&1 || exit 99
first=$(hash_of "$image")
agent 8 set Ec2SetPassword=Enabled AutoSysprep=Yes --yes
says 'is marked read-only; nothing is changed'
same "hash of the read-only" "$(hash_of "$image")" "$first"
finish
