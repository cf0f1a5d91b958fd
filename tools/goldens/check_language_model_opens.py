"""Opens a language model that Heed saved with `transformers`, and compares what both continue.

    $(tools/goldens/setup.sh) tools/goldens/check_language_model_opens.py DIRECTORY

DIRECTORY is, for instance, ~/.heed/models/demo after `./heed demo`. The tokenizer must give the same
ids, and greedy continuations must be equal except where the two best logits differ by less than
1e-3.
"""

import json
import subprocess
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

HEED = Path(__file__).parents[2] / "heed"
PROMPTS = ["The train left the", "A small animal that", "She went to the", "Über café naïve 日本 😀"]
TOKENS = 16


def heed(directory, *arguments):
    command = [HEED, "complete", "--model", directory, "--format", "json", "--quiet", *arguments]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main():
    directory = sys.argv[1]
    tokenizer = AutoTokenizer.from_pretrained(directory)
    model, loading = AutoModelForCausalLM.from_pretrained(directory, output_loading_info=True)
    wrong = {key: found for key, found in loading.items() if found}
    assert not wrong, wrong
    model.eval()
    ties = 0
    for prompt in PROMPTS:
        ids = tokenizer(prompt).input_ids
        answer = heed(directory, prompt, "--max-tokens", str(TOKENS))["ids"]
        by_ids = heed(directory, "--ids", ",".join(map(str, ids)), "--max-tokens", str(TOKENS))["ids"]
        assert answer == by_ids, f"{prompt!r}: the tokenizers differ: {answer} {by_ids}"
        seen = torch.tensor([ids])
        for step in range(TOKENS):
            with torch.no_grad():
                logits = model(seen).logits[0, -1]
            best = int(logits.argmax())
            if best == model.config.eos_token_id:
                assert len(answer) in (step, step + 1), f"{prompt!r} ends after {step}: {answer}"
                break
            if answer[step] != best:
                gap = float(logits[best] - logits[answer[step]])
                assert gap < 1e-3, f"{prompt!r}, token {step}: {answer[step]}, expected {best}"
                ties += 1
                break
            seen = torch.cat([seen, torch.tensor([[best]])], 1)
    print(f"{type(model).__name__} continues {len(PROMPTS)} prompts as Heed does ({ties} ties)")


if __name__ == "__main__":
    main()
