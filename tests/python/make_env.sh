#!/bin/sh
# Makes the Python environments that tests use beside the worker's: one for each requirements file, by its name.
#
#   make_env.sh PYTHON DIR FILE…
#
# Quick when nothing changed; made anew when its inputs changed or an earlier run was interrupted.
set -eu

die() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

[ $# -ge 3 ] || die "wrong use" "make_env.sh PYTHON DIR FILE…"
python=$1
dir=$2
shift 2

# Several checks in one checkout may want them at once.
mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9
for requirements; do
    venv=$dir/$(basename "$requirements" .txt)
    stamp=$venv/cadforge.stamp
    wanted=$({
        cat "$requirements"
        "$python" -c 'import sys; print(sys.version, sys.base_prefix)'
    } | sha256sum | cut -d' ' -f1)
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x "$venv/bin/python" ]; then
        continue
    fi
    # Only what `python -m venv` made is ever removed.
    [ ! -e "$venv" ] || [ -f "$venv/pyvenv.cfg" ] || die "$venv exists and is no virtual environment" "move it away"
    rm -rf "$venv"
    echo "making the Python environment in $venv" >&2
    "$python" -m venv "$venv"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps -r "$requirements" ||
        die "the packages of $requirements could not be installed" "see pip's words above; check the network and try again"
    echo "$wanted" >"$stamp"
done
