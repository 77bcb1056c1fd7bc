#!/bin/sh
# Makes the slim Python environment that cadforge-worker embeds.
#
#   make_env.sh PYTHON VENV_DIR
#
# Quick when nothing changed; made anew when its inputs changed or an earlier run was interrupted.
set -eu

die() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

[ $# -eq 2 ] || die "wrong use" "make_env.sh PYTHON VENV_DIR"
python=$1
venv=$2
here=$(cd "$(dirname "$0")" && pwd)
requirements=$here/requirements.txt
stamp=$venv/cadforge.stamp

command -v "$python" >/dev/null 2>&1 ||
    die "no Python at $python" "install Python 3.11 or newer (apt install python3 python3-dev python3-venv)"

"$python" - <<'PY' || exit 1
import ctypes, os, sys, sysconfig

def die(what, hint):
    sys.exit(f"error: {what}\nhint: {hint}")

version = "%d.%d" % sys.version_info[:2]
if not (3, 11) <= sys.version_info[:2] <= (3, 14):
    die(f"{sys.executable} is Python {version}, CadQuery needs 3.11 to 3.14", "name another one: make PYTHON=python3.12")
try:
    import ensurepip, venv
except ImportError:
    die(f"{sys.executable} cannot make virtual environments", f"apt install python{version}-venv")
library = sysconfig.get_config_var("INSTSONAME") or ""
places = [os.path.join(sysconfig.get_config_var("LIBDIR") or "", library), library]
for place in places:
    try:
        ctypes.CDLL(place)
        break
    except OSError:
        pass
else:
    die(f"Python {version} has no shared library ({library})", f"apt install libpython{version}, or a Python built with --enable-shared")
PY

# All that decides what the environment holds.
inputs() {
    cat "$0" "$requirements"
    find "$here/stubs" -name '*.py' | LC_ALL=C sort | while read -r file; do
        echo "${file#"$here"}"
        cat "$file"
    done
    "$python" -c 'import sys; print(sys.version, sys.base_prefix)'
}
wanted=$(inputs | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ] && [ -x "$venv/bin/python" ]; then
    exit 0
fi

if [ -e "$venv" ]; then
    # Never remove a folder that was not made here or by `python -m venv`.
    [ -f "$venv/pyvenv.cfg" ] || [ -z "$(ls -A "$venv")" ] ||
        die "$venv exists and is no virtual environment" "move it away, or name another folder"
    rm -rf "$venv"
fi
echo "making the Python environment in $venv (about 340 MB)" >&2
"$python" -m venv "$venv"
"$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    --require-hashes --no-deps -r "$requirements" ||
    die "the packages of $requirements could not be installed" "see pip's words above; check the network and try again"
packages=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
(cd "$here/stubs" && find . -name '*.py' -print) | while read -r file; do
    mkdir -p "$packages/$(dirname "$file")"
    cp "$here/stubs/$file" "$packages/$file"
done
"$venv/bin/python" -I -c 'import cadquery' ||
    die "CadQuery was installed but cannot be imported" "see the traceback above"
echo "$wanted" >"$stamp"
