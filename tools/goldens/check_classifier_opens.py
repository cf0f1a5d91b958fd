"""Opens a classifier that Heed saved with `transformers`, and compares what both say of texts.

    $(tools/goldens/setup.sh) tools/goldens/check_classifier_opens.py DIRECTORY FILE

DIRECTORY is, for instance, ~/.heed/models/classify after `./heed train classify`; FILE has a text a line.
Probabilities must agree within 1e-4."""

import json
import subprocess
import sys
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

HEED = Path(__file__).parents[2] / "heed"


def main():
    directory, file = sys.argv[1:]
    command = [HEED, "classify", "--model", directory, "--format", "jsonl", "--quiet", "--input", file]
    answers = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answers = [json.loads(line) for line in answers.splitlines()]
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model, loading = AutoModelForSequenceClassification.from_pretrained(directory, output_loading_info=True)
    wrong = {key: found for key, found in loading.items() if found}
    assert not wrong, wrong
    model.eval()
    texts = Path(file).read_text(encoding="utf-8").splitlines()
    assert len(texts) == len(answers)
    largest = 0
    for text, answer in zip(texts, answers):
        with torch.no_grad():
            logits = model(**tokenizer(text, truncation=True, return_tensors="pt")).logits[0]
        several = model.config.problem_type == "multi_label_classification"
        probabilities = logits.sigmoid() if several else logits.softmax(-1)
        for index, label in model.config.id2label.items():
            largest = max(largest, abs(float(probabilities[index]) - answer["scores"][label]))
    assert largest < 1e-4, largest
    print(f"{type(model).__name__} says of {len(texts)} texts what Heed does, within {largest:.1e}")


if __name__ == "__main__":
    main()
