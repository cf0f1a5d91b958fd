"""Opens a translation model that Heed saved with `transformers`, and compares what both make of texts.

    $(tools/goldens/setup.sh) tools/goldens/check_marian_opens.py DIRECTORY TEXT...

DIRECTORY is, for instance, what `./heed train translate -o DIRECTORY` wrote; TEXT are sources. The
tokenizer must give the same ids, logits must be equal within 1e-3, and so must the translations,
greedy and with beams, except where scores differ by less than 1e-3.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

HEED = Path(__file__).parents[2] / "heed"


def heed(*arguments):
    command = [HEED, *map(str, arguments), "--quiet"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def main():
    directory, texts = sys.argv[1], sys.argv[2:]
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model, loading = AutoModelForSeq2SeqLM.from_pretrained(directory, output_loading_info=True)
    wrong = {key: found for key, found in loading.items() if found}
    assert not wrong, wrong
    model.eval()
    trace = Path(tempfile.mkdtemp()) / "trace.safetensors"
    ties = 0
    for text in texts:
        encoded = tokenizer(text, return_tensors="pt")
        source = encoded.input_ids
        heed("trace", text, "--model", directory, "--decoder-ids",
             f"{model.config.decoder_start_token_id},5,6,7", "-o", trace)
        traced = load_file(trace)
        assert traced["input_ids"].tolist() == source[0].tolist(), (text, "the tokenizers differ")
        with torch.no_grad():
            logits = model(
                input_ids=source, decoder_input_ids=traced["decoder_input_ids"][None]
            ).logits[0]
        off = (logits - traced["logits"]).abs().max().item()
        assert off < 1e-3 * logits.abs().max().item(), (text, off)
        for beams in (1, 4):
            answer = json.loads(
                heed("translate", text, "--model", directory, "--beams", beams, "--format", "json")
            )
            out = model.generate(
                source, num_beams=beams, do_sample=False, return_dict_in_generate=True, output_scores=True
            )
            expected = tokenizer.decode(out.sequences[0], skip_special_tokens=True)
            if answer["translation"] != expected:
                # The other text's score under this model tells whether it is a tie.
                assert beams > 1, (text, answer, expected)
                gap = out.sequences_scores[0].item() - answer["score"]
                assert abs(gap) < 1e-3, (text, answer, expected, gap)
                ties += 1
    print(f"{type(model).__name__} translates {len(texts)} texts as Heed does ({ties} ties)")


if __name__ == "__main__":
    main()
