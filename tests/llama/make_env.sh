#!/bin/sh
# Creates the Python environment with llama.cpp's server, and in it the tiny model of the tests.
#
#   make_env.sh PYTHON VENV_DIR [REQUIREMENTS...]
#
# Does nothing if the environment is up to date; recreates it after a change of its inputs or an interrupted run.
set -eu

[ $# -ge 2 ] || {
    printf 'error: invalid arguments\nhint: make_env.sh PYTHON VENV_DIR [REQUIREMENTS...]\n' >&2
    exit 1
}
python=$1
venv=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)
[ $# -gt 0 ] || set -- "$here/requirements.txt"
"$here/../python/make_env.sh" "$python" "$venv" "$@"

# The stamp is inside the environment and is removed with it.
stamp=$venv/models.stamp
wanted=$(sha256sum <"$here/models.py")
exec 9>"$venv.lock"
flock 9
[ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && exit 0
rm -rf "$venv/models"
"$venv/bin/python" "$here/models.py" "$venv/models"
echo "$wanted" >"$stamp"
