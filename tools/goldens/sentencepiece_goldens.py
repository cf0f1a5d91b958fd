"""Makes the SentencePiece goldens of the tokenizer module's tests.

    python tools/goldens/sentencepiece_goldens.py TEXT tokenizer/src/test/resources/sentencepiece

TEXT is any English text; needs sentencepiece 0.2. Each model is stored with the ids that
SentencePiece itself gives for the lines below.
"""

import json
import pathlib
import sys

import sentencepiece as spm

LINES = [
    "The train left the station on time.",
    "  Two  spaces,   three,\ttab  ",
    "",
    " ",
    "ﬁne Ｆｕｌｌ ½ ™ é e\u0301 İ",
    "日本語 中文 한국어 สวัสดี नमस्ते",
    "unknown: ☃☃ 🚂🚃 x☃y",
    "a▁b ▁ c",
    "\u200b\ufeff\u00adzero\u00a0width",
    "don't stop-believing: 3,141.59!",
]


def train(text, out, name, **options):
    spm.SentencePieceTrainer.train(
        input=text, model_prefix=str(out / name), minloglevel=2, num_threads=1, **options)
    (out / f"{name}.vocab").unlink()
    model = out / f"{name}.model"
    processor = spm.SentencePieceProcessor(model_file=str(model))
    golden = [{"text": line, "ids": processor.encode(line)} for line in LINES]
    (out / f"{name}.json").write_text(json.dumps(golden, ensure_ascii=True, indent=0) + "\n")


def main():
    text, out = sys.argv[1], pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    train(text, out, "unigram", vocab_size=400, model_type="unigram",
          character_coverage=0.999, normalization_rule_name="nmt_nfkc")
    train(text, out, "bpe", vocab_size=600, model_type="bpe", byte_fallback=True,
          normalization_rule_name="identity", remove_extra_whitespaces=False)


main()
