#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Event logs: the events are those that libevtx's evtxexport reads; damage costs what it hits, and nothing else.
. "${top_srcdir:?}/tests/functional/functions.sh"
logs=$scratch/sent
mkdir "$logs"
mkevtx() { /usr/bin/python3 "$top_srcdir/tests/support/mkevtx.py" "$@" || fail "mkevtx.py $*"; }

mkevtx "$top_srcdir/fixtures/logs/events.txt" "$logs/System.evtx"
expect 0 "$resprep" logs "$logs"
says "record 2: 2014-06-06 09:13:01.500Z Error: Microsoft-Windows-User Profiles Service 1511: Reason=Fehler beim Öffnen; Sid=S-1-5-21-1-2-3-1002"
says "record 6: 2014-06-06 09:13:05.000Z Fatal Error: Service Control Manager 7001: param1=Dnscache; param2=a, b; Code=0x5; Id={00112233-4455-6677-8899-aabbccddeeff}"
expect 0 "$resprep" logs "$logs" --show
says "Warning: EC2ConfigService 0: plain text without a name; password=********"
says "Microsoft-Windows-Setup 2: PackageIdentifier=KB1; Ok=true"
expect 0 "$resprep" logs "$logs" --timeline
says "Windows starts (Microsoft-Windows-Kernel-General 12: MajorVersion=6"
says "a temporary profile is used, because the user's own was not found (Microsoft-Windows-User Profiles Service 1511: Reason=Fehler beim Öffnen"
says "Service Control Manager 7000: param1=TermService"
grep -q "Setup 2" "$scratch/out" && fail "an event that is neither an error nor a mark"

# ---- many events in several chunks, which lie in the file in another order than they were written

/usr/bin/python3 - >"$scratch/many.txt" <<'E'
import random
random.seed(7)
providers = ["Service Control Manager", "Microsoft-Windows-User Profiles Service", "Application Error"]
for i in range(900):
    data = [f"param{k}=Wert {random.randrange(1000)} ä€" for k in range(random.randrange(5))]
    data += [f"Code=hex:{random.randrange(1 << 32):x}"] if i % 3 == 0 else []
    data += [f"N=u32:{random.randrange(1 << 32)}", "S=sid:S-1-5-18"] if i % 5 == 0 else []
    print(f"2014-06-06T09:{i // 60:02}:{i % 60:02}.{i:03}Z", providers[i % 3], 1000 + i % 50, i % 6, "System", *data, sep="\t")
E
mkevtx "$scratch/many.txt" "$logs/many.evtx" --chunk 100 --start 5000 --rotate 4
expect 0 "$resprep" logs "$logs" --show many --json
cp "$scratch/out" "$scratch/ours"
evtxexport "$logs/many.evtx" >"$scratch/theirs" 2>&1 || fail "evtxexport does not read it"
/usr/bin/python3 - "$scratch/ours" "$scratch/theirs" <<'E' || fail "not what evtxexport reads"
import json, re, sys
ours = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
theirs = []
for block in open(sys.argv[2], encoding="utf-8").read().split("\n\n"):
    number = re.search(r"^Event number\s+: (\d+)$", block, re.M)
    if number:
        get = lambda what: re.search(rf"^{what}\s+: (.*)$", block, re.M)[1]
        theirs.append((int(number[1]), get("Source name"), get("Event identifier").split()[1].strip("()"),
                       get("Written time"), get("Event level"), re.findall(r"^String: \d+\s+: (.*)$", block, re.M)))
assert len(ours) == len(theirs) == 900, (len(ours), len(theirs))
assert [r["line"] for r in ours] == list(range(5000, 5900))
levels = {"Error": "Error", "Critical": "Fatal Error", "Warning": "Warning"}
theirs.sort()
for a, b in zip(ours, theirs):
    assert (a["line"], a["component"], a["id"]) == b[:3], (a, b)
    month, day, year, clock = re.match(r"(\w+) (\d+), (\d+) ([\d:.]+) UTC", b[3]).groups()
    assert month == "Jun" and a["time"] == f"{year}-06-{day} {clock[:12]}", (a["time"], b[3])
    assert a["level"] == levels.get(b[4].split(" ")[0], "Info"), (a, b)
    # evtxexport writes numbers in hexadecimal with eight digits
    strings = [re.sub(r"^0x0*(?=[0-9a-f])", "0x", v.partition("=")[2]) for v in a["message"].split("; ") if v]
    assert strings == [re.sub(r"^0x0*(?=[0-9a-f])", "0x", s) for s in b[5]], (strings, b[5])
E

# ---- in their place on a Windows

fixture_tree sysprep-copyprofile-failed "$scratch/tree"
mkdir -p "$scratch/tree/Windows/System32/winevt/Logs"
cp "$logs/System.evtx" "$scratch/tree/Windows/System32/winevt/Logs/Microsoft-Windows-User Profile Service%4Operational.evtx"
cp "$logs/System.evtx" "$scratch/tree/Windows/System32/winevt/Logs/Security.evtx"
expect 0 "$resprep" logs "$scratch/tree" --errors --group events
says "User Profile Service%4Operational.evtx"
grep -q Security "$scratch/out" && fail "a log that nobody asked for"

# ---- damage: only what it hits is lost, and it is told

cp "$logs/many.evtx" "$logs/damaged.evtx"
printf 'XXXXXXXX' | dd of="$logs/damaged.evtx" bs=1 seek=$((4096 + 65536)) conv=notrunc status=none # the head of a chunk
printf '\377\377\377\377' | dd of="$logs/damaged.evtx" bs=1 seek=$((4096 + 2 * 65536 + 512 + 4)) conv=notrunc status=none
expect 0 "$resprep" logs "$logs" --show damaged
same "events of the chunks that are whole" "$(grep -c record "$scratch/out")" 700
says "are damaged"
head -c 100 "$logs/many.evtx" >"$logs/short.evtx"
head -c 200000 "$logs/many.evtx" >"$logs/cut.evtx"
head -c 300000 /dev/urandom >"$logs/random.evtx"
: >"$logs/empty.evtx"
expect 8 "$resprep" logs "$logs" --errors
says "random.evtx' it does not begin as an event log does"
mkdir "$scratch/mutants"
/usr/bin/python3 - "$logs/System.evtx" "$scratch/mutants" <<'E'
import random, sys
random.seed(3)
with open(sys.argv[1], "rb") as f:
    whole = f.read()
for i in range(300):
    b = bytearray(whole)
    for _ in range(random.choice((1, 3, 10, 40))):
        b[random.randrange(4096, 4096 + random.choice((512, 6000)))] = random.randrange(256)
    # mostly zeros behind the events
    open(f"{sys.argv[2]}/{i}.evtx", "wb").write(b[:4096 + 8192])
E
expect 0 timeout 60 "$resprep" logs "$scratch/mutants" --show
says "are damaged"
truncate -s 5G "$logs/System.evtx"
expect 0 timeout 60 "$resprep" logs "$logs" --show System
finish
