#!/usr/bin/env bash
# Drives the studio through typical work by mouse and keyboard: all comparisons, a section, the palette, find, a diff, hidden
# panels, a dropped file, a timeline exported as a page, a kill while typing, and a training run. Saves a screenshot of each
# state in target/window, dark and light.
#
#   tests/window/day.sh CADFORGE [WIDTHxHEIGHT...]
set -euo pipefail
program=$(realpath "$1")
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
shift
sizes=("$@")
((${#sizes[@]})) || sizes=(1280x720 1920x1080)
pictures=$root/target/window
mkdir -p "$pictures"

"$root/.venv/bin/python" "$here/rows.py" "$root/tasks" "$scratch"

warm=dc8c6b
passed=0
pass() {
    passed=$((passed + 1))
    echo "day: ok: $1"
}

# state NAME: takes a screenshot, which must differ from the previous one.
previous=
state() {
    shot "$name-$1"
    if [[ -n $previous ]] && (($(picture differ "$previous.ppm" "$name-$1.ppm") < 150)); then
        fail "$size: '$1' looks like the previous state"
    fi
    previous=$name-$1
}

# ticks: CPU time of the studio's process in hundredths of a second.
ticks() {
    local user system
    read -r user system < <(cut -d ' ' -f 14,15 "/proc/$studio/stat")
    echo $((user + system))
}

for size in "${sizes[@]}"; do
    start_display "$size"
    start_studio "$program" studio --task caster_wheel_fork
    name=$pictures/day-$size
    area=$((${size%x*} * ${size#*x}))
    until_true 90 seen_at_least $warm $((area / 200)) || fail "$size: the seed's shape is not visible after 90 s"
    previous=
    do_command 'run loop'
    sleep 4
    settle 90 || fail "$size: the loop does not settle"
    state 01-side-by-side
    for mode in overlay wipe 'signed distance'; do
        do_command "$mode"
        [[ $mode != signed* ]] || { sleep 2 && settle 60; }
        state "02-${mode// /-}"
    done
    do_command 'with the reference'
    sleep 3
    settle 60 || fail "$size: does not settle with the reference"
    state 03-distance-to-reference
    do_command 'side by side'
    do_command 'section plane'
    state 04-section
    do_command 'section plane'
    do_command transparent
    state 05-transparent
    do_command wireframe
    state 06-wireframe
    do_command shaded
    do_command 'toggle light'
    state 07-light
    do_command 'signed distance'
    state 08-light-distance
    do_command 'toggle light'
    do_command 'side by side'
    do_command 'code diff'
    state 09-diff
    do_command 'code diff'
    key ctrl+shift+p
    sleep 0.6
    state 10-palette
    key Escape
    key F1
    sleep 0.6
    state 11-shortcuts
    key Escape
    sleep 0.4
    type_in_code
    key ctrl+h
    sleep 0.5
    type_text 'plate'
    sleep 0.6
    state 12-find
    key Escape
    drag '3D view of step 4' 20 20
    state 12-turned
    do_command 'panel: tasks'
    do_command 'panel: console'
    state 12-panels-hidden
    do_command 'reset layout'
    pass "$size: all states displayed"

    cp "$root/tasks/hinge_leaf_barrel/reference.py" "$scratch/dropped.py"
    shot "$scratch/undropped"
    "$root/.venv/bin/python" "$here/drop.py" "$window" $((${size%x*} / 2)) $((${size#*x} / 3)) "$scratch/dropped.py" ||
        fail "$size: a dropped file is not accepted"
    until_true 60 changed_at_least "$scratch/undropped" $((area / 50)) || fail "$size: a dropped file is not opened"
    sleep 1
    settle 60 || fail "$size: does not settle with a dropped file"
    state 12-dropped
    pass "$size: a dropped file is opened"

    do_command 'share as web page'
    key ctrl+a
    type_text "$scratch/timeline.html"
    key Return
    until_true 30 test -s "$scratch/timeline.html" || fail "$size: no page was written"
    ! grep -qE 'https?:' "$scratch/timeline.html" || fail "$size: the page refers to the network"
    (($(wc -c <"$scratch/timeline.html") > 50000)) || fail "$size: the page contains no parts"
    rm "$scratch/timeline.html"
    settle || fail "$size: does not settle after sharing"
    pass "$size: the timeline is exported as one page"

    settle || fail "$size: does not settle"
    before=$(ticks)
    sleep 5
    used=$(($(ticks) - before))
    ((used <= 3)) || fail "$size: an idle window used $used hundredths of a second in 5 s"
    pass "$size: an idle window uses no CPU time ($used hundredths of a second in 5 s)"

    type_in_code
    key ctrl+Home
    type_text '# precious'
    sleep 2
    kill -9 "$studio"
    wait "$studio" 2>/dev/null || true
    studio=
    grep -qs precious "$scratch"/data/cadforge*/studio/open-*.json || fail "$size: text typed two seconds ago is lost"
    start_studio "$program" studio --task caster_wheel_fork
    sleep 1
    until_true 90 seen_at_least $warm $((area / 200)) || fail "$size: does not restart after the kill"
    settle || fail "$size: does not settle after the kill"
    state 13-recovery
    pass "$size: text typed two seconds before a kill is offered for recovery"

    kill -9 "$studio"
    wait "$studio" 2>/dev/null || true
    studio=
    rm -rf "$scratch/data"
    start_studio "$program" studio --task caster_wheel_fork "$scratch/run.jsonl"
    sleep 2
    settle 60 || fail "$size: does not settle with a training run"
    state 14-rows
    do_command 'panel: 3D view'
    state 15-curves
    click "row 1"
    sleep 2
    settle 60 || fail "$size: does not settle with a row"
    state 16-row
    pass "$size: a training run is displayed"

    kill "$studio" "$xvfb"
    wait "$studio" "$xvfb" 2>/dev/null || true
    studio='' xvfb=''
    rm -rf "$scratch/data" "$scratch/home" "$scratch/config"
done
rm -f "$pictures"/day-*.ppm
echo "day: $passed passed, 0 failed"
