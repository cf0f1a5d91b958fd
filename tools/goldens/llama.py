"""Writes the goldens of Llama's kind: tiny models of random weights, and what `transformers` computes.

    $(tools/goldens/setup.sh) tools/goldens/llama.py

goldens/llama/NAME: config.json, generation_config.json, model.safetensors by `save_pretrained`.
goldens/llama/NAME-values.safetensors: input ids [T], logits, hidden states, attentions, the loss (the
mean over the next tokens) and its gradients, and a greedy continuation.
"""

import shutil
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import (
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

FOLDER = Path(__file__).parents[2] / "models/src/test/resources/goldens/llama"
LENGTH = 21
NEW_TOKENS = 6
SMALL = dict(
    vocab_size=37,
    hidden_size=16,
    intermediate_size=20,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=64,
    bos_token_id=1,
    eos_token_id=2,
    pad_token_id=0,
)


def models():
    # Llama 2's form, a head as wide as width / heads, all biases, linear scaling.
    yield "llama-linear", LlamaForCausalLM, LlamaConfig(
        **SMALL,
        attention_bias=True,
        mlp_bias=True,
        rope_parameters={"rope_type": "linear", "rope_theta": 10000.0, "factor": 3.0},
    )
    # Llama 3.1's, tied as SmolLM2's and Llama 3.2's.
    yield "llama-llama3", LlamaForCausalLM, LlamaConfig(
        **SMALL,
        head_dim=12,
        tie_word_embeddings=True,
        rms_norm_eps=1e-5,
        rope_parameters={
            "rope_type": "llama3",
            "rope_theta": 100.0,
            "factor": 4.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,
        },
    )
    yield "llama-yarn", LlamaForCausalLM, LlamaConfig(
        **SMALL,
        head_dim=12,
        rope_parameters={
            "rope_type": "yarn",
            "rope_theta": 50.0,
            "factor": 4.0,
            "original_max_position_embeddings": 16,
        },
    )
    yield "mistral", MistralForCausalLM, MistralConfig(**SMALL, sliding_window=5)
    yield "qwen2", Qwen2ForCausalLM, Qwen2Config(
        **SMALL, use_sliding_window=True, sliding_window=4, max_window_layers=1
    )
    yield "qwen3", Qwen3ForCausalLM, Qwen3Config(**SMALL, head_dim=6, tie_word_embeddings=True)
    yield "gemma3", Gemma3ForCausalLM, Gemma3TextConfig(
        **{**SMALL, "num_hidden_layers": 3, "num_key_value_heads": 1},
        head_dim=6,
        sliding_window=4,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        query_pre_attn_scalar=9,
        rope_parameters={
            "full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 2.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
        },
    )


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    for seed, (name, kind, config) in enumerate(models()):
        config._attn_implementation = "eager"
        model = kind(config).eval()
        generator = torch.Generator().manual_seed(31 + seed)
        with torch.no_grad():
            for key, parameter in model.named_parameters():
                # As it is made, biases are 0 and gains alike, and a mistake there would not show.
                drawn = torch.randn(parameter.shape, generator=generator)
                gain = 0 if "gemma" in name else 1
                parameter.copy_(gain + 0.2 * drawn if "norm" in key else 0.35 * drawn)
        model.save_pretrained(FOLDER / name)
        ids = torch.randint(3, 37, (LENGTH,), generator=generator)
        out = model(
            ids[None], labels=ids[None], output_hidden_states=True, output_attentions=True
        )
        out.loss.backward()
        values = {"input_ids": ids, "logits": out.logits[0], "loss": out.loss.reshape(1)}
        for i, hidden in enumerate(out.hidden_states):
            values[f"hidden_states.{i}"] = hidden[0]
        for i, attention in enumerate(out.attentions):
            values[f"attentions.{i}"] = attention[0]
        for key, parameter in model.named_parameters():
            values["gradient." + key] = parameter.grad
        prompt = ids[:7]
        new = model.generate(
            prompt[None],
            attention_mask=torch.ones(1, 7, dtype=torch.int64),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            eos_token_id=None,
        )[0]
        values["greedy"] = new[7:]
        with torch.no_grad():
            best = model(new[None, :-1]).logits[0, 6:].topk(2).values
        assert (best[:, 0] - best[:, 1]).min() > 1e-3, (name, best)
        values = {key: value.detach().contiguous().clone() for key, value in values.items()}
        save_file(values, FOLDER / f"{name}-values.safetensors")


if __name__ == "__main__":
    main()
