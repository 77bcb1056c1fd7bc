#!/usr/bin/env bash
# Takes the screenshot of the README: the caster wheel after its repair loop.
#
#   tests/window/screenshot.sh CADFORGE OUT.png
set -euo pipefail
program=$(realpath "$1")
mkdir -p "$(dirname "$2")"
out=$(realpath "$2")
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

size=1600x1000
start_display "$size"
start_studio "$program" studio --task caster_wheel_fork
until_true 90 seen_at_least dc8c6b 16000 || fail 'the seed is not visible after 90 s'
settle
shot "$scratch/seed"
key ctrl+shift+Return
until_true 90 changed_at_least "$scratch/seed" 32000 || fail 'the repair loop changes nothing'
settle 60
xdotool mousemove 0 0
settle
shot "$scratch/screenshot"
mv "$scratch/screenshot.png" "$out"
echo "took $out"
