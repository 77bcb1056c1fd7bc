#!/usr/bin/env bash
# Checks the system packages that a goal of the Makefile needs, installs them with apt if permitted, else stops with one line that says
# what to do.
#
#   scripts/setup.sh GOAL...       GOAL: build, run, test or lint
#
# Packages are checked by their commands and libraries, not by name, so that other distributions work too. Only the chosen Python is
# stored between runs, in target/setup/python: the check takes a fraction of a second and notices removed packages.
#
# SETUP_ROOT prefixes every absolute path that is checked; the tests put a simulated system there.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

root=${SETUP_ROOT:-}
state=${SETUP_STATE:-target/setup}
oldest_python=3.11 # CadQuery 2.8 needs it
newest_python=3.14 # the last one for which the pinned OCP has a wheel

main() {
    goals=" $* "
    mkdir -p "$state" 2>/dev/null || stop "cannot write to $state in $PWD: make the folder writable"
    exec 9>"$state/lock"
    flock 9

    check_platform
    check_rust
    check_disk
    look_for_packages
    look_for_python
    if ((${#packages[@]})); then
        install_packages
        look_for_packages
        look_for_python
        ((${#packages[@]} == 0)) ||
            stop "still missing after apt-get: $(join "${missing[@]}"): see $state/apt.log"
    fi
    printf '%s\n' "$python" >"$state/python"
    check_crates
}

stop() {
    printf 'setup: %s\n' "$1" >&2
    exit 1
}

wants() { [[ $goals == *" $1 "* ]]; }

has() { command -v "$1" >/dev/null 2>&1; }

# Whether version $1 is at least version $2.
at_least() { [[ $(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1) == "$2" ]]; }

check_platform() {
    [[ $(uname -s) == Linux ]] || stop "$(uname -s) is not supported: use Linux, or a Linux container"
    machine=$(uname -m)
    case $machine in
    x86_64) library_tag=x86-64 ;;
    aarch64) library_tag=AArch64 ;;
    *) stop "no CadQuery wheels for $machine: use an x86_64 or aarch64 machine" ;;
    esac
}

check_rust() {
    local wanted found
    wanted=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
    if ! has cargo || ! has rustc; then
        stop "Rust is missing: install Rust $wanted or newer as https://rustup.rs says"
    fi
    found=$(rustc --version 2>/dev/null | awk '{ print $2 }') || true
    [[ -n $found ]] || stop "rustc does not run: choose a toolchain with \`rustup default stable\`"
    if ! at_least "$found" "$wanted"; then
        if has rustup; then
            stop "Rust $found is older than $wanted: run \`rustup update stable\` (and \`rustup default stable\`)"
        fi
        stop "Rust $found is older than $wanted: install a newer one as https://rustup.rs says"
    fi
    if wants lint && ! { cargo fmt --version && cargo clippy --version; } >/dev/null 2>&1; then
        stop "rustfmt or clippy is missing: run \`rustup component add rustfmt clippy\`"
    fi
}

# Sizes measured on a first build, rounded up.
check_disk() {
    local needed=300 free
    [[ -x .venv/bin/python ]] || needed=$((needed + 900))
    if wants run && [[ ! -x target/release/cadforge ]]; then needed=$((needed + 2200)); fi
    if wants test && [[ ! -x target/debug/cadforge ]]; then needed=$((needed + 3500)); fi
    free=$(df -Pk . | awk 'NR == 2 { print int($4 / 1024) }')
    if ((free < needed)); then
        stop "$free MB free in $PWD, $needed MB needed: make room, or build in a folder on a larger disk"
    fi
}

# Fills `missing` (displayed names) and `packages` (Debian's names).
look_for_packages() {
    missing=() packages=()
    libraries=
    if has ldconfig; then
        libraries=$(ldconfig -p)
    elif [[ -x $root/sbin/ldconfig ]]; then # not on a normal user's PATH
        libraries=$("$root/sbin/ldconfig" -p)
    fi

    need_command cc gcc
    need_file 'the C library headers' libc6-dev \
        /usr/include/features.h "/usr/include/$machine-linux-gnu/features.h"
    if wants run || wants test; then
        need_library libxkbcommon-x11.so.0 libxkbcommon-x11-0
        need_library libX11-xcb.so.1 libx11-xcb1
        need_library libXcursor.so.1 libxcursor1
        need_library libXi.so.6 libxi6
        need_library libGL.so.1 libgl1
        need_library libEGL.so.1 libegl1
        need_driver
    fi
    if wants test; then
        need_command Xvfb xvfb
        need_command xdotool xdotool
        need_command import imagemagick
        # The tests of the window find its widgets by name, as screen readers do.
        need_command dbus-daemon dbus
        need_file 'the accessibility bus' at-spi2-core /usr/share/dbus-1/services/org.a11y.Bus.service
        need_file "GObject for the system's Python" python3-gi /usr/lib/python3/dist-packages/gi/__init__.py
        need_file "the accessibility library's bindings" gir1.2-atspi-2.0 "/usr/lib/$machine-linux-gnu/girepository-1.0/Atspi-2.0.typelib"
        # The program, not the shell builtin: tests start it.
        [[ -n $(type -P kill) ]] || need kill procps
    fi
}

need() {
    missing+=("$1")
    packages+=("$2")
}

need_command() { has "$1" || need "$1" "$2"; }

need_library() {
    [[ $libraries == *"$1 (libc6,$library_tag"* ]] && return
    local folder
    for folder in "/usr/lib/$machine-linux-gnu" "/lib/$machine-linux-gnu" /usr/lib64 /lib64 /usr/local/lib; do
        if [[ -e $root$folder/$1 ]]; then return; fi
    done
    need "$1" "$2"
}

need_file() {
    local path
    for path in "${@:3}"; do
        if [[ -e $root$path ]]; then return; fi
    done
    need "$1" "$2"
}

# An OpenGL driver: Mesa's (hardware or software) or NVIDIA's own.
need_driver() {
    [[ $libraries == *libEGL_nvidia.so.0* ]] ||
        compgen -G "$root/usr/lib/$machine-linux-gnu/dri/*_dri.so" >/dev/null ||
        compgen -G "$root/usr/lib64/dri/*_dri.so" >/dev/null ||
        compgen -G "$root/usr/lib/dri/*_dri.so" >/dev/null ||
        need 'an OpenGL driver' libgl1-mesa-dri
}

# Sets `python` to the first interpreter that can be embedded, or adds what is missing for one.
#
# If PYTHON=… is given, it is the only candidate.
look_for_python() {
    local candidate report minor best=
    python=
    if [[ -n ${PYTHON:-} ]]; then
        has "$PYTHON" || stop "PYTHON=$PYTHON is not there: give the path of a Python $oldest_python or newer"
        report=$(inspect "$PYTHON")
        [[ $report == ok\ * ]] ||
            stop "PYTHON=$PYTHON cannot be used: $report; leave PYTHON out, or give one that has all of it"
        python=${report#ok }
        return
    fi
    for candidate in "$root/usr/bin/python3" python3.{14..11} python3; do
        has "$candidate" || continue
        report=$(inspect "$candidate")
        if [[ $report == ok\ * ]]; then
            python=${report#ok }
            return
        fi
    done

    # None fits. Debian names libpython and venv after the minor version; the unversioned packages follow
    # the system's own python3, so they serve whenever that one is new enough or still to be installed.
    if has "$root/usr/bin/python3"; then
        best=$(version_of "$root/usr/bin/python3")
    elif has apt-cache; then
        best=$(apt-cache policy python3 2>/dev/null | sed -n 's/^  Candidate: \([0-9]*\.[0-9]*\).*/\1/p')
    fi
    if [[ -z $best ]] || supported "$best"; then
        missing+=("Python with its shared library and venv")
        packages+=(python3-dev python3-venv)
        return
    fi
    for minor in {14..11}; do
        has apt-cache || break
        if [[ -n $(apt-cache policy "python3.$minor-dev" 2>/dev/null | sed -n '/Candidate: [0-9]/p') ]]; then
            missing+=("Python $oldest_python or newer")
            packages+=("python3.$minor-dev" "python3.$minor-venv")
            return
        fi
    done
    stop "Python $best is no use (CadQuery needs $oldest_python to $newest_python) and this system offers no other: use Debian 12, Ubuntu 24.04 or newer, or run make with PYTHON=/path/to/python3.x built with --enable-shared"
}

supported() { at_least "$1" "$oldest_python" && at_least "$newest_python" "$1"; }

version_of() {
    "$1" -I -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true
}

# Prints `ok PATH` (for a virtual environment, the path of its base interpreter), or the reason why it cannot be
# used.
inspect() {
    local version details
    version=$(version_of "$1")
    if [[ -z $version ]]; then
        echo "it does not run"
    elif ! supported "$version"; then
        echo "Python $version is not one of $oldest_python to $newest_python"
    else
        details=$("$1" -I - 2>/dev/null <<'PYTHON' || true
import importlib.util, os, sys, sysconfig

get = sysconfig.get_config_var
folders = [get("LIBDIR") or "", get("LIBPL") or ""]
library = get("LDLIBRARY") or ""
if sys.implementation.name != "cpython" or get("Py_GIL_DISABLED"):
    print("it is not the ordinary CPython that the wheels are made for")
elif not get("Py_ENABLE_SHARED") or not any(os.path.isfile(os.path.join(f, library)) for f in folders):
    print("it has no shared libpython")
elif not all(importlib.util.find_spec(module) for module in ("venv", "ensurepip")):
    print("it has no venv module")
else:
    found = sys.executable if sys.prefix == sys.base_prefix else sys._base_executable
    resolved = os.path.realpath(found)
    # With the version in its name if possible: files built for another version are then built
    # again when the system's Python changes.
    print("ok", resolved if "python%d.%d" % sys.version_info[:2] == os.path.basename(resolved) else found)
PYTHON
        )
        echo "${details:-it does not run}"
    fi
}

install_packages() {
    local list="${packages[*]}" prefix=()
    has apt-get ||
        stop "missing: $(join "${missing[@]}"): install them with this system's package manager (Debian's names: $list)"
    if [[ $(id -u) != 0 ]]; then
        has sudo && sudo -n true 2>/dev/null ||
            stop "system packages are missing: run \`sudo apt-get install $list\`"
        prefix=(sudo -n)
    fi
    echo "setup: installing $list"
    : >"$state/apt.log"
    apt_install || { apt update && apt_install; } ||
        stop "apt-get could not install $list ($(reason)): check the network and $state/apt.log, then run \`${prefix:+sudo }apt-get install $list\`"
}

apt() {
    "${prefix[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@" \
        >>"$state/apt.log" 2>&1 </dev/null
}

apt_install() { apt install -y --no-install-recommends "${packages[@]}"; }

# The first error of apt in its last run.
reason() {
    local line
    line=$(grep -m 1 '^E: ' "$state/apt.log" | cut -c 4-) || true
    echo "${line:-it said nothing}"
}

join() {
    local IFS=,
    echo "$*" | sed 's/,/, /g'
}

# Downloads the crates of Cargo.lock, unless they are present.
check_crates() {
    local host
    host=$(rustc -vV | sed -n 's/^host: //p')
    cargo fetch --quiet --locked --offline --target "$host" >/dev/null 2>&1 && return
    # Shows what it downloads; a failure's many lines go to the log.
    cargo fetch --locked --target "$host" 2>&1 | tee "$state/crates.log" |
        { grep --line-buffered -E '^ +(Updating|Downloading|Downloaded)' || true; } && return
    if grep -q 'needs to be updated' "$state/crates.log"; then
        stop "Cargo.lock does not fit Cargo.toml: run \`cargo update --workspace\`"
    fi
    stop "crates could not be downloaded (see $state/crates.log): check the network, then run the same command again"
}

main "$@"
