"""Opens tokenizers that Heed trained with the real library, and compares what they give.

    $(tools/goldens/setup.sh) tools/goldens/check_tokenizers_open.py TEXT DIRECTORY…

Each DIRECTORY is what `heed train tokenizer --data TEXT -o DIRECTORY` wrote, and in it
`expected.jsonl` what `heed tokenize --model DIRECTORY --input TEXT` printed. A byte-level BPE is
also trained anew with the real library on the same file, and must come out with the same merges.
TokenizersOpenTest runs it in the profile `full`.
"""

import json
import sys
from pathlib import Path

from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import AutoTokenizer


def same_training(text, ours):
    model = ours["model"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.train([str(text)], trainers.BpeTrainer(
        vocab_size=len(model["vocab"]), min_frequency=2, show_progress=False,
        special_tokens=[token["content"] for token in ours["added_tokens"]],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    theirs = json.loads(tokenizer.to_str())["model"]
    assert theirs["merges"] == model["merges"], "the merges differ"
    assert theirs["vocab"] == model["vocab"], "the vocabularies differ"


def main():
    text = Path(sys.argv[1])
    lines = text.read_text(encoding="utf-8").split("\n")
    for directory in map(Path, sys.argv[2:]):
        ours = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))
        kind = ours["model"]["type"]
        tokenizer = AutoTokenizer.from_pretrained(directory)
        assert len(tokenizer) == len(ours["model"]["vocab"]), len(tokenizer)
        expected = (directory / "expected.jsonl").read_text(encoding="utf-8").splitlines()
        for line, answer in zip(lines, expected, strict=lines[-1] != ""):
            answer = json.loads(answer)
            encoding = tokenizer(line, return_offsets_mapping=True)
            assert encoding["input_ids"] == answer["ids"], (kind, line)
            assert tokenizer.convert_ids_to_tokens(answer["ids"]) == answer["tokens"] or kind != "BPE", (kind, line)
            assert [list(pair) for pair in encoding["offset_mapping"]] == answer["offsets"], (kind, line)
        if kind == "BPE":
            same_training(text, ours)
        print(f"{kind}: {len(expected)} lines agree")


if __name__ == "__main__":
    main()
