"""Opens a tagger that Heed saved with `transformers`, and compares the labels and logits that both give to words.

    $(tools/goldens/setup.sh) tools/goldens/check_tagger_opens.py DIRECTORY FILE

DIRECTORY is, for instance, ~/.heed/models/tag after `./heed train tag`; FILE has a text a line. Logits (from `heed trace`)
must agree within 1e-3, and every word must have the label of its first token."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForTokenClassification, AutoTokenizer

HEED = Path(__file__).parents[2] / "heed"


def heed(*arguments):
    return subprocess.run([HEED, *arguments], capture_output=True, text=True, check=True).stdout


def main():
    directory, file = sys.argv[1:]
    answers = heed("tag", "--model", directory, "--format", "jsonl", "--quiet", "--input", file)
    answers = [json.loads(line)["tokens"] for line in answers.splitlines()]
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model, loading = AutoModelForTokenClassification.from_pretrained(directory, output_loading_info=True)
    wrong = {key: found for key, found in loading.items() if found}
    assert not wrong, wrong
    model.eval()
    texts = Path(file).read_text(encoding="utf-8").splitlines()
    assert len(texts) == len(answers)
    largest, words = 0, 0
    for number, (text, answer) in enumerate(zip(texts, answers)):
        encoded = tokenizer(text, return_tensors="pt", return_offsets_mapping=True)
        offsets = encoded.pop("offset_mapping")[0].tolist()
        with torch.no_grad():
            logits = model(**encoded).logits[0]
        for word in answer:
            assert text[word["start"] : word["end"]] == word["text"], word
            first = next(i for i, (start, end) in enumerate(offsets) if end > word["start"])
            assert model.config.id2label[int(logits[first].argmax())] == word["label"], word
            words += 1
        if number < 5:
            with tempfile.TemporaryDirectory() as folder:
                heed("trace", text, "--model", directory, "--quiet", "-o", f"{folder}/t.safetensors")
                ours = load_file(f"{folder}/t.safetensors")["logits"]
            largest = max(largest, float((ours - logits).abs().max()))
    assert largest < 1e-3, largest
    print(f"{type(model).__name__} labels {words} words of {len(texts)} texts as Heed does, logits within {largest:.1e}")


if __name__ == "__main__":
    main()
