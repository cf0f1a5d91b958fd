"""Writes the goldens of BLEU and chrF: small corpora, and the figures that sacreBLEU gives them.

    $(tools/goldens/setup.sh) tools/goldens/bleu.py
"""

import json
from pathlib import Path

from sacrebleu.metrics import BLEU, CHRF

FILE = Path(__file__).parents[2] / "tasks/src/test/resources/goldens/bleu.json"

CORPORA = {
    "equal": (["The train left the station on time."], ["The train left the station on time."]),
    "several": (
        [
            "A man in an orange hat is looking at something.",
            "Two dogs run over the green grass",
            "the girl eats 3.5 apples, and 1,000 pears - or so.",
            "Il a dit : \u00ab Bonjour \u00bb !",
            "Ein Boston Terrier l\u00e4uft \u00fcber saftig-gr\u00fcnes Gras vor einem wei\u00dfen Zaun.",
        ],
        [
            "A man in an orange hat starring at something.",
            "A Boston Terrier is running on lush green grass.",
            "The girl ate 3.5 apples and 1,000 pears, or so.",
            "Il dit: \u00abBonjour\u00bb!",
            "Ein Boston Terrier rennt \u00fcber saftiges gr\u00fcnes Gras vor einem wei\u00dfen Zaun.",
        ],
    ),
    "no-4-gram": (["the cat sat there", "a dog"], ["the cat is there", "a big dog"]),
    "too-short": (["the", "a dog"], ["the cat is on the mat", "a dog sleeps there"]),
    "no-match": (["xyz uvw"], ["the cat is on the mat"]),
    "empty-translation": (["", "the cat is on the mat"], ["nothing at all", "the cat is on a mat"]),
    "empty-reference": (["something", "the cat is on the mat"], ["", "the cat is on a mat"]),
    "all-empty": ([""], ["the cat"]),
    "one-word": (["yes"], ["yes"]),
    "longer": (["the the the the the the the the cat cat"], ["the cat is on the mat"]),
    "case": (["THE CAT SAT On the MAT today"], ["the cat sat on the mat today"]),
    "symbols": (
        [
            "&quot;Yes&quot; &amp; &lt;no&gt; [1] {2} a/b c_d e^f `g` ~h |i| 50% $5 #6 *7 (8) +9 =10 @11",
            "A-B 1-2 3-b 4.-5 ,6 7, .8 9. a.b c,d ... ,, U.S. e.g., 1.000.000,50 -",
            "don't stop \u2014 \u201cquoted\u201d \u2018single\u2019 \u00bfqu\u00e9? \u00a1s\u00ed!",
            "line\u00a0with\u3000odd\u2003spaces\tand\x1cseparators  ",
            "end- \n next <skipped> word",
        ],
        [
            "\"Yes\" & <no> [1] {2} a / b c_d e^f `g` ~h |i| 50 % $ 5 # 6 *7 ( 8 ) +9 =10 @11",
            "A - B 1 - 2 3 -b 4. -5 , 6 7 , .8 9 . a.b c, d ... , , U.S. e.g., 1.000.000,50 -",
            "do n't stop \u2014 \u201cquoted\u201d \u2018 single \u2019 \u00bf qu\u00e9 ? \u00a1 s\u00ed !",
            "line with odd spaces and separators",
            "end-\nnext word",
        ],
    ),
    "other-scripts": (
        ["\u5217\u8f66\u51c6\u65f6\u79bb\u5f00\u4e86\u8f66\u7ad9\u3002 \u4f60\u597d", "\u041f\u043e\u0435\u0437\u0434 \u0443\u0448\u0451\u043b \u0432\u043e\u0432\u0440\u0435\u043c\u044f.", "\U0001f682 left \U0001f689 on time \U0001f552"],
        ["\u5217\u8f66\u6b63\u70b9\u79bb\u5f00\u8f66\u7ad9\u3002 \u4f60\u597d", "\u041f\u043e\u0435\u0437\u0434 \u043e\u0442\u043f\u0440\u0430\u0432\u0438\u043b\u0441\u044f \u0432\u043e\u0432\u0440\u0435\u043c\u044f.", "\U0001f682 left the \U0001f689 on time \U0001f552"],
    ),
}


def main():
    answers = []
    for name, (translations, references) in CORPORA.items():
        answer = {"name": name, "translations": translations, "references": references}
        for lowercase in (False, True):
            suffix = "-lowercase" if lowercase else ""
            bleu, chrf = BLEU(lowercase=lowercase), CHRF(lowercase=lowercase)
            score = bleu.corpus_score(translations, [references])
            answer["bleu" + suffix] = score.score
            answer["precisions" + suffix] = score.precisions
            answer["penalty" + suffix] = score.bp
            answer["lengths" + suffix] = [score.sys_len, score.ref_len]
            answer["chrf" + suffix] = chrf.corpus_score(translations, [references]).score
            answer["bleu-signature" + suffix] = str(bleu.get_signature()).rsplit("|", 1)[0]
            answer["chrf-signature" + suffix] = str(chrf.get_signature()).rsplit("|", 1)[0]
        answers.append(answer)
    FILE.write_text("[\n" + ",\n".join(json.dumps(answer) for answer in answers) + "\n]\n")


if __name__ == "__main__":
    main()
