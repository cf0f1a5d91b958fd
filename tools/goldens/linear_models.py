"""Writes tasks/src/test/resources/goldens/linear-models.json: TF-IDF vectors and logistic regressions of a
few texts by scikit-learn. Run with the interpreter of setup.sh; needs `pip install scikit-learn`."""

import json
import pathlib

import numpy as np
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import normalize

target = pathlib.Path(__file__).parents[2] / "tasks/src/test/resources/goldens/linear-models.json"
texts = [
    "The train left the station on time, and the station was empty.",
    "A radio station played the song: a song about trains!",
    "It's 10 o'clock; the café isn't open, the café_2 is.",
    "The space station turned around the Earth, and around.",
    "Trains, trains, trains - and the radio.",
    "Naïve Ärzte spielten im Bahnhof; the Bahnhof was full.",
]
labels = [0, 1, 2, 0, 1, 2]


def golden(vectorizer, targets, strength):
    matrix = vectorizer.fit_transform(texts)
    if isinstance(vectorizer, CountVectorizer) and not isinstance(vectorizer, TfidfVectorizer):
        matrix = normalize(matrix.astype(float))
    model = LogisticRegression(C=strength, tol=1e-10, max_iter=10000).fit(matrix, targets)
    return {
        "features": {word: int(place) for word, place in vectorizer.vocabulary_.items()},
        "vectors": np.round(matrix.toarray(), 8).tolist(),
        "targets": targets,
        "strength": strength,
        "probabilities": np.round(model.predict_proba(matrix), 8).tolist(),
        "weights": np.round(model.coef_, 8).tolist(),
        "biases": np.round(model.intercept_, 8).tolist(),
    }


target.write_text(
    json.dumps(
        {
            "texts": texts,
            "words": golden(CountVectorizer(binary=True), labels, 3.0),
            "pairs": golden(TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2), [0, 1, 0, 0, 1, 1], 10.0),
        },
        ensure_ascii=False,
    )
)
