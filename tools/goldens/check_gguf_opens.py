"""Shows that the real llama.cpp opens the GGUF files that Heed writes, with Heed's answers.

    $(tools/llama-cpp.sh) tools/goldens/check_gguf_opens.py [DIRECTORY…]

Each directory, else a Llama, a Qwen3 and a GPT-2 of random weights that `transformers` makes here (with
the tokenizer of SmolLM2's GGUF file), and a Gemma 3 with Gemma's, goes through `heed convert` and `heed quantize`.
llama.cpp's logits are compared with Heed's log probabilities, its tokens with Heed's.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import llama_cpp
import numpy as np

ROOT = Path(__file__).parents[2]
MODELS = Path(os.environ.get("HEED_TEST_MODELS", Path.home() / ".cache/heed-test-models"))
HEED = os.environ.get("HEED", str(ROOT / "heed"))
TEXTS = ["The train left the station", "1234 \u00e9t\u00e9 \u65e5\u672c   x = [1, 2]", "Hello, I'll go!"]
# Keys and values are F32 here. With quantised weights llama.cpp rounds activations to 8 bits, as Heed does by default: its
# distance to Heed's fp32 may be twice what Heed's own rounding moves the same log probabilities.
ALLOWED = {"F32": 2e-3, "F16": 2e-2, "Q8_0": None, "Q4_0": None, "Q4_K": None}


def heed(*arguments):
    return subprocess.run([HEED, "--quiet", *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def tiny(folder):
    """Models of random weights with real vocabularies."""
    import torch
    from transformers import (Gemma3ForCausalLM, Gemma3TextConfig, GPT2Config, GPT2LMHeadModel, LlamaConfig,
                              LlamaForCausalLM, Qwen3Config, Qwen3ForCausalLM)

    smol, gemma = MODELS / "SmolLM2-135M-Instruct.Q4_1.gguf", MODELS / "gemma-3-270m-q4_k_m.gguf"
    shape = dict(hidden_size=256, intermediate_size=512, num_hidden_layers=3, num_attention_heads=4,
                 num_key_value_heads=2, max_position_embeddings=256, bos_token_id=1, eos_token_id=2,
                 initializer_range=0.1)
    made = {
        "llama": (smol, LlamaForCausalLM(LlamaConfig(vocab_size=49152, rope_scaling=dict(
            rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0,
            original_max_position_embeddings=64), **shape))),
        "qwen3": (smol, Qwen3ForCausalLM(Qwen3Config(vocab_size=49152, head_dim=64, **shape))),
        "gpt2": (smol, GPT2LMHeadModel(GPT2Config(vocab_size=49152, n_positions=256, n_embd=256, n_layer=3, n_head=4,
                                                  bos_token_id=1, eos_token_id=2, initializer_range=0.1))),
        "gemma3": (gemma, Gemma3ForCausalLM(Gemma3TextConfig(
            vocab_size=262144, head_dim=64, query_pre_attn_scalar=64, sliding_window=16,
            layer_types=["sliding_attention"] * 3, **{**shape, "bos_token_id": 2, "eos_token_id": 1}))),
    }
    for name, (vocabulary, model) in made.items():
        torch.manual_seed(1)
        directory = folder / name
        source = folder / (vocabulary.stem + "-hf")
        if not source.exists():
            heed("convert", vocabulary, "-o", source)
        model.save_pretrained(directory)
        for file in ("tokenizer.json", "tokenizer_config.json"):
            (directory / file).write_bytes((source / file).read_bytes())
        yield directory


def logprobs_of(file, ids, precision):
    """Heed's log probabilities of the 20 most probable tokens after `ids`."""
    answer = json.loads(heed("complete", "--model", file, "--ids", ",".join(map(str, ids)), "--max-tokens", 1,
                             "--logprobs", 20, "--precision", precision, "--format", "json"))
    return {one["id"]: one["logprob"] for one in answer["alternatives"][0]}


def check(directory, folder):
    lines = folder / "texts.txt"
    lines.write_text("\n".join(TEXTS))
    ours = [json.loads(line)["ids"] for line in
            heed("tokenize", "--model", directory, "--input", lines).splitlines()]
    for kind, allowed in ALLOWED.items():
        file = folder / f"{directory.name}-{kind}.gguf"
        heed("convert" if kind == "F32" else "quantize", directory, "--type", kind, "-o", file)
        peer = llama_cpp.Llama(str(file), n_ctx=256, n_threads=2, logits_all=True, type_k=0, type_v=0,
                               verbose=False)  # keys and values as F32
        worst = rounding = 0.0
        for text, ids in zip(TEXTS, ours):
            theirs = peer.tokenize(text.encode(), add_bos=True, special=True)
            if ids != theirs:
                sys.exit(f"{file.name}: {text!r}: Heed {ids}, llama.cpp {theirs}")
            exact, rounded = logprobs_of(file, ids, "fp32"), logprobs_of(file, ids, "int8")
            rounding = max([rounding, *(abs(exact[i] - rounded[i]) for i in exact.keys() & rounded.keys())])
            peer.reset()
            peer.eval(ids)
            logits = np.array(peer.scores[len(ids) - 1], dtype=np.float64)
            logprobs = logits - np.log(np.exp(logits - logits.max()).sum()) - logits.max()
            worst = max([worst, *(abs(logprobs[i] - exact[i]) for i in exact)])
        peer.close()
        limit = allowed or 2 * rounding
        print(f"{file.name}: log probabilities differ by at most {worst:.2e} (limit {limit:.2e})", flush=True)
        if worst > limit:
            sys.exit(f"{file.name}: expected at most {limit}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        given = [Path(name) for name in sys.argv[1:]]
        for directory in given or tiny(folder):
            check(directory, folder)


if __name__ == "__main__":
    main()
