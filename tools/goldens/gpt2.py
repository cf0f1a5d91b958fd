"""Writes the goldens of GPT-2: a tiny one of random weights, and what `transformers` computes.

    $(tools/goldens/setup.sh) tools/goldens/gpt2.py

goldens/gpt2: config.json, generation_config.json, model.safetensors by `save_pretrained`.
goldens/gpt2-generated.json: what `generate` gives for the prompts with beams.
goldens/gpt2-values.safetensors: input ids [T], logits, hidden states, attentions, the loss (the
mean over the next tokens) and its gradients; greedy continuations of three prompts and their log
probabilities.
"""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import GPT2Config, GPT2LMHeadModel

FOLDER = Path(__file__).parents[2] / "models/src/test/resources/goldens"
PROMPTS = [[7], [3, 14, 15, 9, 2], [50, 1, 22, 8, 8, 41, 30, 12, 5, 17, 29]]
NEW_TOKENS = 8
BEAMS = [
    dict(num_beams=3, max_new_tokens=8),
    dict(num_beams=4, max_new_tokens=9, length_penalty=0.5, early_stopping=True),
    dict(num_beams=2, max_new_tokens=7, no_repeat_ngram_size=2, length_penalty=2.0),
]


def model():
    config = GPT2Config(
        vocab_size=53,
        n_positions=24,
        n_embd=24,
        n_layer=2,
        n_head=3,
        bos_token_id=0,
        eos_token_id=0,
        attn_implementation="eager",
    )
    gpt2 = GPT2LMHeadModel(config).eval()
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, parameter in gpt2.named_parameters():
            # As it is made, biases are 0 and gains 1, and a mistake there would not show.
            drawn = torch.randn(parameter.shape, generator=generator)
            gain = ".ln_" in name and name.endswith("weight")
            parameter.copy_(1 + 0.2 * drawn if gain else 0.3 * drawn)
    return gpt2


def main():
    gpt2 = model()
    gpt2.save_pretrained(FOLDER / "gpt2")
    ids = torch.randint(0, 53, (17,), generator=torch.Generator().manual_seed(12))
    out = gpt2(
        ids[None], labels=ids[None], output_hidden_states=True, output_attentions=True
    )
    out.loss.backward()
    values = {"input_ids": ids, "logits": out.logits[0], "loss": out.loss.reshape(1)}
    for i, hidden in enumerate(out.hidden_states):
        values[f"hidden_states.{i}"] = hidden[0]
    for i, attention in enumerate(out.attentions):
        values[f"attentions.{i}"] = attention[0]
    for name, parameter in gpt2.named_parameters():
        values["gradient." + name] = parameter.grad
    for i, prompt in enumerate(PROMPTS):
        text, scores, margin = list(prompt), [], float("inf")
        with torch.no_grad():
            for _ in range(NEW_TOKENS):
                logits = gpt2(torch.tensor([text])).logits[0, -1]
                best = logits.topk(2).values
                margin = min(margin, (best[0] - best[1]).item())
                text.append(logits.argmax().item())
                scores.append(logits.log_softmax(-1).max())
        assert margin > 1e-3 and 0 not in text[len(prompt) :], (margin, text)
        generated = gpt2.generate(
            torch.tensor([prompt]),
            attention_mask=torch.ones(1, len(prompt), dtype=torch.int64),
            max_new_tokens=NEW_TOKENS,
            do_sample=False,
            pad_token_id=0,
        )[0]
        assert generated.tolist() == text, (generated.tolist(), text)
        values[f"greedy.{i}.prompt"] = torch.tensor(prompt)
        values[f"greedy.{i}.new"] = torch.tensor(text[len(prompt) :])
        values[f"greedy.{i}.log_probabilities"] = torch.stack(scores)
    values = {name: value.detach().contiguous().clone() for name, value in values.items()}
    save_file(values, FOLDER / "gpt2-values.safetensors")
    lines = ",\n".join(json.dumps(answer) for answer in beams(gpt2))
    (FOLDER / "gpt2-generated.json").write_text(f"[\n{lines}\n]\n")


def beams(gpt2):
    for settings in BEAMS:
        texts = []
        for prompt in PROMPTS:
            out = gpt2.generate(
                torch.tensor([prompt]),
                attention_mask=torch.ones(1, len(prompt), dtype=torch.int64),
                do_sample=False,
                pad_token_id=0,
                num_return_sequences=settings["num_beams"],
                return_dict_in_generate=True,
                output_scores=True,
                **settings,
            )
            texts.append(
                [
                    {"ids": ids[len(prompt) :], "score": score}
                    for ids, score in zip(out.sequences.tolist(), out.sequences_scores.tolist())
                ]
            )
        yield {"settings": settings, "prompts": PROMPTS, "texts": texts}


if __name__ == "__main__":
    main()
