"""Writes tasks/src/test/resources/goldens/embedding-losses.json: vectors of pairs, the losses of `sentence_transformers`
on them and their gradients, and correlations by scipy. Run with the interpreter of setup.sh."""

import json
import pathlib

import numpy as np
import torch
from scipy import stats
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.losses import CoSENTLoss, MultipleNegativesRankingLoss

target = pathlib.Path(__file__).parents[2] / "tasks/src/test/resources/goldens/embedding-losses.json"
random = np.random.default_rng(11)
a = random.normal(size=(6, 10)).astype(np.float32).round(4)
b = (0.4 * a + random.normal(size=(6, 10))).astype(np.float32).round(4)
scores = [0.1, 3.0, 3.0, 0.5, 2.0, 0.1]
model = SentenceTransformer(modules=[torch.nn.Identity()])


def case(loss, labels):
    x, y = torch.tensor(a, requires_grad=True), torch.tensor(b, requires_grad=True)
    value = loss.compute_loss_from_embeddings([x, y], labels)
    value.backward()
    return {"loss": float(value), "gradient_a": x.grad.flatten().tolist(), "gradient_b": y.grad.flatten().tolist()}


cosines = [float(np.dot(p, q) / np.linalg.norm(p) / np.linalg.norm(q)) for p, q in zip(a, b)]
target.write_text(
    json.dumps(
        {
            "a": a.flatten().tolist(),
            "b": b.flatten().tolist(),
            "scores": scores,
            "ranking": case(MultipleNegativesRankingLoss(model), None),
            "cosent": case(CoSENTLoss(model), torch.tensor(scores)),
            "cosines": cosines,
            "spearman": float(stats.spearmanr(cosines, scores).statistic),
            "pearson": float(stats.pearsonr(cosines, scores).statistic),
        }
    )
)
