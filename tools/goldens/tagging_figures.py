"""Writes tasks/src/test/resources/goldens/tagging-figures.json: labels of words, said and true, and what
seqeval says of them. Run with the interpreter of setup.sh; needs `pip install seqeval`."""

import json
import pathlib

import numpy as np
from seqeval.metrics import accuracy_score, classification_report, f1_score, precision_score, recall_score

target = pathlib.Path(__file__).parents[2] / "tasks/src/test/resources/goldens/tagging-figures.json"
random = np.random.default_rng(5)


def case(labels, kept):
    """Sentences whose labels come in any order, also in ones that no scheme allows."""
    truth, said = [], []
    for _ in range(30):
        words = int(random.integers(1, 12))
        row = [labels[int(i)] for i in random.integers(0, len(labels), words)]
        truth.append(row)
        said.append([label if random.random() < kept else labels[int(random.integers(0, len(labels)))] for label in row])
    report = classification_report(truth, said, output_dict=True, zero_division=0)
    kinds = {k: v for k, v in report.items() if not k.endswith(" avg")}
    return {
        "labels": labels,
        "truth": truth,
        "said": said,
        "accuracy": accuracy_score(truth, said),
        "precision": precision_score(truth, said),
        "recall": recall_score(truth, said),
        "f1": f1_score(truth, said),
        "kinds": {k: [v["precision"], v["recall"], v["f1-score"], int(v["support"])] for k, v in kinds.items()},
    }


cases = [
    case(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"], 0.7),
    case(["O", "I-PER", "I-LOC"], 0.6),
    case(["O", "B-PER", "I-PER", "E-PER", "S-PER", "B-A-B", "I-A-B", "E-A-B", "S-A-B"], 0.8),
]
target.write_text(json.dumps({"cases": cases}))
