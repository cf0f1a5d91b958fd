"""Opens the directory that Heed makes of minilm with `sentence_transformers`, and compares vectors.

    $(tools/goldens/setup.sh) tools/goldens/check_minilm_opens.py DIRECTORY

DIRECTORY is ~/.heed/cache/all-MiniLM-L6-v2-… after `./heed embed "a text"`.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy
from sentence_transformers import SentenceTransformer

HEED = Path(__file__).parents[2] / "heed"
TEXTS = [
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
    "Über café naïve 日本 😀",
    "word " * 400,
]


def main():
    theirs = SentenceTransformer(sys.argv[1]).encode(TEXTS)
    command = [HEED, "embed", "--model", sys.argv[1], "--format", "jsonl", "--quiet", *TEXTS]
    answer = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    ours = numpy.array([json.loads(line)["embedding"] for line in answer.splitlines()])
    worst = numpy.abs(ours - theirs).max()
    assert worst < 1e-4, worst
    print(f"{len(TEXTS)} vectors agree within {worst:.1e}")


if __name__ == "__main__":
    main()
