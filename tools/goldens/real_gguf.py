"""Writes what `transformers` computes in fp32 from the dequantised weights of the two real GGUF files.

    $(tools/goldens/setup.sh) tools/goldens/real_gguf.py [smollm2] [gemma3]

Needs the files of tools/fetch-models.sh and the package `gguf`. For each model a safetensors file:
the ids of a fixed text (the first 6000 characters of LICENSE) and the mean −ln p of each after the
first, in windows of 512; for 50 prompts their ids, 32 greedy tokens and, for each, how far the best
logit is above the second. SmolLM2's tokenizer is the one that `transformers` makes of the same file;
Gemma's is the model's own tokenizer.json (tools/tokenizers/fetch.sh), since that of the file takes
runs of spaces apart in another way.
"""

import os
import sys
from pathlib import Path

import torch
from tokenizers import pre_tokenizers
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast

ROOT = Path(__file__).parents[2]
MODELS = Path(os.environ.get("HEED_TEST_MODELS", Path.home() / ".cache/heed-test-models"))
TO = ROOT / "tasks/src/test/resources/goldens"
FILES = {"smollm2": "SmolLM2-135M-Instruct.Q4_1.gguf", "gemma3": "gemma-3-270m-q4_k_m.gguf"}
STARTS = [
    "The train left the", "Once upon a time there was", "The capital of France is",
    "def fibonacci(n):", "Water boils at", "In 1969, the first man", "My favourite food is",
    "The quick brown fox", "To be or not to be", "She opened the letter and",
    "import java.util.List;\n", "The meaning of life", "A recipe for pancakes:",
    "Dear Sir or Madam,", "Two plus two equals", "The largest planet is", "1, 2, 3, 4,",
    "Le chat est sur", "Der Hund ist", "El sol brilla", "<html>\n<body>", "SELECT name FROM",
    "The opposite of hot is", "Shakespeare wrote", "Photosynthesis is the process",
    "If it rains tomorrow,", "Breaking news:", "The doctor said that", "Mount Everest is",
    "I have never seen such", "In the beginning", "The recipe calls for", "Music is",
    "Albert Einstein was born", "The stock market fell", "Roses are red,", "A triangle has",
    "The river flows through", "How do I learn", "Once the war was over,", "The computer said:",
    "Birds fly because", "The Pacific Ocean", "He whispered, \u201cdo not", "caf\u00e9 au lait is",
    "Question: What is gravity?\nAnswer:", "The first law of", "Winter came early",
    "const x = [1, 2, 3];", "The end of the story",
]


def main():
    text = (ROOT / "LICENSE").read_text()[:6000]
    for name in sys.argv[1:] or FILES:
        file = FILES[name]
        if name == "gemma3":
            tokenizer = PreTrainedTokenizerFast(
                tokenizer_file=str(ROOT / "runs/tokenizers/gemma3/tokenizer.json"), bos_token="<bos>"
            )
        else:
            tokenizer = AutoTokenizer.from_pretrained(MODELS, gguf_file=file)
            # The converter leaves out what the model's own tokenizer.json does first.
            tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
                [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
            )
        model = AutoModelForCausalLM.from_pretrained(
            MODELS, gguf_file=file, dtype=torch.float32
        ).eval()
        model.generation_config.eos_token_id = None
        bos = [tokenizer.bos_token_id] if name == "gemma3" else []
        values = {}

        def encode(text):
            return tokenizer(text, add_special_tokens=False)["input_ids"]

        ids = encode(text)
        total, count = 0.0, 0
        size = 512 - len(bos)
        with torch.no_grad():
            for at in range(0, len(ids), size):
                window = torch.tensor(bos + ids[at : at + size])
                p = model(window[None]).logits[0].double().log_softmax(-1)
                total -= p[:-1].gather(1, window[1:, None]).sum().item()
                count += len(window) - 1
        values["text_ids"] = torch.tensor(ids, dtype=torch.int32)
        values["nll"] = torch.tensor([total / count], dtype=torch.float64)
        values["scored"] = torch.tensor([count])
        print(name, "nll", total / count, "of", count)
        for i, start in enumerate(STARTS):
            prompt = bos + encode(start)
            with torch.no_grad():
                out = model.generate(
                    torch.tensor([prompt]),
                    attention_mask=torch.ones(1, len(prompt), dtype=torch.int64),
                    max_new_tokens=32,
                    do_sample=False,
                    pad_token_id=0,
                    output_logits=True,
                    return_dict_in_generate=True,
                )
            best = torch.cat(out.logits).topk(2).values
            values[f"{i}.prompt"] = torch.tensor(prompt, dtype=torch.int32)
            values[f"{i}.new"] = out.sequences[0, len(prompt) :].to(torch.int32)
            values[f"{i}.margin"] = best[:, 0] - best[:, 1]
        TO.mkdir(parents=True, exist_ok=True)
        save_file({k: v.contiguous() for k, v in values.items()}, TO / f"real-{name}.safetensors")


if __name__ == "__main__":
    main()
