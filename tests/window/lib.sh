# Sourced by run.sh, day.sh, states.sh and screenshot.sh: an X display, the studio on it, keys, clicks and screenshots.
#
# The studio gets its own empty settings and data folders. All started processes end when the sourcing script exits.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(cd "$here/../.." && pwd)
scratch=$(mktemp -d)
mkdir -p "$root/target/window"
studio= xvfb= window= bus=
trap 'end_all' EXIT
trap 'exit 130' INT TERM

fail() {
    printf 'window: %s\n' "$1" >&2
    if [[ -n $studio && -s $scratch/studio.log ]]; then
        sed 's/^/  studio: /' "$scratch/studio.log" | tail -n 20 >&2
    fi
    if [[ -n $xvfb ]] && ! kill -0 "$xvfb" 2>/dev/null; then
        echo "  Xvfb has ended: $(tail -n 1 "$scratch/xvfb.log")" >&2
    elif [[ -n $xvfb ]]; then
        (fail() { exit 1; } && shot "$root/target/window/failed") 2>/dev/null &&
            echo '  picture: target/window/failed.png' >&2
    fi
    exit 1
}

end_all() {
    # The studio's workers end with it; the display ends last.
    [[ -z $studio ]] || kill "$studio" 2>/dev/null || true
    [[ -z $bus ]] || kill "$bus" 2>/dev/null || true
    [[ -z $xvfb ]] || kill "$xvfb" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$scratch"
}

# start_display WIDTHxHEIGHT: starts an X server, which chooses its display number.
start_display() {
    local number=$scratch/display
    : >"$number"
    # Without -noreset it restarts after its last client, and refuses clients meanwhile.
    Xvfb -displayfd 3 -screen 0 "$1x24" -nolisten tcp -noreset 3>"$number" >"$scratch/xvfb.log" 2>&1 &
    xvfb=$!
    until_true 20 test -s "$number" || fail "Xvfb did not start: $(tail -n 1 "$scratch/xvfb.log")"
    DISPLAY=:$(<"$number")
    export DISPLAY
    unset WAYLAND_DISPLAY
    until_true 20 xdotool getdisplaygeometry >/dev/null 2>&1 || fail "nothing answers on display $DISPLAY"
    [[ -n $bus ]] || start_bus
}

# start_bus: a session bus with accessibility and nothing else. The user's own would bring file dialogs in place of the path field.
start_bus() {
    mkdir -p "$scratch/services"
    cp /usr/share/dbus-1/services/org.a11y.Bus.service "$scratch/services"
    cat >"$scratch/bus.conf" <<BUS
<busconfig>
  <type>session</type>
  <listen>unix:dir=$scratch</listen>
  <servicedir>$scratch/services</servicedir>
  <policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy>
</busconfig>
BUS
    : >"$scratch/bus"
    dbus-daemon --config-file "$scratch/bus.conf" --nofork --print-address=3 3>"$scratch/bus" >"$scratch/bus.log" 2>&1 &
    bus=$!
    until_true 20 test -s "$scratch/bus" || fail "no session bus: $(tail -n 1 "$scratch/bus.log")"
    DBUS_SESSION_BUS_ADDRESS=$(<"$scratch/bus")
    export DBUS_SESSION_BUS_ADDRESS
    widgets enable || fail 'accessibility cannot be enabled'
}

# start_studio PROGRAM ARGUMENT...: waits for the window, then resizes it to the display and focuses it.
start_studio() {
    (
        cd "$scratch" # the studio must find its files from any folder
        exec env HOME="$scratch/home" XDG_DATA_HOME="$scratch/data" XDG_CONFIG_HOME="$scratch/config" \
            CADFORGE_CACHE="$scratch/cache" "$@"
    ) >"$scratch/studio.log" 2>&1 &
    studio=$!
    until_true 60 find_window || fail 'no window titled CADForge Studio after 60 s'
    fill_display
}

find_window() {
    kill -0 "$studio" 2>/dev/null || fail 'the studio ended before its window opened'
    window=$(xdotool search --onlyvisible --name 'CADForge Studio' 2>/dev/null | head -n 1)
    [[ -n $window ]]
}

# There is no window manager to place or focus the window.
fill_display() {
    local width height
    read -r width height < <(xdotool getdisplaygeometry)
    xdotool windowmove "$window" 0 0 windowsize "$window" "$width" "$height" windowfocus "$window"
    sleep 0.5
}

key() { xdotool key --clearmodifiers "$1"; }

type_text() { xdotool type --delay 30 -- "$1"; }

# do_command TEXT: types it into the command palette and executes the first match.
do_command() {
    look before
    key ctrl+shift+p
    # Text typed before the palette opens would go to the code.
    until_true 20 changed_at_least "$scratch/before" 5000 || fail "no palette for '$1'"
    sleep 0.2
    type_text "$1"
    sleep 0.3
    key Return
    sleep 0.4
    settle 60 || fail "does not settle after '$1'"
}

widgets() { /usr/bin/python3 "$here/widgets.py" "$@"; }

# locate NAME: waits for the widget of that name, and sets x, y, width and height to its place.
locate() {
    until_true 20 find_widget "$1" || fail "no widget is named '$1': $(widgets list | cut -f 2 | sort -u | paste -sd ';')"
    read -r x y width height <"$scratch/place"
}

find_widget() { widgets find "$1" >"$scratch/place" 2>/dev/null; }

# click NAME: clicks on the middle of the widget of that name.
click() {
    local x y width height
    locate "$1"
    xdotool mousemove $((x + width / 2)) $((y + height / 2))
    sleep 0.1
    xdotool click 1
    sleep 0.2
}

# type_in_code: gives the code editor the keyboard. Its widget is as high as its text: the click goes to the first line.
type_in_code() {
    local x y width height
    locate 'Code editor'
    xdotool mousemove $((x + 40)) $((y + 8))
    sleep 0.1
    xdotool click 1
    sleep 0.2
}

# drag NAME X% Y%: drags from the middle of the widget by that share of its size, in several moves.
drag() {
    local x y width height step
    locate "$1"
    xdotool mousemove $((x + width / 2)) $((y + height / 2))
    sleep 0.1
    xdotool mousedown 1
    for step in 1 2 3 4 5; do
        xdotool mousemove $((x + width / 2 + width * $2 * step / 500)) $((y + height / 2 + height * $3 * step / 500))
        sleep 0.05
    done
    xdotool mouseup 1
    sleep 0.2
}

# shot NAME: saves NAME.png for inspection and NAME.ppm for comparisons.
shot() {
    look shot
    cp "$scratch/shot.ppm" "$1.ppm"
    picture png "$1.ppm" "$1.png"
}

# look NAME: saves the current screen for comparisons.
look() { import -silent -window root -depth 8 "ppm:$scratch/$1.ppm" || fail 'cannot take a picture of the display'; }

picture() { "$root/.venv/bin/python" "$here/picture.py" "$@"; }

# seen HUE: number of pixels of about that hue on the current screen.
seen() {
    look now
    picture hue "$scratch/now.ppm" "$1"
}

seen_at_least() { count=$(seen "$1") && ((count >= $2)) || ended; }
seen_at_most() { count=$(seen "$1") && ((count <= $2)) || ended; }

# changed NAME: number of pixels that differ between NAME.ppm and the current screen.
changed() {
    look now
    picture differ "$1.ppm" "$scratch/now.ppm"
}

changed_at_least() { count=$(changed "$1") && ((count >= $2)) || ended; }

# ended: fails, and ends the script if the display has ended.
ended() {
    kill -0 "$xvfb" 2>/dev/null || exit 1
    false
}

# until_true SECONDS COMMAND...: retries a command until it succeeds; fails after the time limit.
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.2
    done
}

# settle: waits until two successive screenshots differ at most by a blinking caret.
settle() { until_true "${1:-30}" is_still; }

is_still() {
    look still
    sleep 0.7
    (($(changed "$scratch/still") < 200))
}

# rest: waits until the window has settled for six seconds, in which no step of a repair loop has come.
rest() {
    local _
    for _ in 1 2 3 4 5 6 7 8; do
        settle 60 || return 1
    done
}

# close_window: sends the message of a window manager's close button.
close_window() { "$root/.venv/bin/python" "$here/close.py" "$window"; }

# left_over: processes with this run's home folder in their environment.
left_over() {
    grep -lsaF "HOME=$scratch/home" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3 || true
}
