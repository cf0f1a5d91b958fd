"""Opens a low-rank update that Heed saved with PEFT, and compares the logits of both; then the model that `heed merge` makes.

    $(tools/goldens/setup.sh) tools/goldens/check_lora_opens.py DIRECTORY FILE [BASE]

DIRECTORY is what `./heed train classify|tag|next-word … --lora` wrote; FILE has a text a line; BASE is the base model where
the update was trained on a GGUF file. Needs `pip install peft`. Logits (from `heed trace`) must agree within 1e-3, relative to
the largest."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)

HEED = Path(__file__).parents[2] / "heed"
CLASSES = {
    "CAUSAL_LM": AutoModelForCausalLM,
    "SEQ_CLS": AutoModelForSequenceClassification,
    "TOKEN_CLS": AutoModelForTokenClassification,
}


def ours(directory, text, folder):
    file = f"{folder}/t.safetensors"
    subprocess.run([HEED, "trace", text, "--model", directory, "--quiet", "-o", file], check=True)
    return load_file(file)["logits"]


def main():
    directory, file = sys.argv[1:3]
    adapter = json.loads(Path(directory, "adapter_config.json").read_text())
    made = CLASSES[adapter["task_type"]]
    base = sys.argv[3] if len(sys.argv) > 3 else adapter["base_model_name_or_path"]
    model = made.from_pretrained(base, config=AutoConfig.from_pretrained(directory))
    model = PeftModel.from_pretrained(model, directory).eval()
    tokenizer = AutoTokenizer.from_pretrained(directory)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([HEED, "merge", "--model", directory, "-o", f"{folder}/merged", "--quiet"], check=True)
        merged = made.from_pretrained(f"{folder}/merged").eval()
        worst = {"PeftModel": 0, "heed merge, opened there": 0, "heed merge, opened here": 0}
        texts = Path(file).read_text(encoding="utf-8").splitlines()
        for text in texts:
            encoded = tokenizer(text, return_tensors="pt", truncation=True)
            here = ours(directory, text, folder)
            with torch.no_grad():
                all_ = [model(**encoded).logits[0], merged(**encoded).logits[0], ours(f"{folder}/merged", text, folder)]
            for name, logits in zip(worst, all_):
                worst[name] = max(worst[name], float((logits - here).abs().max() / here.abs().max()))
    assert max(worst.values()) < 1e-3, worst
    print(f"{type(model).__name__}, {len(texts)} texts: " + ", ".join(f"{name} {off:.1e}" for name, off in worst.items()))


if __name__ == "__main__":
    main()
