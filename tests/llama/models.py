"""Creates a model and its adapters for tests: a Llama of two layers with seeded random weights, and LoRAs of rank 8.

    models.py FOLDER

Writes base.gguf, sft.gguf, grpo.gguf and fresh.gguf, a few hundred KB, to that folder. `fresh` is an adapter as a
trainer initialises it: its second factor is zero, so it changes nothing. The vocabulary is printable ASCII, one character per
token except for one merge. The output of the model is noise, equal for equal seeds.
"""

import sys
from pathlib import Path

import gguf
import numpy

LAYERS, WIDTH, HEADS, HIDDEN, RANK, CONTEXT = 2, 64, 4, 128, 8, 65536
CHARACTERS = ["Ċ", "Ġ"] + [chr(code) for code in range(33, 127)]
MERGE = ("c", "q")
TOKENS = CHARACTERS + ["".join(MERGE), "<|end|>"]
TEMPLATE = "{% for message in messages %}{{ message.content }}\n{% endfor %}"


def base(path):
    random = numpy.random.default_rng(1)

    def weights(rows, columns, size):
        return (random.standard_normal((rows, columns)) * size).astype(numpy.float32)

    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name("tiny")
    writer.add_block_count(LAYERS)
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(TOKENS))
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("default")
    writer.add_token_list(TOKENS)
    kinds = [gguf.TokenType.NORMAL] * (len(TOKENS) - 1) + [gguf.TokenType.CONTROL]
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(MERGE)])
    writer.add_eos_token_id(len(TOKENS) - 1)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    writer.add_tensor("token_embd.weight", weights(len(TOKENS), WIDTH, 1.0))
    output = weights(len(TOKENS), WIDTH, 0.5)
    # Answers end at their token limit: the logit of the end token stays far below the best of the others.
    output[-1] = 0.0
    writer.add_tensor("output.weight", output)
    writer.add_tensor("output_norm.weight", numpy.ones(WIDTH, numpy.float32))
    for layer in range(LAYERS):
        name = f"blk.{layer}"
        writer.add_tensor(f"{name}.attn_norm.weight", numpy.ones(WIDTH, numpy.float32))
        writer.add_tensor(f"{name}.ffn_norm.weight", numpy.ones(WIDTH, numpy.float32))
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            writer.add_tensor(f"{name}.{part}.weight", weights(WIDTH, WIDTH, 0.2))
        writer.add_tensor(f"{name}.ffn_gate.weight", weights(HIDDEN, WIDTH, 0.2))
        writer.add_tensor(f"{name}.ffn_up.weight", weights(HIDDEN, WIDTH, 0.2))
        writer.add_tensor(f"{name}.ffn_down.weight", weights(WIDTH, HIDDEN, 0.2))
    finish(writer)


def adapter(path, seed, size):
    random = numpy.random.default_rng(seed)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_type(gguf.GGUFType.ADAPTER)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 2.0 * RANK)
    for layer in range(LAYERS):
        for part in ("attn_q", "attn_v"):
            first = (random.standard_normal((RANK, WIDTH)) * 0.2).astype(numpy.float32)
            second = (random.standard_normal((WIDTH, RANK)) * size).astype(numpy.float32)
            writer.add_tensor(f"blk.{layer}.{part}.weight.lora_a", first)
            writer.add_tensor(f"blk.{layer}.{part}.weight.lora_b", second)
    finish(writer)


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    base(folder / "base.gguf")
    adapter(folder / "sft.gguf", 2, 0.5)
    adapter(folder / "grpo.gguf", 3, 0.5)
    adapter(folder / "fresh.gguf", 4, 0.0)
