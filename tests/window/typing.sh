#!/usr/bin/env bash
# Measures the time from a keystroke to its part and to its score in the real window. Prints a table; checks nothing but that each
# edit is drawn.
#
#   tests/window/typing.sh CADFORGE [EDITS]
#
# Each edit changes the last digit of the last statement, once the previous one has been scored.
set -euo pipefail
program=$(realpath "$1")
edits=${2:-40}
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

export CADFORGE_DATA=$scratch/cadforge-data
export CADFORGE_LOG=warn,cadforge::studio=debug
mkdir -p "$CADFORGE_DATA" "$scratch/home"

# last_block TASK: the reference of a task, with a statement more.
last_block() {
    cat "$root/tasks/$1/reference.py"
    printf 'fixture = fixture.union(cq.Workplane().box(4, 4, 4.1))'
}

# drawn TEXT: number of lines of the log with this text.
drawn() { grep -c "$1" "$scratch/studio.log" || true; }
more_drawn() { (($(drawn "$1") > $2)); }

# percentiles TEXT: median and 95th percentile of `ms` in these lines of the log since the mark.
percentiles() {
    tail -n +"$mark" "$scratch/studio.log" | sed -n "s/.*$1ms=\([0-9.]*\).*/\1/p" | sort -n |
        awk '{ at[NR] = $1 } END { if (NR) printf "%.0f, %.0f (%d)", at[int((NR + 1) / 2)], at[int(NR * 0.95 + 0.5)], NR; else printf "–" }'
}

score='the score of an edit is drawn '
first='the score of an edit is drawn, without editability '
part='the part of an edit is drawn '
coarse='a coarse mesh of an edit is drawn '

echo '| part | to a coarse mesh: median, p95 in ms (edits) | to the part | to the score without editability | to the last score |'
echo '|---|---|---|---|---|'
start_display 1280x720
for task in shelf_bracket_triangular_200n robot_servo_bracket ${TASKS:-caster_wheel_fork four_leg_chair_700n}; do
    file=$scratch/home/$task.py
    last_block "$task" >"$file"
    start_studio env CADFORGE_CACHE=off "$program" studio --task "$task" "$file"
    # That of the seed, and that of the file.
    until_true 120 more_drawn "$score" 1 || fail "$task is not scored"
    settle 60 || fail 'the window does not settle'
    type_in_code
    key ctrl+End
    key Left
    key Left
    mark=$(($(wc -l <"$scratch/studio.log") + 1))
    for ((edit = 0; edit < edits; edit++)); do
        before=$(drawn "$score")
        xdotool key --delay 30 BackSpace "$((edit % 8 + 2))"
        until_true 60 more_drawn "$score" "$before" || fail "edit $edit of $task is not scored"
        sleep 0.1
    done
    echo "| $task | $(percentiles "$coarse") | $(percentiles "$part") | $(percentiles "$first") | $(percentiles "$score") |"
    kill "$studio"
    wait "$studio" 2>/dev/null || true
    studio=
    cp "$scratch/studio.log" "$root/target/window/typing-$task.log"
done
