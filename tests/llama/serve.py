"""Serves a GGUF model and adapters with llama.cpp's HTTP server until standard input ends.

    serve.py [--context TOKENS] [--slots N] [--threads N] [--port PORT] MODEL.gguf [ADAPTER.gguf...]

Prints one line, the address of the server.
"""

import argparse
import sys

import xllamacpp

parser = argparse.ArgumentParser()
parser.add_argument("--context", type=int, default=16384)
parser.add_argument("--slots", type=int, default=1)
parser.add_argument("--threads", type=int, default=1)
parser.add_argument("--port", type=int, default=0)
parser.add_argument("model")
parser.add_argument("adapters", nargs="*")
arguments = parser.parse_args()

params = xllamacpp.CommonParams()
params.model.path = arguments.model
params.n_ctx = arguments.context * arguments.slots
params.n_parallel = arguments.slots
params.n_gpu_layers = 0
params.cpuparams.n_threads = arguments.threads
params.cpuparams_batch.n_threads = arguments.threads
params.port = arguments.port
params.endpoint_slots = True
params.endpoint_props = True
params.endpoint_metrics = True
params.warmup = False
params.use_jinja = True
adapters = []
for path in arguments.adapters:
    info = xllamacpp.CommonAdapterLoraInfo()
    info.path = path
    info.scale = 0.0
    adapters.append(info)
params.lora_adapters = adapters

server = xllamacpp.Server(params)
print(server.listening_address, flush=True)
sys.stdin.read()
