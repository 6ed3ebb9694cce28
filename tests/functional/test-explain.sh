#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# resprep explain: every spelling of a code, files of every encoding, and what is neither.
. "${top_srcdir:?}/tests/functional/functions.sh"

# explains WANTED ARGUMENT …: exit 0, and the output has WANTED
explains() {
	local want=$1
	shift
	expect 0 "$resprep" explain "$@"
	says "$want"
}

# a code in all its spellings
for word in 0x80070003 0X80070003 -2147024893 2147942403 '[gle=0x80070003]' '(0x80070003)' 'hr = 0x80070003' \
	'hr: 0x80070003.' 'dwRet = -2147024893'; do
	explains '0x80070003, decimal -2147024893: HRESULT, failure, facility WIN32 (0x7), code 0x3' "$word"
	says 'Win32 0x3 (3): ERROR_PATH_NOT_FOUND'
	says 'The system cannot find the path specified.'
	says '[MS-ERREF]; winerror.h'
done
explains SL_REMAPPING_SP_PUB_TS_MAX_REARM_REACHED -1073425657
explains SL_REMAPPING_SP_PUB_TS_MAX_REARM_REACHED -- -1073425657
explains RPC_E_SERVERFAULT 0x-2147417851
explains 'HRESULT with an NTSTATUS inside, failure' 0xD0000034
says 'NTSTATUS 0xc0000034: STATUS_OBJECT_NAME_NOT_FOUND'
explains 'of which this may be the low half' 'dwRet = 0x975'
says 'HRESULT 0x800f0975'
explains 'settings of answer files (SMI, WCM)' 0x80220001
explains 'servicing of components (CBS, DISM)' 0x800F0922
explains 'SetupAPI: devices and drivers' 0x800F0203
explains 'SetupAPI error, failure' 0xE0000203
explains 'Windows Update' 0x80240022
explains 'BitLocker' 0x80310039
explains '(uncertain; ' 0x8030000C
explains 'not in the table' 0x87654321

# a pair, and words as a shell hands them over
for words in '0xC1900101 - 0x4001C' '0xC1900101-0x4001C'; do
	explains MOSETUP_E_SETUP_PLATFORM "$words"
	says 'phase SECOND_BOOT, operation BEGIN_OOBE_BOOT'
done
explains 'phase SECOND_BOOT, operation BEGIN_OOBE_BOOT' 0xC1900101 - 0x4001C
explains "Setup's extend code 0x60000: not in the table" 0x80070070 - 0x60000
explains 'phase FIRST_BOOT, operation SYSPREP' 0x30018
explains ERROR_GEN_FAILURE dwRet = 31
explains ERROR_GEN_FAILURE dwRet= 1f
explains ERROR_INSTALL_INVALID_PACKAGE 'SYSPRP Failed to remove apps for the current user: 0x80073cf2.'

# words of message boxes and logs, and the names of known failures
explains 'restart-loop: known failure, specialize (confirmed)' \
	'The computer restarted unexpectedly or encountered an unexpected error. Windows installation cannot proceed.'
explains 'fatal-generic: ' 'a FATAL error occurred while trying to sysprep the machine.'
explains 'hardware: ' "Windows could not configure Windows to run on this computer's hardware."
explains 'tx-aborted: known failure, generalize, cleanup (uncertain)' tx-aborted
explains 'package: Contoso.Reader_2.4.0.0_x64__8wekyb3d8bbwe' \
	'Package Contoso.Reader_2.4.0.0_x64__8wekyb3d8bbwe was installed for a user, but not provisioned for all users.'
says '(check sysprep-log-failure)'
explains 'computername: ' "ComputerName 'x' is invalid (0x8007007b)"
says ERROR_INVALID_NAME
expect 0 "$resprep" explain --json appx-user 'Package X_1 was installed for a user, but not provisioned for all users'
same "the entry" "$(member explained.0.known.0.id)" appx-user
same "the package" "$(member explained.1.known.0.names.package)" X_1
expect 16 "$resprep" explain appx-nobody

# bare digits: both readings
explains "'31' as hexadecimal: 0x31, decimal 49: number" 31
says "'31' as decimal: 0x1f, decimal 31: number"
says ERROR_GEN_FAILURE
expect 0 "$resprep" explain 80070003 --json
same "readings" "$(member explained.0.codes.0.hex),$(member explained.0.codes.1.hex)" 0x80070003,0x04c5c573
expect 0 "$resprep" explain c0000225
grep -q ' as ' "$scratch/out" && fail "c0000225 can be read in one way only"

# JSON, of codes and of a file
expect 0 "$resprep" explain --json 0x80070003 0xC1900101 - 0x20017
same command "$(member command)" explain
same name "$(member explained.0.codes.0.meanings.0.name)" ERROR_PATH_NOT_FOUND
same relation "$(member explained.0.codes.0.meanings.0.relation)" inside
same facility "$(member explained.0.codes.0.facility_name)" WIN32
same phase "$(member explained.1.codes.0.extend.phase)" SAFE_OS

# a file, in every encoding
log=$scratch/setupact.log
printf '%s\r\n' "2014-06-05 10:40:54, Info       [0x0f004d] SYSPRP The time is now 2014-06-05 10:40:54" \
	"2014-06-05 10:40:55, Error                        [Shell Unattend] CopyProfile failed (0x80070003) [gle=0x00000003]" \
	"2014-06-05 10:40:55, Error      [0x0f0082] SYSPRP LaunchDll:Failure occurred, returned error code -1073425657" \
	"2014-06-05 10:40:56, Error                        [Shell Unattend] CopyProfile failed (0x80070003) é" >"$log"
cp "$log" "$scratch/plain.log"
{ printf '\xef\xbb\xbf'; cat "$log"; } >"$scratch/bom.log"
{ printf '\xff\xfe'; iconv -f UTF-8 -t UTF-16LE "$log"; } >"$scratch/le.log"
{ printf '\xfe\xff'; iconv -f UTF-8 -t UTF-16BE "$log"; } >"$scratch/be.log"
iconv -f UTF-8 -t CP1252 "$log" >"$scratch/1252.log"
{ cat "$log"; head -c 100000 /dev/zero; printf 'hr = 0x80070003'; } >"$scratch/hole.log"
for form in plain bom le be 1252 hole; do
	expect 0 "$resprep" explain "$scratch/$form.log"
	says ': 3 error codes in '
	says '0x80070003 ERROR_PATH_NOT_FOUND: '
	grep -qE '^0x3 ERROR_PATH_NOT_FOUND: 1 time, line 2$' "$scratch/out" || fail "$form: gle"
	grep -qE '^0xc004d307 SL_REMAPPING_SP_PUB_TS_MAX_REARM_REACHED: 1 time, line 3$' "$scratch/out" ||
		fail "$form: rearm"
done
expect 0 "$resprep" explain "$scratch/plain.log" --json
same "lines" "$(member explained.0.codes.0.lines.1)" 4
same "count" "$(member explained.0.codes.0.count)" 2
same "lines read" "$(member explained.0.lines_read)" 4

# Setup's pairs, however they are joined
printf '%s\n' 'result = 0xC1900101, extend code = 0x20017' 'Result 0xC1900101, 0x30018' >"$scratch/setup.log"
expect 0 "$resprep" explain "$scratch/setup.log"
says 'phase SAFE_OS, operation BOOT'
says '0xc1900101 - 0x30018'
says 'phase FIRST_BOOT, operation SYSPREP'
grep -q 'not in the table' "$scratch/out" && fail "an extend code is in the table"

# standard input, a pipe by name, several at once
"$resprep" explain - <"$log" >"$scratch/out" || fail "standard input"
says 'standard input: 3 error codes in 4 lines'
# shellcheck disable=SC2002 # it is to be a pipe
cat "$scratch/le.log" | "$resprep" explain - >"$scratch/out" || fail "a pipe"
says 'standard input: 3 error codes in 4 lines'
"$resprep" explain <(cat "$log") >"$scratch/out" || fail "a pipe by name"
says ': 3 error codes in 4 lines'
"$resprep" explain 0x5 - 0x6 <"$log" >"$scratch/out" || fail "standard input between codes"
says 'standard input: 3 error codes in 4 lines'
says ERROR_INVALID_HANDLE
expect 0 "$resprep" explain --json 0x80070070 - 0x60000
same "an extend code that nobody knows" "$(member explained.0.codes.0.extend.phase)" null
explains ': 3 error codes in 4 lines' "$log" 0x5 "$scratch/bom.log"
says ERROR_ACCESS_DENIED

# what is both is a code; ./ makes it a file
(cd "$scratch" && echo 'hr = 0x80070005' >"./31" && "$resprep" explain ./31 >"$scratch/out") || fail "./31"
says ERROR_ACCESS_DENIED
(cd "$scratch" && "$resprep" explain 31 >"$scratch/out") || fail "31"
says ERROR_GEN_FAILURE

# nothing in it
: >"$scratch/empty"
explains ': 0 error codes in 0 lines' "$scratch/empty"
head -c 3000000 /dev/urandom >"$scratch/noise"
explains ' error code' "$scratch/noise"

# a name that would act on a terminal
cp "$log" "$scratch/$(printf 'x\033[31m')"
expect 0 "$resprep" explain "$scratch/$(printf 'x\033[31m')"
grep -q $'\033' "$scratch/out" && fail "the name of a file reaches the terminal raw"

# more codes than the list holds: they are counted
for n in $(seq 2 1500); do echo "error code $n"; done >"$scratch/many"
explains '475 more occurrences of further codes are not shown' "$scratch/many"
same "codes shown" "$(grep -cE '^0x[0-9a-f]+ .*: 1 time, line' "$scratch/out")" 1024

# neither: 16, one sentence, nothing on standard output, whatever stands beside it
mkdir "$scratch/folder"
for word in nothing-there "$scratch/nothing-there" "$scratch/folder" /dev/null 0x 0x123456789 0xg -2147483649 '' '5 6'; do
	expect 16 "$resprep" explain 0x5 "$word"
	[ -s "$scratch/out" ] && fail "standard output for: $word"
	same "lines of error for '$word'" "$(wc -l <"$scratch/err")" 1
done
expect 16 "$resprep" explain
expect 16 "$resprep" explain -x
expect 16 "$resprep" explain 0x5 nothing-there --json
same exit_code "$(member exit_code)" 16
# other commands take no number for an argument
expect 16 "$resprep" check -5
if [ "$(id -u)" != 0 ]; then
	cp "$log" "$scratch/closed"
	chmod 000 "$scratch/closed"
	expect 16 "$resprep" explain "$scratch/closed"
fi

# terabytes of holes take no time, and no memory
truncate -s 5T "$scratch/sparse.log" 2>/dev/null && {
	printf '\nhr = 0x80070005\n' | dd of="$scratch/sparse.log" bs=1 seek=4T conv=notrunc status=none
	expect 0 timeout 20 "$resprep" explain "$scratch/sparse.log"
	says ERROR_ACCESS_DENIED
}
finish
