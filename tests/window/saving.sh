#!/usr/bin/env bash
# Checks by files alone that the studio loses no data: unknown settings, a file that a save would replace, undo across caret
# moves and saves, a file changed by another program, and a kill.
#
#   tests/window/saving.sh CADFORGE
set -euo pipefail
program=$(realpath "$1")
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

passed=0
pass() {
    passed=$((passed + 1))
    echo "saving: ok: $1"
}

export CADFORGE_DATA=$scratch/cadforge-data
mkdir -p "$CADFORGE_DATA" "$scratch/home"
part=$scratch/home/part.py taken=$scratch/home/taken.py
printf 'import cadquery as cq\nfixture = cq.Workplane().box(40, 30, 10)\n' >"$part"
printf 'theirs = 1\n' >"$taken"
printf '# mine\nsclae = 1.5\nworkers = 99\nseconds = 30\n' >"$CADFORGE_DATA/settings.toml"

first_line() { [[ $(head -n 1 "$1") == "$2" ]]; }

# saved TEXT: saves until the file starts with that line.
saved() {
    key ctrl+s
    until_true 20 first_line "$part" "$1" || fail "the file begins with '$(head -n 1 "$part")', not with '$1'"
}

# save_as PATH: types it into the path field.
save_as() {
    look before
    key ctrl+shift+s
    until_true 20 changed_at_least "$scratch/before" 5000 || fail 'no path field'
    sleep 0.3
    key ctrl+a
    type_text "$1"
    look before
    key Return
}

end_studio() {
    kill -9 "$studio"
    wait "$studio" 2>/dev/null || true
    studio=
}

start_display 1280x720
start_studio "$program" studio --task caster_wheel_fork "$part"
until_true 90 seen_at_least dc8c6b 4000 || fail 'the window does not open with unknown settings'
settle 60 || fail 'the window does not settle'
pass 'opens with a settings file with an unknown key and an invalid value'

key ctrl+comma
sleep 1
settle 20 || fail 'the settings page does not settle'
click Apply
until_true 20 grep -qs '^workers = 2' "$CADFORGE_DATA/settings.toml" || fail 'the settings are not written'
grep -q '^sclae = 1.5' "$CADFORGE_DATA/settings.toml" || fail 'a key of another version is lost'
grep -q '^seconds = 30' "$CADFORGE_DATA/settings.toml" || fail 'a valid value beside an invalid one is lost'
grep -q '^workers = 99' "$CADFORGE_DATA/settings.toml.bak" || fail 'the backup of the malformed file is missing'
settle 20 || fail 'the window does not settle after its settings'
pass 'preserves unknown keys, valid values and a backup when it writes the settings'

key ctrl+Home
# Pauses between words: with slow frames several keys are one edit.
for word in '# one ' 'two'; do
    type_text "$word"
    sleep 1.5
done
for move in Down End Up Home Down; do
    key "$move"
    sleep 0.3
done
saved '# one twoimport cadquery as cq'
key Up
key ctrl+Home
type_text 'x'
saved 'x# one twoimport cadquery as cq'
for text in '# one twoimport cadquery as cq' '# one import cadquery as cq'; do
    key Down
    key ctrl+z
    saved "$text"
done
for again in 1 2 3 4 5 6; do key ctrl+z; done
saved 'import cadquery as cq'
key ctrl+shift+z
for again in 1 2 3 4 5 6 7 8; do key ctrl+y; done
saved 'x# one twoimport cadquery as cq'
pass 'undoes edits word by word, across caret moves and saves'

save_as "$taken"
sleep 1
settle 20 || fail 'the question does not settle'
first_line "$taken" 'theirs = 1' || fail 'a file is replaced without a question'
key Escape
sleep 1
first_line "$taken" 'theirs = 1' || fail 'a file is replaced although the question was dismissed'
save_as "$taken"
sleep 1
settle 20 || fail 'the question does not settle'
key Tab
key space
until_true 20 cmp -s "$part" "$taken" || fail 'the file is not replaced after the answer'
pass 'asks before it replaces a file'

printf 'other = 1\n' >"$taken"
sleep 2
settle 30 || fail 'the window does not settle after a change by another program'
part=$taken
key ctrl+Home
type_text '#'
saved '#other = 1'
pass 'notices a change of a saved file by another program'

key ctrl+Home
type_text 'precious '
sleep 2
recovery_file() { ls "$CADFORGE_DATA"/studio/open-*.json 2>/dev/null; }
mine=$(recovery_file)
grep -q precious "$mine" || fail 'text typed two seconds ago is not in the recovery file'
first=$studio
start_studio "$program" studio --task caster_wheel_fork
sleep 4
grep -q precious "$mine" || fail 'another window takes over the edits of an open window'
end_studio
studio=$first
end_studio
start_studio "$program" studio --task caster_wheel_fork
sleep 4
grep -q precious "$mine" || fail 'edits are deleted before the decision'
end_studio
grep -q precious "$mine" || fail 'edits are lost with the window that offered to restore them'
pass 'keeps the edits of a killed window until the decision'

echo "saving: $passed passed, 0 failed"
