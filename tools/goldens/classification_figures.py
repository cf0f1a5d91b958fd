"""Writes tasks/src/test/resources/goldens/classification-figures.json: labels, probabilities, truth and
what scikit-learn says of them. Run with the interpreter of setup.sh; needs `pip install scikit-learn`."""

import json
import pathlib

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_recall_fscore_support

target = pathlib.Path(__file__).parents[2] / "tasks/src/test/resources/goldens/classification-figures.json"
random = np.random.default_rng(7)


def rounded(rows):
    return [[round(float(value), 4) for value in row] for row in rows]


# One label a text; the fourth label never occurs and is never predicted.
probabilities = random.dirichlet([0.8] * 3, size=60)
truth = [int(random.choice(3, p=0.5 * row + 0.5 / 3)) for row in probabilities]
probabilities = np.array(rounded(np.hstack([probabilities, np.zeros((60, 1))])))
predicted = probabilities.argmax(1)
precision, recall, f1, support = precision_recall_fscore_support(truth, predicted, labels=range(4), zero_division=0)

# The expected calibration error has no function in scikit-learn: 15 bins over the top probability.
confidence = probabilities.max(1)
error = 0.0
for low in np.arange(15) / 15:
    inside = (confidence > low + 1e-12) & (confidence <= low + 1 / 15 + 1e-12)
    if inside.any():
        right = (predicted == truth)[inside].mean()
        error += inside.mean() * abs(right - confidence[inside].mean())

single = {
    "probabilities": rounded(probabilities),
    "truth": [[f"label {t}"] for t in truth],
    "accuracy": accuracy_score(truth, predicted),
    "macro_f1": f1_score(truth, predicted, labels=range(4), average="macro", zero_division=0),
    "micro_f1": f1_score(truth, predicted, average="micro"),
    "precision": list(precision),
    "recall": list(recall),
    "f1": list(f1),
    "support": [int(s) for s in support],
    "confusion": confusion_matrix(truth, predicted, labels=range(4)).tolist(),
    "calibration_error": float(error),
}

# Several labels a text.
several = np.array(rounded(random.random((40, 4))))
several_truth = (random.random((40, 4)) < 0.3 + 0.4 * several).astype(int)
several_predicted = (several >= 0.5).astype(int)
precision, recall, f1, support = precision_recall_fscore_support(several_truth, several_predicted, zero_division=0)
multi = {
    "probabilities": rounded(several),
    "truth": [[f"label {i}" for i in range(4) if row[i]] for row in several_truth],
    "accuracy": accuracy_score(several_truth, several_predicted),
    "macro_f1": f1_score(several_truth, several_predicted, average="macro"),
    "micro_f1": f1_score(several_truth, several_predicted, average="micro"),
    "precision": list(precision),
    "recall": list(recall),
    "f1": list(f1),
    "support": [int(s) for s in support],
}
target.write_text(json.dumps({"labels": [f"label {i}" for i in range(4)], "single": single, "multi": multi}))
