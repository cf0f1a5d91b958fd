"""Writes the goldens of sentence embedders.

    $(tools/goldens/setup.sh) tools/goldens/sentences.py MINILM_JAR

tasks/.../goldens/sentence: a tiny BERT of random weights with mean pooling, a dense layer,
normalisation and prompts, as `sentence_transformers` saves it. sentence-values.safetensors: `full.i`, what it
makes of each of TEXTS; `query.i` with the prompt of that name; MODE.i with that pooling alone, and
`cls+max.i`.

cross-encoder: a tiny BERT of random weights with one label and the identity for its activation, as
`CrossEncoder` saves it. cross-encoder-values.safetensors: `identity`, the scores of QUERY with each of
TEXTS; `sigmoid`, the same where no activation is given; `ranked`, the order.

minilm-values.safetensors: what ONNX Runtime makes of each of MINILM_TEXTS with the model in the
Maven jar of all-MiniLM-L6-v2, with the mean of the tokens and length 1: `text.i`; `ids.i`, its tokens, at
most 256. texts.json holds both lists.
"""

import json
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import tokenizers
import torch
from safetensors.numpy import save_file
from sentence_transformers import CrossEncoder, SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from transformers import PreTrainedTokenizerFast

import encoders

FOLDER = Path(__file__).parents[2] / "tasks/src/test/resources/goldens"
TEXTS = ["the cat sat on the mat", "a", "", "unknownword THE dog ran and ran and ran and the cat sat", "dog"]
QUERY = "where the cat sat"
WORDS = ["the", "a", "cat", "dog", "sat", "ran", "on", "and", "mat", "query", ":", ","]
MINILM_TEXTS = [
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
    "",
    "  spaces\t around\n",
    "Übergrößenträger über Nürnberg — naïve café, 東京 и Москва 🙂",
    "hello " * 400,
    "x",
    "A sentence about attention: every token looks at every other token, and the weights sum to one.",
    "supercalifragilisticexpialidocious " * 3,
]


def tokenizer():
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + WORDS
    vocabulary += [chr(c) for c in range(ord("b"), ord("z") + 1)] + ["##" + c for c in "abcdefghij"]
    made = tokenizers.Tokenizer(
        tokenizers.models.WordPiece({w: i for i, w in enumerate(vocabulary[:53])}, unk_token="[UNK]")
    )
    made.normalizer = tokenizers.normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = tokenizers.pre_tokenizers.BertPreTokenizer()
    made.post_processor = tokenizers.processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return PreTrainedTokenizerFast(
        tokenizer_object=made,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        mask_token="[MASK]",
        model_max_length=24,
    )


def tiny(values):
    with tempfile.TemporaryDirectory() as folder:
        encoders.tiny("BertModel", "BertConfig", dict(encoders.SMALL)).save_pretrained(folder)
        tokenizer().save_pretrained(folder)
        torch.manual_seed(5)
        transformer = Transformer(folder, max_seq_length=9)
        dense = Dense(24, 5, activation_function=torch.nn.Tanh())
        model = SentenceTransformer(
            modules=[transformer, Pooling(24, pooling_mode="mean"), dense, Normalize()],
            prompts={"query": "query: "},
            device="cpu",
        )
        target = FOLDER / "sentence"
        shutil.rmtree(target, ignore_errors=True)
        model.save(str(target), create_model_card=False)
        record(values, "full", model.encode(TEXTS))
        record(values, "query", model.encode(TEXTS, prompt_name="query"))
        for mode in Pooling.POOLING_MODES + (("cls", "max"),):
            pooled = SentenceTransformer(
                modules=[transformer, Pooling(24, pooling_mode=mode)], device="cpu"
            )
            name = mode if isinstance(mode, str) else "+".join(mode)
            record(values, name, pooled.encode(TEXTS))
        pooled = SentenceTransformer(
            modules=[transformer, Pooling(24, pooling_mode="mean", include_prompt=False)],
            prompts={"query": "query: "},
            device="cpu",
        )
        record(values, "without_prompt", pooled.encode(TEXTS, prompt_name="query"))


def record(values, name, embeddings):
    for i, embedding in enumerate(embeddings):
        values[f"{name}.{i}"] = np.ascontiguousarray(embedding)


def cross():
    target = FOLDER / "cross-encoder"
    shutil.rmtree(target, ignore_errors=True)
    values = {}
    with tempfile.TemporaryDirectory() as folder:
        one = dict(encoders.SMALL, num_labels=1)
        encoders.tiny("BertForSequenceClassification", "BertConfig", one).save_pretrained(folder)
        tokenizer().save_pretrained(folder)
        pairs = [(QUERY, text) for text in TEXTS]
        values["sigmoid"] = CrossEncoder(folder, device="cpu").predict(pairs)
        model = CrossEncoder(folder, device="cpu", activation_fn=torch.nn.Identity())
        values["identity"] = model.predict(pairs)
        values["ranked"] = np.array([entry["corpus_id"] for entry in model.rank(QUERY, TEXTS)])
        model.save(str(target))
        (target / "README.md").unlink(missing_ok=True)
    save_file(values, FOLDER / "cross-encoder-values.safetensors")


def minilm(jar):
    archive = zipfile.ZipFile(jar)
    session = onnxruntime.InferenceSession(archive.read("all-minilm-l6-v2.onnx"))
    tokens = tokenizers.Tokenizer.from_str(archive.read("all-minilm-l6-v2-tokenizer.json").decode())
    tokens.no_padding()
    tokens.enable_truncation(256)
    values = {}
    for i, text in enumerate(MINILM_TEXTS):
        ids = np.array([tokens.encode(text).ids])
        hidden = session.run(
            None,
            {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)},
        )[0][0]
        mean = hidden.mean(0)
        values[f"ids.{i}"] = ids[0]
        values[f"text.{i}"] = mean / np.linalg.norm(mean)
    save_file(values, FOLDER / "minilm-values.safetensors")


def main():
    values = {}
    tiny(values)
    save_file(values, FOLDER / "sentence-values.safetensors")
    cross()
    minilm(sys.argv[1])
    texts = {"sentence": TEXTS, "minilm": MINILM_TEXTS, "query": [QUERY]}
    (FOLDER / "texts.json").write_text(json.dumps(texts, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
