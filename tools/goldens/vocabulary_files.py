"""Writes the goldens of tokenizers that are built from vocabulary files.

    $(tools/goldens/setup.sh) tools/goldens/vocabulary_files.py

tokenizer/.../vocabulary/NAME: `vocab.txt`, `vocab.json` and `merges.txt`, or a SentencePiece file, with
the `tokenizer_config.json` that names the class; golden.json: what that class of `transformers`
makes of LINES and of the pair PAIR.
"""

import json
import shutil
from pathlib import Path

import sentencepiece
import tokenizers
import transformers

HERE = Path(__file__).parents[2]
RESOURCES = HERE / "tokenizer/src/test/resources"
FOLDER = RESOURCES / "vocabulary"
LINES = [
    "The trains left the station on time.",
    "  Two  spaces,   three,\ttab \n line",
    "",
    " ",
    "don't stop-believing: 3,141.59! Übergröße Café naïve",
    "日本語 中文 한국어 สวัสดี नमस्ते",
    "unknown: ☃☃ 🚂🚃 x☃y",
    "a <mask> b [MASK] c</s> <s> <pad> [SEP]<extra_id_0> <unk> <|endoftext|>x",
    "e\u0301 \u200b\ufeff\u00adzero\u00a0width ﬁne ½",
]
PAIR = ["The train left.", "It is late"]
TEXT = [
    "The train left the station on time.",
    "the trains of the radio station were late, and it is a long line",
    "Übergröße, café, naïve: don't stop believing!",
    "two spaces and three tabs 3 1 4 5 9",
] * 5
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
MPNET = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>"]


def word_pieces(lowercase):
    made = tokenizers.BertWordPieceTokenizer(lowercase=lowercase)
    made.train_from_iterator(TEXT, vocab_size=160, min_frequency=1, show_progress=False)
    vocabulary = sorted(made.get_vocab(), key=made.get_vocab().get)
    return [token for token in vocabulary if token not in BERT]


def vocab_txt(folder, specials, lowercase):
    (folder / "vocab.txt").write_text("\n".join(specials + word_pieces(lowercase)) + "\n")


def merges(folder, specials):
    made = tokenizers.ByteLevelBPETokenizer()
    made.train_from_iterator(
        TEXT, vocab_size=256 + len(specials) + 60, min_frequency=2, special_tokens=specials, show_progress=False
    )
    made.save_model(str(folder))


def model(name, source):
    return lambda folder: shutil.copy(RESOURCES / "sentencepiece" / source, folder / name)


def t5(folder):
    text = folder / "text"
    text.write_text("\n".join(TEXT))
    sentencepiece.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "spiece"),
        vocab_size=58,
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        minloglevel=2,
        num_threads=1,
    )
    text.unlink()
    (folder / "spiece.vocab").unlink()


KINDS = {
    "bert": ("BertTokenizer", {}, lambda folder: vocab_txt(folder, BERT, True)),
    "bert-cased": (
        "BertTokenizer",
        {"do_lower_case": False, "tokenize_chinese_chars": False},
        lambda folder: vocab_txt(folder, BERT, False),
    ),
    "bert-accents": (
        "BertTokenizer",
        {"do_lower_case": True, "strip_accents": False},
        lambda folder: vocab_txt(folder, BERT, True),
    ),
    "distilbert": ("DistilBertTokenizer", {}, lambda folder: vocab_txt(folder, BERT, True)),
    "mpnet": ("MPNetTokenizer", {}, lambda folder: vocab_txt(folder, MPNET, True)),
    "gpt2": ("GPT2Tokenizer", {}, lambda folder: merges(folder, ["<|endoftext|>"])),
    "roberta": (
        "RobertaTokenizer",
        {},
        lambda folder: merges(folder, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]),
    ),
    "xlm-roberta": ("XLMRobertaTokenizer", {}, model("sentencepiece.bpe.model", "unigram.model")),
    "t5": ("T5Tokenizer", {"extra_ids": 100}, t5),
    "llama-legacy": ("LlamaTokenizer", {"legacy": True}, model("tokenizer.model", "bpe.model")),
    "llama": ("LlamaTokenizer", {"add_bos_token": True}, model("tokenizer.model", "bpe.model")),
}


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, (class_name, settings, files) in KINDS.items():
        folder = FOLDER / name
        folder.mkdir(parents=True)
        files(folder)
        config = {"tokenizer_class": class_name} | settings
        (folder / "tokenizer_config.json").write_text(json.dumps(config) + "\n")
        made = getattr(transformers, class_name).from_pretrained(folder)
        golden = [{"text": line, "ids": made(line)["input_ids"]} for line in LINES]
        pair = made(*PAIR)["input_ids"]
        (folder / "golden.json").write_text(
            json.dumps({"lines": golden, "pair": PAIR, "pair_ids": pair}, indent=0) + "\n"
        )
        print(name, type(made).__name__, len(made), golden[0]["ids"])


if __name__ == "__main__":
    main()
