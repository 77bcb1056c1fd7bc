#!/usr/bin/env bash
# Runs scripts/setup.sh on simulated machines, one for each missing requirement, and checks its exit code and the
# last line of its output. Installs nothing, and writes only to a temporary folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

real_python=$(cat target/setup/python 2>/dev/null || python3 -c 'import sys; print(sys.executable)')
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
passed=0 failed=0

tag=x86-64 # the name that ldconfig gives to the architecture of this processor
[[ $(uname -m) != aarch64 ]] || tag=AArch64
libraries='libxkbcommon-x11.so.0 libX11-xcb.so.1 libXcursor.so.1 libXi.so.6 libGL.so.1 libEGL.so.1'

# --- a simulated machine ---------------------------------------------------------------------------------

# Creates a machine that meets all requirements, in the folder $box.
machine() {
    box=$scratch/$1
    mkdir -p "$box/bin" "$box/root/usr/bin" "$box/root/usr/include" "$box/root/usr/lib/dri"
    local tool
    for tool in awk bash cat cut dirname env flock grep head mkdir sed sort tee touch true uname; do
        ln -s "$(type -P "$tool")" "$box/bin/$tool"
    done
    stub rustc 'case $1 in --version) echo "rustc 1.999.0 (0 2030-01-01)";; -vV) echo "host: some-host";; esac'
    stub cargo 'exit 0'
    stub cc
    stub Xvfb
    stub xdotool
    stub import
    stub kill
    stub dbus-daemon
    local file
    for file in share/dbus-1/services/org.a11y.Bus.service lib/python3/dist-packages/gi/__init__.py \
        "lib/$(uname -m)-linux-gnu/girepository-1.0/Atspi-2.0.typelib"; do
        mkdir -p "$box/root/usr/${file%/*}"
        touch "$box/root/usr/$file"
    done
    stub id 'echo 1000'
    stub df 'echo header; echo "/dev/x 9 9 99999999 1% /"'
    stub apt-get 'echo "$*" >>'"'$box/apt'"'; exit 0'
    stub apt-cache 'exit 0'
    touch "$box/root/usr/include/features.h" "$box/root/usr/lib/dri/swrast_dri.so"
    local library
    for library in $libraries; do
        echo "	$library (libc6,$tag) => /somewhere/$library"
    done >"$box/libraries"
    stub ldconfig "cat '$box/libraries'"
    python "$box/root/usr/bin/python3"
}

# Adds a command to the machine; without a body it does nothing and succeeds.
stub() {
    rm -f "$box/bin/$1"
    printf '#!/bin/bash\n%s\n' "${2:-exit 0}" >"$box/bin/$1"
    chmod +x "$box/bin/$1"
}

# Adds a real interpreter at path $1 that reports version $2 (its own if empty) and runs the Python code $3 first.
python() {
    cat >"$1" <<STUB
#!/bin/bash
if [[ \$2 == -c ]]; then
    if [[ -n '${2:-}' ]]; then echo '${2:-}'; else exec '$real_python' "\$@"; fi
else
    exec '$real_python' -I -c '
import importlib.util, sys, sysconfig
${3:-}
sys.executable = "$1"
exec(sys.stdin.read())'
fi
STUB
    chmod +x "$1"
}

remove() { rm -f "${@/#/$box/bin/}"; }

lose_library() { sed -i "/$1/d" "$box/libraries"; }

root_user() { stub id 'echo 0'; }

# Makes apt-get install what the machine lacks: command $1, library $2, and a Python if $3 is given.
working_apt() {
    stub apt-get "
echo \"\$*\" >>'$box/apt'
case \" \$* \" in *' install '*)
    ${1:+ln -s /bin/true '$box/bin/$1'}
    ${2:+echo '	$2 (libc6,$tag) => /somewhere/$2' >>'$box/libraries'}
    ${3:+ln -s '$scratch/spare-python' '$box/root/usr/bin/python3'}
;; esac"
    ln -sf "$(type -P ln)" "$box/bin/ln"
}

# Runs the set-up on the machine for the goals in $want (build run test); sets $code and $output.
setup() {
    code=0
    output=$(env -i PATH="$box/bin" HOME="$box/home" SETUP_ROOT="$box/root" SETUP_STATE="$box/state" "$@" \
        "$BASH" scripts/setup.sh ${want:-build run test} 2>&1 </dev/null) || code=$?
}

# expect NAME CODE PATTERN: checks the exit code, and the last line of the output against a glob.
expect() {
    local last=${output##*$'\n'}
    # shellcheck disable=SC2053
    if [[ $code == "$2" && $last == $3 ]]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'setup %s: exit code %s, expected %s\n  expected: %s\n  actual:   %s\n' "$1" "$code" "$2" "$3" "$output" >&2
    fi
}

# also NAME COMMAND...: checks another condition after the set-up.
also() {
    if "${@:2}"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "setup $1: check failed: ${*:2}" >&2
    fi
}

# --- missing requirements --------------------------------------------------------------------------------

machine complete
setup
expect 'accepts a complete machine' 0 ''
also 'records the Python' test "$(cat "$box/state/python")" = "$box/root/usr/bin/python3"
also 'does not call apt' test ! -e "$box/apt"

machine other-system
stub uname 'echo Darwin'
setup
expect 'refuses another system' 1 'setup: Darwin is not supported: use Linux*'

machine other-processor
stub uname '[[ $1 == -s ]] && echo Linux || echo riscv64'
setup
expect 'refuses another processor' 1 'setup: no CadQuery wheels for riscv64: use *'

machine no-rust
remove cargo rustc
setup
expect 'reports missing Rust' 1 'setup: Rust is missing: install Rust 1.* or newer as *'

machine no-toolchain
stub rustc 'exit 1'
setup
expect 'reports a missing toolchain' 1 'setup: rustc does not run: *rustup default stable*'

machine old-rust
stub rustc 'echo "rustc 1.9.0 (0 2016-01-01)"'
setup
expect 'requires a newer Rust' 1 'setup: Rust 1.9.0 is older than 1.*: install a newer one *'
stub rustup
setup
expect 'requires a newer Rust from rustup' 1 'setup: Rust 1.9.0 is older than 1.*: run `rustup update stable`*'

machine no-clippy
stub cargo '[[ $1 != clippy ]]'
want='build lint' setup
expect 'reports missing clippy' 1 'setup: rustfmt or clippy is missing: run `rustup component add *`'
setup
expect 'runs without clippy' 0 ''

machine full-disk
stub df 'echo header; echo "/dev/x 9 9 102400 99% /"'
setup
expect 'requires free disk space' 1 'setup: 100 MB free in *, * MB needed: make room*'

machine read-only
setup SETUP_STATE=/proc/nowhere
expect 'requires a writable folder' 1 'setup: cannot write to /proc/nowhere in *'

machine no-compiler
remove cc
rm "$box/root/usr/include/features.h"
want=build setup
expect 'reports a missing compiler' 1 'setup: system packages are missing: run `sudo apt-get install gcc libc6-dev`'

machine no-gl
lose_library libGL.so.1
lose_library libEGL.so.1
rm "$box/root/usr/lib/dri/swrast_dri.so"
setup
expect 'reports missing GL' 1 \
    'setup: system packages are missing: run `sudo apt-get install libgl1 libegl1 libgl1-mesa-dri`'
want=build setup
expect 'builds without GL' 0 ''

machine no-test-tools
remove Xvfb xdotool import kill dbus-daemon
rm -r "$box/root/usr/share/dbus-1"
setup
expect 'reports missing test tools' 1 \
    'setup: system packages are missing: run `sudo apt-get install xvfb xdotool imagemagick dbus at-spi2-core procps`'
want='build run' setup
expect 'runs without test tools' 0 ''

machine foreign-library
sed -i 's/libXi.so.6 (libc6,[^)]*)/libXi.so.6 (libc6)/' "$box/libraries"
setup
expect 'rejects a library for another processor' 1 'setup: system packages are missing: run `sudo apt-get install libxi6`'

machine no-apt
remove apt-get apt-cache Xvfb
setup
expect 'refers other systems to their package manager' 1 "setup: missing: Xvfb: install them with this system's package manager*: xvfb)"

machine no-ldconfig
remove ldconfig
mkdir -p "$box/root/usr/lib64"
for library in $libraries; do touch "$box/root/usr/lib64/$library"; done
setup
expect 'searches folders without ldconfig' 0 ''

# --- installing with apt ---------------------------------------------------------------------------------

machine root
root_user
remove Xvfb
lose_library libEGL.so.1
working_apt Xvfb libEGL.so.1
setup
expect 'installs as root' 0 'setup: installing libegl1 xvfb'
also 'calls apt once' test "$(grep -c install "$box/apt")" = 1
setup
expect 'installs nothing the second time' 0 ''
also 'does not call apt again' test "$(grep -c install "$box/apt")" = 1

machine sudo
remove xdotool
working_apt xdotool ''
stub sudo '[[ $1 == -n ]] && shift; exec "$@"'
setup
expect 'installs with sudo' 0 'setup: installing xdotool'

machine asking-sudo
remove xdotool
working_apt xdotool ''
stub sudo 'exit 1'
setup
expect 'does not wait for a password' 1 'setup: system packages are missing: run `sudo apt-get install xdotool`'
also 'leaves apt to the user' test ! -e "$box/apt"

machine stale-lists
root_user
remove xdotool
stub apt-get "
case \" \$* \" in
*' update '*) : >'$box/updated';;
*) [[ -e '$box/updated' ]] || { echo 'E: Unable to locate package xdotool'; exit 100; }
   ln -s /bin/true '$box/bin/xdotool';;
esac"
ln -sf "$(type -P ln)" "$box/bin/ln"
setup
expect 'updates stale package lists' 0 'setup: installing xdotool'

machine offline-apt
root_user
remove xdotool
stub apt-get 'echo "E: Failed to fetch something"; exit 100'
setup
expect 'reports a network error' 1 \
    'setup: apt-get could not install xdotool (Failed to fetch something): check the network *run `apt-get install xdotool`'

machine useless-apt
root_user
remove xdotool
setup
expect 'checks again after apt' 1 'setup: still missing after apt-get: xdotool: *'

# --- Python ----------------------------------------------------------------------------------------------

machine no-python
rm "$box/root/usr/bin/python3"
setup
expect 'reports missing Python' 1 \
    'setup: system packages are missing: run `sudo apt-get install python3-dev python3-venv`'

machine python-by-apt
python "$scratch/spare-python"
rm "$box/root/usr/bin/python3"
root_user
working_apt '' '' yes
setup
expect 'installs Python' 0 'setup: installing python3-dev python3-venv'

machine static-python
python "$box/root/usr/bin/python3" '' '
get = sysconfig.get_config_var
sysconfig.get_config_var = lambda name: 0 if name == "Py_ENABLE_SHARED" else get(name)'
setup
expect 'requires libpython' 1 'setup: system packages are missing: run `sudo apt-get install python3-dev *`'

machine python-without-dev
python "$box/root/usr/bin/python3" '' '
get = sysconfig.get_config_var
sysconfig.get_config_var = lambda name: "libpython3.nowhere.so" if name == "LDLIBRARY" else get(name)'
setup
expect 'requires the linkable libpython' 1 'setup: system packages are missing: run `sudo apt-get install python3-dev *'

machine python-without-venv
python "$box/root/usr/bin/python3" '' '
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: None if name == "ensurepip" else find(name)'
setup
expect 'requires venv' 1 'setup: system packages are missing: run `*python3-venv`'

machine old-python
python "$box/root/usr/bin/python3" 3.9
setup
expect 'refuses an old system' 1 'setup: Python 3.9 is no use *: use Debian 12, Ubuntu 24.04 or newer, *PYTHON=*'

machine old-python-beside
python "$box/root/usr/bin/python3" 3.10
stub apt-cache '[[ $2 == python3.12-dev || $2 == python3.11-dev ]] && echo "  Candidate: 3.12.3-1" || echo "  Candidate: (none)"'
setup
expect 'suggests a newer Python from apt' 1 'setup: system packages are missing: run `sudo apt-get install python3.12-dev python3.12-venv`'

machine old-default
rm "$box/root/usr/bin/python3"
stub apt-cache '[[ $2 == python3 ]] && echo "  Candidate: 3.9.2-3"'
setup
expect 'does not install an old Python' 1 'setup: Python 3.9 is no use *'

machine new-python
python "$box/root/usr/bin/python3" 3.99
setup
expect 'refuses a Python without wheels' 1 'setup: Python 3.99 is no use *'

machine second-python
python "$box/root/usr/bin/python3" 3.9
python "$box/bin/python3.13"
setup
expect 'accepts the second Python' 0 ''
also 'records the second Python' test "$(cat "$box/state/python")" = "$box/bin/python3.13"

machine linked-python
named=python$("$real_python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
ln -sf "$named" "$box/root/usr/bin/python3"
python "$box/root/usr/bin/python3"
setup
expect 'accepts a linked Python' 0 ''
also 'records it with its version' test "$(cat "$box/state/python")" = "$(realpath "$box/root/usr/bin/$named")"

machine given-python
python "$box/mine"
python "$box/root/usr/bin/python3" 3.9
setup PYTHON="$box/mine"
expect 'accepts the Python given' 0 ''
also 'records the Python given' test "$(cat "$box/state/python")" = "$box/mine"
setup PYTHON="$box/absent"
expect 'requires the Python given to exist' 1 'setup: PYTHON=*/absent is not there: give the path *'
setup PYTHON="$box/root/usr/bin/python3"
expect 'reports why the Python given cannot be used' 1 'setup: PYTHON=* cannot be used: Python 3.9 is not one of *'
printf '#!/bin/bash\nexit 1\n' >"$box/mine"
setup PYTHON="$box/mine"
expect 'reports that the Python given does not run' 1 'setup: PYTHON=* cannot be used: it does not run; *'

# --- crates ----------------------------------------------------------------------------------------------

machine offline-crates
stub cargo 'echo "error: failed to download" >&2; exit 101'
setup
expect 'reports a network error when crates are missing' 1 'setup: crates could not be downloaded *: check the network, *'

machine stale-lock
stub cargo 'echo "error: the lock file needs to be updated but --locked was passed" >&2; exit 101'
setup
expect 'reports a stale lock file' 1 'setup: Cargo.lock does not fit Cargo.toml: run *'

# --- a folder with a space -------------------------------------------------------------------------------

machine 'a folder with spaces'
remove xdotool
setup
expect 'works below a path with spaces' 1 'setup: system packages are missing: run `sudo apt-get install xdotool`'

echo "setup: $passed passed, $failed failed"
((failed == 0))
