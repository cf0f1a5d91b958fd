"""Opens the directory that Heed makes of minilm with `sentence_transformers`, and compares vectors.

    $(tools/goldens/setup.sh) tools/goldens/check_minilm_opens.py DIRECTORY TEXTS VECTORS

TEXTS has a text a line, VECTORS what `heed embed --input TEXTS -o VECTORS` (a .jsonl file) wrote.
MinilmOpensTest (`mvn verify -Pfull`) calls it.
"""

import json
import sys
from pathlib import Path

import numpy
from sentence_transformers import SentenceTransformer


def main():
    directory, texts, vectors = sys.argv[1:]
    theirs = SentenceTransformer(directory).encode(Path(texts).read_text().splitlines())
    ours = numpy.array([json.loads(line)["embedding"] for line in Path(vectors).read_text().splitlines()])
    worst = numpy.abs(ours - theirs).max()
    assert worst < 1e-4, worst
    print(f"{len(theirs)} vectors agree within {worst:.1e}")


if __name__ == "__main__":
    main()
