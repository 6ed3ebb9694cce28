#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# "May I make an image of this volume?": --group image asks all that bear on it, answers in one line, and is silent otherwise.
. "${top_srcdir:?}/tests/functional/functions.sh"

# sealed by Sysprep through the agent
fixture healthy-sealed "$scratch/sealed.img"
first=$(hash_of "$scratch/sealed.img")
expect 0 "$resprep" check "$scratch/sealed.img" --group image
says "Image     ready: sealed by Sysprep"
says "is no backup of its machine"
expect 0 "$resprep" check "$scratch/sealed.img" --group image --json
same ready "$(member image.ready)" true
same reasons "$(member image.reasons)" "[]"
same "hash after looking" "$(hash_of "$scratch/sealed.img")" "$first"

# in use: not ready; without the question nothing is wrong, and nothing is said of it
fixture healthy-2022 "$scratch/used.img"
expect 4 "$resprep" check "$scratch/used.img" --group image
says "Image     not ready: Sysprep has not generalized this Windows"
expect 4 "$resprep" check "$scratch/used.img" --group rdp,image --json
same ready "$(member image.ready)" false
same reason "$(member image.reasons.0)" "Sysprep has not generalized this Windows"
expect 0 "$resprep" check "$scratch/used.img" --group image --fail-on error
says "not ready"
for question in "" "--group rdp" "--only image-sealed"; do
	# shellcheck disable=SC2086 # options
	"$resprep" check "$scratch/used.img" $question >"$scratch/out" 2>"$scratch/err"
	grep -q '^Image' "$scratch/out" && fail "an answer that nobody asked for: $question"
done
expect 0 "$resprep" check "$scratch/used.img"
grep -q image- "$scratch/out" && fail "a check that is only run when asked for"
expect 4 "$resprep" check "$scratch/used.img" --only image-sealed

# a note of another group is a warning when an image is asked for
fixture sysprep-role "$scratch/role.img"
expect 0 "$resprep" check "$scratch/role.img"
says "note: sysprep-role"
expect 0 "$resprep" check "$scratch/role.img" --group sysprep
expect 4 "$resprep" check "$scratch/role.img" --group image
says "warning: sysprep-role: this machine is a domain controller"
fixture sysprep-servicing-pending-note "$scratch/pending.img"
expect 4 "$resprep" check "$scratch/pending.img" --group image
says "warning: sysprep-servicing-pending"

# a check that could not run: the answer is not known, or it is no
fixture damaged-software-hive "$scratch/damaged.img"
expect 8 "$resprep" check "$scratch/damaged.img" --group image
says "Image     "

# Sysprep was run, and what is left is no image
for case in setup-unfinished-generalize setup-unfinished-specialize setup-unfinished-oobe sysprep-image-state-undeployable; do
	fixture $case "$scratch/$case.img"
	expect 4 "$resprep" check "$scratch/$case.img" --group image
	says "Image     not ready"
	says "image-sealed"
done

# the answer after a repair is that of the repaired volume
fixture image-agent "$scratch/agent.img"
expect 4 "$resprep" check "$scratch/agent.img" --group image
says "Image     not ready: Config.Ec2SetPassword"
expect 1 "$resprep" repair "$scratch/agent.img" --group image --risk careful --yes --json --journal-dir "$scratch/journals"
same ready "$(member image.ready)" true
journal=$(member journal)
expect 0 "$resprep" check "$scratch/agent.img" --group image
expect 0 "$resprep" undo "$journal" "$scratch/agent.img" --yes --journal-dir "$scratch/journals"
expect 4 "$resprep" check "$scratch/agent.img" --group image

# two findings change one file: the copy beside the journal is what it held before the first
echo 'base server2012r2-deployed' >"$scratch/twice.recipe"
"$mkfixture" --fixtures "$top_srcdir/fixtures" --tree "$scratch/twice" "$scratch/twice.recipe" >"$scratch/log" 2>&1 || exit 99
config="Program Files/Amazon/Ec2ConfigService/Settings/Config.xml"
cp "$scratch/twice/$config" "$scratch/Config.xml"
expect 1 "$resprep" repair "$scratch/twice" --only image-agent --risk careful --yes --json --journal-dir "$scratch/journals"
grep -q 'could not be written' "$scratch/out" && fail "the copies beside the journal"
python3 - "$scratch/out" <<'E' || fail "Config.xml is not changed twice"
import json, sys
changes = json.load(open(sys.argv[1]))["changes"]
sys.exit(sum("Config.xml" in json.dumps(c) for c in changes) < 2)
E
cmp "$(member journal | sed 's/\.journal.*//').files/${config//\//_}" "$scratch/Config.xml" || fail "the copy is not the original"

# no secret is printed, neither in text nor in JSON, and none is left on the volume; undo brings them back
no_secrets() {
	grep -qaE 'Geheim|GEHEIM|QQB1AHQAbwA' "$scratch/out" "$scratch/err" && fail "a secret was printed: $1"
}
left_over() { # how many of the secrets stand on the volume, as files have them or as the registry does
	local n=0 word
	for word in Admin-Geheim-1 QQB1AHQAbwA Join-Geheim-2 Deploy-Geheim-3 AKIDGEHEIM4 Geheim/4; do
		grep -qaF "$word" "$1" && n=$((n + 1))
	done
	grep -qaP 'L\0o\0g\0o\0n\0-\0G\0e\0h\0e\0i\0m' "$1" && n=$((n + 1))
	echo $n
}
fixture image-secrets "$scratch/secrets.img"
first=$(hash_of "$scratch/secrets.img")
same "secrets before" "$(left_over "$scratch/secrets.img")" 7
for json in "" --json; do
	# shellcheck disable=SC2086 # none or one
	expect 4 "$resprep" check "$scratch/secrets.img" --group image $json
	no_secrets "check $json"
	# shellcheck disable=SC2086
	expect 4 "$resprep" repair "$scratch/secrets.img" --only image-secrets --dry-run $json
	no_secrets "repair --dry-run $json"
done
expect 1 "$resprep" repair "$scratch/secrets.img" --only image-secrets --yes --json --journal-dir "$scratch/journals"
no_secrets repair
journal=$(member journal)
same "secrets after" "$(left_over "$scratch/secrets.img")" 0
cp "$scratch/secrets.img" "$scratch/by-value.img"
expect 0 "$resprep" undo "$journal" "$scratch/by-value.img" --yes --by-value --json --journal-dir "$scratch/second"
no_secrets "undo --by-value"
same "secrets put back by value" "$(left_over "$scratch/by-value.img")" 7
expect 0 "$resprep" undo "$journal" "$scratch/secrets.img" --yes --journal-dir "$scratch/journals"
no_secrets undo
same "hash after undo" "$(hash_of "$scratch/secrets.img")" "$first"

# a folder is as good as a disk
fixture_tree healthy-2012r2 "$scratch/tree"
expect 4 "$resprep" check "$scratch/tree" --group image
says "Image     not ready: Sysprep has not generalized this Windows"

# every check says in which groups it is
expect 0 "$resprep" list-checks
says "sysprep-role (group sysprep, image)"
expect 0 "$resprep" list-checks --json
same schema "$(member exit_code)" 0
finish
