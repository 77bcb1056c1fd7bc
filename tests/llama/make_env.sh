#!/bin/sh
# Makes the Python environment that holds llama.cpp's server, and the tiny model of the tests in it.
#
#   make_env.sh PYTHON VENV_DIR [REQUIREMENTS...]
#
# Quick when nothing changed; made anew when its inputs changed or an earlier run was interrupted.
set -eu

[ $# -ge 2 ] || {
    printf 'error: wrong use\nhint: make_env.sh PYTHON VENV_DIR [REQUIREMENTS...]\n' >&2
    exit 1
}
python=$1
venv=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- "$here/requirements.txt"
"$here/../python/make_env.sh" "$python" "$venv" "$@"

# Gone with the environment when that is made anew.
stamp=$venv/models.stamp
wanted=$(sha256sum <"$here/models.py")
exec 9>"$venv.lock"
flock 9
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && exit 0
rm -rf "$venv/models"
"$venv/bin/python" "$here/models.py" "$venv/models"
echo "$wanted" >"$stamp"
