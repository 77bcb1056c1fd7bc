#!/bin/sh
# Makes the Python environment that the tests load exported data sets with.
#
#   make_env.sh PYTHON DIR
#
# Quick when nothing changed; made anew when the requirements or Python changed, or an earlier run was interrupted.
set -eu

[ $# -eq 2 ] || { echo "make_env.sh PYTHON DIR" >&2 && exit 1; }
python=$1
venv=$2
requirements=$(dirname "$0")/requirements.txt
stamp=$venv/cadforge.stamp

wanted=$({ cat "$0" "$requirements" && "$python" -c 'import sys; print(sys.version, sys.base_prefix)'; } | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi
echo "making the Python environment of the tests in $venv (about 350 MB)" >&2
mkdir -p "$(dirname "$venv")"
rm -rf "$venv"
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --no-deps -r "$requirements" || {
    echo "error: the packages of $requirements could not be installed" >&2
    echo "hint: see pip's words above; check the network and try again" >&2
    exit 1
}
echo "$wanted" >"$stamp"
