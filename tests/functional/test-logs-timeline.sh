#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The timeline: phases, errors, keys and files in one order; the order of lines in a log wins; what to do.
. "${top_srcdir:?}/tests/functional/functions.sh"
image=$scratch/disk.img
fixture sysprep-copyprofile-failed "$image"
first=$(hash_of "$image")

# in_order TEXT …: each of them on standard output, one after the other
in_order() {
	/usr/bin/python3 - "$scratch/out" "$@" <<-'E' || fail "not in this order: $*"
	import sys
	with open(sys.argv[1], encoding="utf-8") as f:
	    text = f.read()
	at = 0
	for wanted in sys.argv[2:]:
	    found = text.find(wanted, at)
	    if found < 0:
	        sys.exit(f"not there, or too early: {wanted}")
	    at = found + len(wanted)
	E
}

expect 0 "$resprep" logs "$image" --timeline
in_order "build.agent was written; its folder is gone" "---- Sysprep" "---- generalize" "[Sysprep/Panther/setupact.log:8]" \
	"---- agent starts" "---- Windows is Ready" "---- specialize" "CopyProfile succeeded." "---- OOBE" "ImageState was written" \
	"---- specialize" "!! ~09:13:03  [Shell Unattend] _FindLatestProfile failed (0x80070003)" \
	"CopyProfile failed (0x80070003) [gle=0x00000003]" "that is: ERROR_PATH_NOT_FOUND: The system cannot find the path specified." "[UnattendGC/setupact.log:16]" \
	"What stands now, and what to do" "S-1-5-21-2044217735-1160093441-3308416925-1002" \
	"To do: remove the stale profile entries (profile-stale)" "resprep repair $image"
same "how often it failed" "$(grep -c 'CopyProfile failed (0x80070003)' "$scratch/out")" 1
same "hash" "$(hash_of "$image")" "$first"
expect 0 "$resprep" logs "$image" --timeline --json
/usr/bin/python3 - "$scratch/out" <<'E' || fail "the timeline as JSON"
import json, sys
moments = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
phases = [m["phase"] for m in moments if m["kind"] == "moment" and m["phase"]]
assert phases[0] == "Sysprep" and phases[1] == "generalize" and phases[-1] == "specialize", phases
assert {m["source"] for m in moments if m["kind"] == "moment"} == {"log", "registry", "file"}
assert "profile-stale" in {m["check"] for m in moments if m["kind"] == "finding"}
times = [m["utc"] for m in moments if m["kind"] == "moment"]
assert times == sorted(times), times
import json, sys
moments = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
phases = [m["phase"] for m in moments if m["kind"] == "moment" and m["phase"]]
assert phases[0] == "Sysprep" and phases[1] == "generalize" and phases[-1] == "specialize", phases
assert {m["source"] for m in moments if m["kind"] == "moment"} == {"log", "registry", "file"}
assert "profile-stale" in {m["check"] for m in moments if m["kind"] == "finding"}
times = [m["utc"] for m in moments if m["kind"] == "moment"]
assert times == sorted(times), times
E
expect 0 "$resprep" logs "$image" --timeline --since 2014-06-06
in_order "CopyProfile failed"
grep -qE "generalize|2014-06-05" "$scratch/out" && fail "--since lets everything through"
expect 0 "$resprep" logs "$image" --timeline --grep build.agent
in_order "build.agent was written"
grep -q "ImageState" "$scratch/out" && fail "--grep lets everything through"

# ---- a folder: clocks that go back, and very many errors

logs=$scratch/sent
mkdir "$logs"
cat >"$logs/setupact.log" <<'E'
2014-06-05 12:00:00, Error                 SYSPRP one
2014-06-05 03:00:00, Error                 SYSPRP two, in another zone
2014-06-05 03:00:01, Error                 SYSPRP three
[gle=0x80004005]
E
printf '2014-06-05T04:00:00.000Z: Ec2ConfigService starting...\n2014-06-05T13:00:00.000Z: Message: Windows is Ready to use\n' \
	>"$logs/Ec2ConfigLog.txt"
expect 0 "$resprep" logs "$logs" --timeline
in_order "which is not known" "---- agent starts" "one" "two, in another zone" "three" "---- Windows is Ready"
for i in $(seq 3000); do
	echo "2014-06-05 12:00:00, Error                 SYSPRP number $i."
done >"$logs/many-setupact.log"
expect 0 "$resprep" logs "$logs" --timeline many
in_order "number 1." "number 500." "number 2501." "number 2502." "number 3000." "2000 errors more"
grep -qF "number 501." "$scratch/out" && fail "errors are kept without a limit"
# marks are found among many lines that are none
for i in $(seq 300000); do
	echo "2014-06-05 12:00:00, Info                  SYSPRP nothing $i"
	[ "$i" = 150000 ] && echo "2014-06-05 12:00:00, Info       [0x0f0052] SYSPRP Shutting down SysPrep log"
done >"$logs/long-setupact.log"
expect 0 "$resprep" logs "$logs" --timeline long
in_order "Shutting down SysPrep log" "[/long-setupact.log:150001]"
same "lines of the long log" "$(grep -c nothing "$scratch/out")" 0
finish
