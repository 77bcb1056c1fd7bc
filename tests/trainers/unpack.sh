#!/bin/sh
# Unpacks the packages of the trainers without their dependencies, and installs the package in python/cadforge as a user does.
#
#   unpack.sh PYTHON DIR
#
# Writes DIR/packages and DIR/ours. Does nothing if both are up to date; writes nothing into the checkout.
set -eu

die() {
    printf 'error: %s\nhint: %s\n' "$1" "$2" >&2
    exit 1
}

[ $# -eq 2 ] || die "invalid arguments" "unpack.sh PYTHON DIR"
python=$1
dir=$2
here=$(cd "$(dirname "$0")" && pwd)
ours=$here/../../python/cadforge
stamp=$dir/cadforge.stamp

wanted=$({
    cat "$0" "$here/packages.txt"
    find "$ours" -type f -not -name '*.pyc' | LC_ALL=C sort | xargs cat
    "$python" -c 'import sys; print(sys.version, sys.base_prefix)'
} | sha256sum | cut -d' ' -f1)
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
    exit 0
fi
echo "unpacking trainers in $dir (about 20 MB)" >&2
rm -rf "$dir/packages" "$dir/ours" "$stamp"
mkdir -p "$dir"
export PIP_ROOT_USER_ACTION=ignore
pip() {
    "$python" -m pip "$@" || die "pip could not install" "see its output above; check the network and try again"
}
pip install --quiet --disable-pip-version-check --no-input --no-deps --require-hashes \
    --target "$dir/packages" -r "$here/packages.txt"
pip install --quiet --disable-pip-version-check --no-input --no-deps --no-compile --target "$dir/ours" "$ours"
echo "$wanted" >"$stamp"
