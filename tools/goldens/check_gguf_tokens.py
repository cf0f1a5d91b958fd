"""Compares the token ids of Heed, of `transformers` and of llama.cpp on diverse lines, for the two real GGUF files.

    $(tools/llama-cpp.sh) tools/goldens/check_gguf_tokens.py [FILE…]

Lines come from the given texts (evenly spread over them; else the documentation and Java sources) and from what is made here: numbers, code, emoji, scripts,
runs of spaces, names of special tokens; 2000 in all. Where llama.cpp and `transformers` disagree, the latter is right:
the lines are listed. Fails where Heed and `transformers` disagree. For Gemma the reference is the model's own
tokenizer.json (tools/tokenizers/fetch.sh): the one that `transformers` makes of a GGUF file takes the 31 pieces that are
runs of spaces apart.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

import llama_cpp
from tokenizers import pre_tokenizers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

ROOT = Path(__file__).parents[2]
MODELS = Path(os.environ.get("HEED_TEST_MODELS", Path.home() / ".cache/heed-test-models"))
HEED = os.environ.get("HEED", str(ROOT / "heed"))
FILES = ("SmolLM2-135M-Instruct.Q4_1.gguf", "gemma-3-270m-q4_k_m.gguf")
COUNT = 2000


def made():
    chance = random.Random(1)
    words = ["the", "train", "I'll", "don't", "\u00e9t\u00e9", "na\u00efve", "\u65e5\u672c\u8a9e", "\u4f60\u597d", "\u041f\u0440\u0438\u0432\u0435\u0442", "\u0645\u0631\u062d\u0628\u0627", "\u05e9\u05dc\u05d5\u05dd",
             "\U0001f600", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "x=[1,2]", "def f(a):", "</p>", "3.14159", "1234567", "2026-11-22", "\u20ac99", "a\u0301",
             "\ufb01", "\u2026", "http://a.b/c?d=e&f", "snake_case", "CamelCase", "\t", "  ", "     ", "\u00a0", "\u3000", "e\u0308", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35",
             "<|im_start|>", "<eos>", "<0x0A>", "\u2581", "'s", "\"", "\\n", "100%", "#tag", "@me", "++i;", "==", "\u212b", "\u1e9b\u0323"]
    for _ in range(800):
        yield "".join(chance.choice(words) + chance.choice(["", " ", " ", "  "]) for _ in range(chance.randint(1, 12)))
    for _ in range(200):
        yield "".join(chr(chance.choice([chance.randint(32, 126), chance.randint(0xa0, 0x24f), chance.randint(0x370, 0x5ff),
                                         chance.randint(0x900, 0xdff), chance.randint(0x3040, 0x30ff), chance.randint(0x4e00, 0x9fff),
                                         chance.randint(0x1f300, 0x1f64f)])) for _ in range(chance.randint(1, 30)))


def lines():
    found = list(made())
    given = sys.argv[1:] or [ROOT / "LICENSE", *sorted(ROOT.glob("docs/**/*.md")), *sorted(ROOT.glob("tensor/src/main/**/*.java"))]
    each = 2 * (COUNT - len(found)) // len(given) + 1
    for name in given:
        text = [line for line in Path(name).read_text(errors="replace").splitlines() if line.strip()]
        found += text[:: max(1, len(text) // each)][:each]
    return [line.replace("\r", " ") for line in found if not any(c in line for c in "\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")][:COUNT]


def main():
    texts = lines()
    assert len(texts) == COUNT, f"expected {COUNT} lines: found {len(texts)}; give more files"
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "lines.txt"
        file.write_text("\n".join(texts) + "\n")
        for name in FILES:
            model = MODELS / name
            answers = subprocess.run([HEED, "--quiet", "tokenize", "--model", str(model), "--no-special", "--input",
                                      str(file)], check=True, capture_output=True, text=True).stdout.split("\n")
            ours = [json.loads(line)["ids"] for line in answers if line]
            assert len(ours) == len(texts), (len(ours), len(texts))
            if "gemma" in name:
                subprocess.run([ROOT / "tools/tokenizers/fetch.sh"], check=True, capture_output=True, cwd=ROOT)
                reference = PreTrainedTokenizerFast(tokenizer_file=str(ROOT / "runs/tokenizers/gemma3/tokenizer.json"))
            else:
                reference = AutoTokenizer.from_pretrained(MODELS, gguf_file=name)
                # The converter leaves out what the model's own tokenizer.json does first.
                reference.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
                    [pre_tokenizers.Digits(True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
            peer = llama_cpp.Llama(str(model), vocab_only=True, verbose=False)
            differs = heed_differs = 0
            for text, ids in zip(texts, ours):
                expected = reference(text, add_special_tokens=False)["input_ids"]
                if ids != expected:
                    heed_differs += 1
                    print(f"  Heed differs: {text!r}: {ids} instead of {expected}")
                if peer.tokenize(text.encode(), add_bos=False, special=True) != expected:
                    differs += 1
                    print(f"  llama.cpp differs: {text!r}")
            print(f"{name}: {len(texts)} lines; Heed differs from transformers in {heed_differs}, llama.cpp in {differs}")
            wrong += heed_differs
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
