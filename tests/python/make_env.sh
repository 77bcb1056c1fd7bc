#!/bin/sh
# Makes a Python environment that tests use beside the worker's.
#
#   make_env.sh PYTHON VENV_DIR REQUIREMENTS…
#
# Quick when nothing changed; made anew when its inputs changed or an earlier run was interrupted.
set -eu

die() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

[ $# -ge 3 ] || die "wrong use" "make_env.sh PYTHON VENV_DIR REQUIREMENTS…"
python=$1
venv=$2
stamp=$venv/cadforge.stamp
shift 2

wanted=$({
    cat "$@"
    "$python" -c 'import sys; print(sys.version, sys.base_prefix)'
} | sha256sum | cut -d' ' -f1)
# Several checks in one checkout may want it at once.
mkdir -p "$(dirname "$venv")"
exec 9>"$venv.lock"
flock 9
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x "$venv/bin/python" ]; then
    exit 0
fi
# Only what `python -m venv` made is ever removed.
[ ! -e "$venv" ] || [ -f "$venv/pyvenv.cfg" ] || die "$venv exists and is no virtual environment" "move it away"
rm -rf "$venv"
echo "making the Python environment in $venv" >&2
"$python" -m venv "$venv"
for requirements; do
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps -r "$requirements" ||
        die "the packages of $requirements could not be installed" "see pip's words above; check the network and try again"
done
echo "$wanted" >"$stamp"
