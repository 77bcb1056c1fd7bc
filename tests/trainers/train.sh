#!/bin/sh
# Trains a tiny model on the reward with TRL, in a separate environment.
#
#   train.sh PYTHON CADFORGE
#
# The first run downloads about 3 GB.
set -eu

[ $# -eq 2 ] || {
    echo 'usage: train.sh PYTHON CADFORGE' >&2
    exit 2
}
here=$(cd "$(dirname "$0")" && pwd)
top=$here/../..
"$here/../python/make_env.sh" "$1" "$top/target/test-env/trl" "$here/trl.txt"
"$here/unpack.sh" "$top/.venv/bin/python" "$top/target/trainers"
CADFORGE_BIN=$(realpath "$2")
export CADFORGE_BIN CADFORGE_SERVE='--shaping strict'
export PYTHONPATH="$top/target/trainers/ours" PYTHONDONTWRITEBYTECODE=1 HF_HUB_OFFLINE=1 CUDA_VISIBLE_DEVICES=
exec "$top/target/test-env/trl/bin/python" "$here/train.py"
