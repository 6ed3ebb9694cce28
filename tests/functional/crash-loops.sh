# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=bash
#
# A repair, an undo and a recovery of $target killed at every system call that changes something: `recover` ends with the
# old volume or the new one, never between.  RESPREP_CRASH_STEP=N takes every N-th point.
#
# The script that reads this has made $scratch/old, set $target, and, unless it is an image, says what a target is: target_hash FILE,
# target_copy FROM TO, target_half OLD NEW TO (half of the change made).  repair_command is another command that
# changes the target, sound_command one that succeeds on a sound target.
step=${RESPREP_CRASH_STEP:-1}
journals=$scratch/journals
old=$(target_hash "$scratch/old")
# shellcheck disable=SC2206 # several options
repair=("$resprep" ${repair_command:-repair "$target"} --yes --journal-dir "$journals" ${repair_options:-})
# shellcheck disable=SC2206
sound=("$resprep" ${sound_command:-check "$target"})

fresh() { # IMAGE: a copy to work on, and no journals
	target_copy "$1" "$target"
	rm -rf "$journals"
}

# settle: what is there after a kill, as a user would go on; prints old or new
settle() {
	local journal now
	journal=$(find "$journals" -name '*.journal' -o -name '*.journal.tmp' -o -name '*.journal.undoing' 2>/dev/null | head -n 1)
	if [ -n "$journal" ]; then
		"$resprep" recover "$journal" "$target" --journal-dir "$journals" >"$scratch/out" 2>"$scratch/err" </dev/null || {
			echo "recover-failed $(cat "$scratch/err")"
			return
		}
	fi
	now=$(target_hash "$target")
	case $now in
	"$old") echo old ;;
	"$new") echo new ;;
	*) echo between ;;
	esac
}

# the new volume: the journal's times differ from run to run, so the last-write times of keys do too; all runs
# below use one journal's after-images, made here
fresh "$scratch/old"
record "$scratch/trace.repair" "${repair[@]}"
[ "$(target_hash "$target")" != "$old" ] || fail "the repair under strace changed nothing"
target_copy "$target" "$scratch/new"
journal=$(echo "$journals"/*.applied)
cp "$journal" "$scratch/applied"
name=$(basename "${journal%.applied}")

old_count=0 new_count=0 other=0 points=0
count() { # WHAT RESULT
	points=$((points + 1))
	case $2 in
	old) old_count=$((old_count + 1)) ;;
	new) new_count=$((new_count + 1)) ;;
	*)
		other=$((other + 1))
		fail "$1: $2"
		;;
	esac
}

summary() { # WHAT COUNTED
	echo "$1: strace counts $2 changing calls; killed at $points of them: $old_count ended old, $new_count new, $other between"
	[ "$step" != 1 ] || same "$1: points" "$points" "$2"
	old_count=0 new_count=0 other=0 points=0
}

# 1. the repair: the time of each run differs, so new is what its own journal says
trace_points "$scratch/trace.repair" >"$scratch/points"
total=$(wc -l <"$scratch/points")
prepare=(fresh "$scratch/old")
i=0
while read -r call n; do
	i=$((i + 1))
	[ $((i % step)) = 0 ] || continue
	kill_at "$call" "$n" "${repair[@]}"
	new=none
	before=$(find "$journals" -name "*.journal*" 2>/dev/null | tr '\n' ' ')
	result=$(settle)
	# new is whatever undo takes back to old, and check finds whole
	if [ "$result" = between ]; then
		applied=$(find "$journals" -name '*.applied' | head -n 1)
		if [ -n "$applied" ] && "${sound[@]}" --journal-dir "$journals" >/dev/null 2>&1 &&
			"$resprep" undo "$applied" "$target" --yes --journal-dir "$journals" >/dev/null 2>&1 &&
			[ "$(target_hash "$target")" = "$old" ]; then
			result=new
		else
			result="between ($before)"
		fi
	fi
	count "repair killed at $call $n" "$result"
done <"$scratch/points"
summary repair "$total"

new=$(target_hash "$scratch/new")
# 2. the undo
restore() { # IMAGE SUFFIX: the image, and the journal in that state
	target_copy "$1" "$target"
	rm -rf "$journals"
	mkdir -m 700 "$journals"
	cp "$scratch/applied" "$journals/$name$2"
}
undo=("$resprep" undo "$journals/$name" "$target" --yes --journal-dir "$journals")
restore "$scratch/new" .applied
record "$scratch/trace.undo" "${undo[@]}"
same "undo under strace" "$(target_hash "$target")" "$old"
trace_points "$scratch/trace.undo" >"$scratch/points"
prepare=(restore "$scratch/new" .applied)
i=0
while read -r call n; do
	i=$((i + 1))
	[ $((i % step)) = 0 ] || continue
	kill_at "$call" "$n" "${undo[@]}"
	count "undo killed at $call $n" "$(settle)"
done <"$scratch/points"
summary undo "$(wc -l <"$scratch/points")"

# 3. recovery itself: from half a commit, forward and back, killed and run again
half=$scratch/half
target_half "$scratch/old" "$scratch/new" "$half"
for way in "" --roll-back; do
	restore "$half" ""
	recover=("$resprep" recover "$journals/$name" "$target" --journal-dir "$journals")
	[ -z "$way" ] || recover+=("$way")
	record "$scratch/trace.recover" "${recover[@]}"
	trace_points "$scratch/trace.recover" >"$scratch/points"
	prepare=(restore "$half" "")
	i=0
	while read -r call n; do
		i=$((i + 1))
		[ $((i % step)) = 0 ] || continue
		kill_at "$call" "$n" "${recover[@]}"
		count "recover $way killed at $call $n" "$(settle)"
	done <"$scratch/points"
	summary "recover $way" "$(wc -l <"$scratch/points")"
done
[ -e "$scratch/survived" ] && fail "some runs were not killed: $(cat "$scratch/survived")"
true
