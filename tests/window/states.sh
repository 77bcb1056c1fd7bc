#!/usr/bin/env bash
# Takes screenshots of the studio's states in both themes, in target/states, with one contact sheet per size and theme for
# inspection.
#
#   tests/window/states.sh CADFORGE [WIDTHxHEIGHT...]
set -euo pipefail
program=$(realpath "$1")
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
shift
sizes=("$@")
((${#sizes[@]})) || sizes=(1280x720 1920x1080 2560x1440)
pictures=$root/target/states
mkdir -p "$pictures"
export CADFORGE_DATA=$scratch/cadforge-data

"$root/.venv/bin/python" "$here/rows.py" "$root/tasks" "$scratch"
for task in caster_wheel_fork hinge_leaf_barrel; do
    # Exit code 1: target not reached.
    "$program" repair --task "$task" --from "$root/tasks/$task/seeds/build_error.py" --out "$scratch/runs/$task" >/dev/null 2>&1 ||
        (($? == 1))
done

"$program" repair --task caster_wheel_fork --from "$root/tasks/caster_wheel_fork/seeds/build_error.py" --candidates 4 \
    --proposer rules --out "$scratch/group" >/dev/null 2>&1 || (($? == 1))

# touch_surface HUE SHARE: clicks on a surface of that hue, with that share of it to the left.
touch_surface() {
    local x y
    look surface
    read -r x y < <(picture place "$scratch/surface.ppm" "$1" "$2") || fail "no surface of the hue $1"
    xdotool mousemove "$x" "$y"
    sleep 0.2
    xdotool click 1
    sleep 0.5
}

# state NAME: takes a screenshot once the window is still.
state() {
    settle 20 || echo "states: $1 still changes" >&2
    shot "$pictures/$size-$theme-$1"
    rm -f "$pictures/$size-$theme-$1.ppm"
}

begin() {
    rm -rf "$CADFORGE_DATA"
    mkdir -p "$CADFORGE_DATA"
    printf 'theme = "%s"\n' "$theme" >"$CADFORGE_DATA/settings.toml"
    start_studio "$program" studio "$@"
}

end() {
    kill -9 "$studio"
    wait "$studio" 2>/dev/null || true
    studio=
}

# built: waits until the seed's shape is visible.
built() { until_true 90 seen_at_least dc8c6b $((${size%x*} * ${size#*x} / 250)); }

for size in "${sizes[@]}"; do
    start_display "$size"
    for theme in dark light; do
        rm -f "$pictures/$size-$theme-"*.png
        begin --task caster_wheel_fork
        sleep 0.5
        shot "$pictures/$size-$theme-01-warming"
        rm -f "$pictures/$size-$theme-01-warming.ppm"
        built || fail "$size $theme: the seed is not visible"
        state 02-seed
        do_command 'run loop'
        sleep 3
        state 03-repaired
        do_command overlay
        state 04-overlay
        do_command wipe
        state 05-wipe
        do_command 'signed distance'
        sleep 2
        state 06-distance
        do_command 'side by side'
        do_command 'section plane'
        state 07-section
        do_command 'section plane'
        do_command 'code diff'
        state 08-diff
        do_command 'code diff'
        key ctrl+shift+p
        state 09-palette
        key Escape
        key F1
        state 10-shortcuts
        key Escape
        key ctrl+comma
        sleep 1
        state 11-settings
        key Escape
        key ctrl+shift+t
        state 12-new-task
        key Escape
        sleep 0.3
        type_in_code
        key ctrl+h
        sleep 0.4
        type_text plate
        state 13-find
        key Escape
        type_in_code
        key ctrl+End
        type_text 'wheel = cq.Workplane("YZ").annulus(11, 2.5)'
        sleep 1
        state 14-failure
        key ctrl+z
        key ctrl+Home
        type_text 'part = cq.Workplane("XY").bo'
        state 15-completion
        key Escape
        do_command 'panel: tasks'
        do_command 'panel: console'
        state 16-panels-hidden
        do_command 'reset layout'
        do_command 'share as web page'
        state 17-path
        key Escape
        sleep 0.3
        touch_surface dc8c6b 0.5
        state 17-pick
        do_command measure
        touch_surface dc8c6b 0.2
        touch_surface dc8c6b 0.8
        state 17-measure
        end
        begin --task caster_wheel_fork "$scratch/run.jsonl"
        sleep 2
        state 18-rows
        # The tab beside the 3D view, whose position depends on the size.
        do_command 'panel: 3D view'
        state 19-curves
        do_command 'run: groups'
        sleep 2
        state 19-groups
        do_command 'run: compare'
        key ctrl+a
        type_text "$scratch/earlier.jsonl"
        key Return
        sleep 1
        state 19-compare
        do_command 'run: report'
        sleep 1
        state 19-report
        end
        begin --task axial_motor_stator_12_slot "$scratch/runs"
        sleep 2
        state 20-folder
        do_command 'proposer: rules'
        do_command 'propose'
        sleep 2
        state 21-proposal
        do_command 'proposer: model'
        state 22-no-server
        do_command 'start server'
        state 23-server
        end
        begin "$scratch/group"
        sleep 1
        do_command 'show group'
        state 24-group
        end
        montage -font "$root/assets/fonts/Inter-Regular.otf" -background '#808080' -fill black -pointsize 15 -label '%t' "$pictures/$size-$theme-"*.png \
            -tile 4x -geometry 900x+6+6 "$pictures/sheet-$size-$theme.png"
        echo "states: $pictures/sheet-$size-$theme.png"
    done
    kill "$xvfb"
    wait "$xvfb" 2>/dev/null || true
    xvfb=
done
