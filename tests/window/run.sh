#!/usr/bin/env bash
# Drives the studio on a separate display by keyboard and mouse, and checks its window, screenshots and processes.
#
#   tests/window/run.sh CADFORGE
#
# Saves screenshots in target/window.
set -euo pipefail
program=$(realpath "$1")
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

pictures=$root/target/window
mkdir -p "$pictures"
rm -f "$pictures"/*.png "$pictures"/*.ppm

# Colours with a meaning; see src/studio/theme.rs.
warm=dc8c6b teal=61a89e bad=e5645d

passed=0
pass() {
    passed=$((passed + 1))
    echo "window: ok: $1"
}

for size in 1280x720 1920x1080; do
    start_display "$size"
    start_studio "$program" studio --task caster_wheel_fork

    name=$pictures/$size
    # The seed's plate as built by a worker: at least half a per cent of the screenshot.
    area=$((${size%x*} * ${size#*x}))
    until_true 90 seen_at_least $warm $((area / 200)) || fail "$size: the seed's shape is not visible after 90 s"
    settle || fail "$size: the window does not settle"
    shot "$name-1-seed"
    [[ $(picture size "$name-1-seed.ppm") == "$size" ]] || fail "$size: the screenshot has another size"
    (($(picture colours "$name-1-seed.ppm") > 300)) || fail "$size: the window is almost blank"
    pass "$size: opens on the caster wheel and shows its seed"

    key ctrl+shift+Return
    until_true 90 changed_at_least "$name-1-seed" $((area / 50)) || fail "$size: the repair loop changes nothing"
    # The picture rests while the dimensions of a step are changed.
    until_true 90 seen_at_least $teal $((area / 100)) || fail "$size: the repaired shape is not visible"
    rest || fail "$size: the repair loop does not settle"
    shot "$name-2-repaired"
    pass "$size: runs the repair loop by keyboard"

    before=$(seen $bad)
    type_in_code
    key ctrl+End
    type_text '('
    until_true 30 seen_at_least $bad $((before + 400)) || fail "$size: a syntax error does not show in red"
    settle || fail "$size: the window does not settle after a syntax error"
    shot "$name-3-syntax-error"
    pass "$size: marks a syntax error"

    key ctrl+z
    until_true 30 seen_at_most $bad $((before + 100)) || fail "$size: undoing the error leaves it marked"
    pass "$size: undo restores the part"

    close_window
    code=0
    until_true 15 eval '! kill -0 "$studio" 2>/dev/null' || fail "$size: does not close within 15 s"
    wait "$studio" || code=$?
    studio=
    ((code == 0)) || fail "$size: ends with exit code $code"
    until_true 5 eval '[[ -z $(left_over) ]]' || fail "$size: processes left behind: $(left_over | tr '\n' ' ')"
    pass "$size: closes, with nothing left running"

    kill "$xvfb"
    wait "$xvfb" 2>/dev/null || true
    xvfb=
done
rm -f "$pictures"/*.ppm
echo "window: $passed passed, 0 failed"
