#!/bin/sh
# Creates a Python environment for tests, separate from the environment of the worker.
#
#   make_env.sh PYTHON VENV_DIR REQUIREMENTS…
#
# Does nothing if the environment is up to date; recreates it after a change of its inputs or an interrupted run.
set -eu

die() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

[ $# -ge 3 ] || die "invalid arguments" "make_env.sh PYTHON VENV_DIR REQUIREMENTS…"
python=$1
venv=$2
stamp=$venv/cadforge.stamp
shift 2

wanted=$({
    cat "$@"
    "$python" -c 'import sys; print(sys.version, sys.base_prefix)'
} | sha256sum | cut -d' ' -f1)
# Several runs in one checkout may create it at the same time.
mkdir -p "$(dirname "$venv")"
exec 9>"$venv.lock"
flock 9
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x "$venv/bin/python" ]; then
    exit 0
fi
# Only a folder that `python -m venv` created is ever removed.
[ ! -e "$venv" ] || [ -f "$venv/pyvenv.cfg" ] || die "$venv exists and is not a virtual environment" "move it away"
rm -rf "$venv"
echo "creating the Python environment in $venv" >&2
"$python" -m venv "$venv"
for requirements; do
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps -r "$requirements" ||
        die "the packages of $requirements could not be installed" "see the output of pip above; check the network and try again"
done
echo "$wanted" >"$stamp"
