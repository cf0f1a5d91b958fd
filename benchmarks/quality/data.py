"""Makes the data that two tasks of benchmarks/quality/run learn from.

python3 data.py glosses WORDNET_JAR OUT.tsv
    WordNet's definitions, each with its lexicographer file, one of 45: label and text.
python3 data.py words PAIRS.tsv.gz OUT_DIR
    English-Spanish as in chapter 11 of Deep Learning with Python: lower case, no punctuation, at most
    20 words a side. Two splits, by chance and by source sentence: {random,source}.{train,test}.tsv, a
    tokenizer.json of the 15,000 most frequent words of each side's training pairs beside each.
"""

import collections
import gzip
import json
import pathlib
import random
import string
import sys
import unicodedata
import zipfile

WORDS = 15_000
LONGEST = 20
HELD_OUT = 0.15
SPECIAL = ["<pad>", "</s>", "<unk>"]


def glosses(jar, out):
    folder = "net/sf/extjwnl/data/wordnet/wn31/"
    with zipfile.ZipFile(jar) as files, open(out, "w", encoding="utf-8") as to:
        print("label\ttext", file=to)
        for part in ["noun", "verb", "adj", "adv"]:
            for line in files.read(folder + "data." + part).decode("latin-1").splitlines():
                if line.startswith(" ") or "| " not in line:
                    continue
                category = line.split(" ", 2)[1]
                definition = line.split("| ", 1)[1].split('; "', 1)[0].strip()
                print(category + "\t" + definition.replace("\t", " "), file=to)


def stripped(text):
    kept = unicodedata.normalize("NFC", text).lower()
    kept = kept.translate(str.maketrans("", "", string.punctuation + "¿¡"))
    return " ".join(kept.split()[:LONGEST])


def words(pairs, out):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    with gzip.open(pairs, "rt", encoding="utf-8") as lines:
        rows = [line.rstrip("\n").split("\t")[:2] for line in lines]
    rows = [(stripped(source), stripped(target)) for source, target in rows]
    rows = [row for row in rows if all(row)]
    order = random.Random(1)

    shuffled = rows[:]
    order.shuffle(shuffled)
    cut = round(HELD_OUT * len(rows))
    write(out / "random", shuffled[cut:], shuffled[:cut])

    sources = sorted({source for source, _ in rows})
    held = set(order.sample(sources, round(HELD_OUT * len(sources))))
    write(
        out / "source",
        [row for row in shuffled if row[0] not in held],
        [row for row in shuffled if row[0] in held],
    )


def write(split, train, test):
    for name, rows in [("train", train), ("test", test)]:
        with open(f"{split}.{name}.tsv", "w", encoding="utf-8") as to:
            print("source\ttarget", file=to)
            for source, target in rows:
                print(source + "\t" + target, file=to)
    kept = {}
    for side in [0, 1]:
        counts = collections.Counter(word for row in train for word in row[side].split())
        kept.update(dict.fromkeys(word for word, _ in counts.most_common(WORDS)))
    tokens = SPECIAL + list(kept)
    special = [
        {
            "id": i,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": True,
        }
        for i, token in enumerate(SPECIAL)
    ]
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": special,
        "normalizer": None,
        "pre_tokenizer": {"type": "WhitespaceSplit"},
        "post_processor": None,
        "decoder": None,
        "model": {
            "type": "WordLevel",
            "vocab": {token: i for i, token in enumerate(tokens)},
            "unk_token": "<unk>",
        },
    }
    with open(f"{split}.tokenizer.json", "w", encoding="utf-8") as to:
        json.dump(tokenizer, to, ensure_ascii=False, indent=1)
    print(f"{split.name}: {len(train)} pairs, {len(test)} held out, {len(tokens)} tokens")


if __name__ == "__main__":
    {"glosses": glosses, "words": words}[sys.argv[1]](*sys.argv[2:])
