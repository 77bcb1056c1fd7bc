#!/usr/bin/env bash
# Repairs in the studio by each proposer: a recording, the rules, and a model on llama.cpp's server. Its streamed text is
# displayed, cancelled, and interrupted by killing the server. Saves screenshots in target/window.
#
#   tests/window/proposers.sh CADFORGE [WIDTHxHEIGHT]
set -euo pipefail
program=$(realpath "$1")
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
size=${2:-1600x1000}
pictures=$root/target/window
name=$pictures/proposers
area=$((${size%x*} * ${size#*x}))
warm=dc8c6b teal=61a89e

passed=0
pass() {
    passed=$((passed + 1))
    echo "proposers: ok: $1"
}

# begin TEXT: like do_command, for commands after which the window keeps changing.
begin() {
    look before
    key ctrl+shift+p
    until_true 20 changed_at_least "$scratch/before" 5000 || fail "no palette for '$1'"
    sleep 0.2
    type_text "$1"
    sleep 0.3
    key Return
    sleep 0.6
}

# The server ends when its standard input does.
llama=$root/target/llama
[[ -x $llama/bin/python ]] || fail 'no llama.cpp server: make llama'
mkfifo "$scratch/open"
"$llama/bin/python" "$root/tests/llama/serve.py" --context 65536 "$llama/models/base.gguf" "$llama/models/sft.gguf" \
    "$llama/models/grpo.gguf" <"$scratch/open" >"$scratch/address" 2>"$scratch/llama.log" &
server=$!
exec 8>"$scratch/open"
trap 'kill -9 "$server" 2>/dev/null || true; end_all' EXIT
until_true 60 test -s "$scratch/address" || fail 'the server does not start'
address=$(<"$scratch/address")

# metric NAME: a metric of the server.
metric() { curl -s --max-time 20 "$address/metrics" | sed -n "s/^llamacpp:$1 //p"; }
is_busy() { [[ $(metric requests_processing) != 0 ]]; }
is_idle() { [[ $(metric requests_processing) == 0 ]]; }

for folder in "$scratch/data/cadforge"; do
    mkdir -p "$folder"
    printf '[[server]]\nurl = "%s"\nmodel = "sft"\nmax_tokens = 50000\n' "$address" >"$folder/servers.toml"
done

start_display "$size"
start_studio "$program" studio --task axial_motor_stator_12_slot
until_true 120 seen_at_least $warm $((area / 400)) || fail "the seed's shape is not visible after 120 s"
settle 60 || fail 'does not settle'
shot "$name-1-start"

begin 'run loop'
until_true 120 changed_at_least "$name-1-start" $((area / 50)) || fail 'the replay changes nothing'
sleep 3
settle 120 || fail 'the replay does not settle'
(($(seen $teal) >= area / 400)) || fail 'the repaired stator is not visible'
shot "$name-2-replay"
pass 'a recording shows a broken stator repaired'

do_command 'reset to seed'
do_command 'proposer: rules'
begin 'propose'
sleep 2
settle 90 || fail 'a proposal of the rules does not settle'
shot "$name-3-rules-arrived"
do_command 'reject proposal'
settle 60 || fail 'does not settle after a rejection'
shot "$name-4-rules-rejected"
begin 'run loop'
sleep 3
settle 120 || fail 'the loop of the rules does not settle'
shot "$name-5-rules-loop"
pass 'the rules propose once and in a loop'

do_command 'proposer: model'
sleep 2
settle 60 || fail 'does not settle with a server'
shot "$name-6-server"
do_command 'show prompt'
sleep 2
settle 60 || fail 'the prompt does not settle'
shot "$name-7-prompt"
key Escape
sleep 0.5
begin 'run loop'
until_true 60 is_busy || fail 'the server gets no request'
sleep 2
shot "$name-8-streaming"
sleep 1
until_true 20 changed_at_least "$name-8-streaming" 300 || fail 'no streamed text appears'
shot "$name-9-streaming-on"
key Escape
until_true 30 is_idle || fail 'the cancellation does not reach the server'
made=$(metric tokens_predicted_total)
settle 60 || fail 'does not settle after the cancellation'
((${made%.*} < 50000)) || fail "the server generated all $made tokens"
shot "$name-10-stopped"
pass "streamed text appears and is cancelled on the server after $made tokens"

begin 'run loop'
until_true 60 is_busy || fail 'the server gets no second request'
sleep 2
shot "$name-10-again"
kill -9 "$server"
settle 60 || fail 'does not settle after the server was killed'
# The banner has the full width.
until_true 30 changed_at_least "$name-10-again" $((area / 50)) || fail 'the killed server is not reported'
shot "$name-11-server-killed"
pass 'a server killed while streaming is reported, and its text stays'
rm -f "$pictures"/proposers-*.ppm
echo "proposers: $passed passed, 0 failed"
