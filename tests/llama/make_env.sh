#!/bin/sh
# Makes the Python environment that holds llama.cpp's server, and the tiny model of the tests in it.
#
#   make_env.sh PYTHON VENV_DIR [REQUIREMENTS...]
#
# Quick when nothing changed; made anew when its inputs changed or an earlier run was interrupted.
set -eu

die() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

[ $# -ge 2 ] || die "wrong use" "make_env.sh PYTHON VENV_DIR [REQUIREMENTS...]"
python=$1
venv=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- "$here/requirements.txt"

wanted=$({
    cat "$0" "$here/models.py" "$@"
    "$python" -c 'import sys; print(sys.version, sys.base_prefix)'
} | sha256sum | cut -d' ' -f1)
# Several checks in one checkout may want it at once.
mkdir -p "$(dirname "$venv")"
exec 9>"$venv.lock"
flock 9
if [ -f "$venv/stamp" ] && [ "$(cat "$venv/stamp")" = "$wanted" ] && [ -x "$venv/bin/python" ]; then
    exit 0
fi
if [ -e "$venv" ]; then
    [ -f "$venv/pyvenv.cfg" ] || die "$venv exists and is no virtual environment" "move it away"
    rm -rf "$venv"
fi
echo "making the environment of llama.cpp's server in $venv" >&2
"$python" -m venv "$venv"
for list in "$@"; do
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-deps -r "$list" ||
        die "the packages of $list could not be installed" "see pip's words above; check the network and try again"
done
"$venv/bin/python" "$here/models.py" "$venv/models"
echo "$wanted" >"$venv/stamp"
