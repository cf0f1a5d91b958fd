"""Writes models/src/test/resources/goldens/{gpt2,bert-judging}-lora: updates of the tiny models beside them as PEFT saves
them, and NAME-lora-values.safetensors with the logits. Run with the interpreter of setup.sh; needs `pip install peft`."""

import json
import shutil
from pathlib import Path

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, GPT2LMHeadModel

GOLDENS = Path(__file__).parents[2] / "models/src/test/resources/goldens"


def write(name, model, config, compute):
    adapted = get_peft_model(model, config)
    for key, parameter in adapted.named_parameters():
        if parameter.requires_grad:
            torch.nn.init.normal_(parameter, std=0.2)
    folder = GOLDENS / f"{name}-lora"
    shutil.rmtree(folder, ignore_errors=True)
    adapted.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    file = folder / "adapter_config.json"
    values = json.loads(file.read_text())
    values["base_model_name_or_path"] = name  # the test says where it is
    file.write_text(json.dumps(values, indent=2))
    adapted.eval()
    with torch.no_grad():
        save_file({"logits": compute(adapted).contiguous()}, GOLDENS / f"{name}-lora-values.safetensors")


def main():
    torch.manual_seed(3)
    values = load_file(GOLDENS / "gpt2-values.safetensors")
    write(
        "gpt2",
        GPT2LMHeadModel.from_pretrained(GOLDENS / "gpt2"),
        LoraConfig(r=4, lora_alpha=6, target_modules=["c_attn", "c_proj"], fan_in_fan_out=True, task_type="CAUSAL_LM"),
        lambda model: model(values["input_ids"][None].long()).logits[0],
    )
    values = load_file(GOLDENS / "bert-judging-values.safetensors")

    def judged(model):
        rows, start = [], 0
        for length in values["lengths"].tolist():
            part = slice(start, start + length)
            ids, types = values["input_ids"][part][None].long(), values["token_type_ids"][part][None].long()
            rows.append(model(input_ids=ids, token_type_ids=types).logits[0])
            start += length
        return torch.stack(rows)

    write(
        "bert-judging",
        AutoModelForSequenceClassification.from_pretrained(GOLDENS / "bert-judging"),
        LoraConfig(r=3, lora_alpha=3, target_modules=["query", "intermediate.dense"], task_type="SEQ_CLS"),
        judged,
    )


if __name__ == "__main__":
    main()
