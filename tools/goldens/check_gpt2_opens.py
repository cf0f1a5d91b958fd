"""Opens a GPT-2 that Heed saved with `transformers`, and compares its logits with the golden ones.

    $(tools/goldens/setup.sh) tools/goldens/check_gpt2_opens.py DIRECTORY

DIRECTORY is what `Gpt2.load(goldens/gpt2).save(DIRECTORY)` wrote. Run by hand, after a change of
how a model is saved: Gpt2FilesTest holds that the stored tensors are bit for bit those of
`save_pretrained`.
"""

import sys
from pathlib import Path

import torch
from safetensors.torch import load_file
from transformers import GPT2LMHeadModel

GOLDENS = Path(__file__).parents[2] / "models/src/test/resources/goldens"


def main():
    values = load_file(GOLDENS / "gpt2-values.safetensors")
    model, loading = GPT2LMHeadModel.from_pretrained(
        sys.argv[1], output_loading_info=True, attn_implementation="eager"
    )
    wrong = {key: found for key, found in loading.items() if found}
    assert not wrong, wrong
    with torch.no_grad():
        logits = model.eval()(values["input_ids"][None]).logits[0]
    torch.testing.assert_close(logits, values["logits"], rtol=0, atol=0)
    print("GPT2LMHeadModel opened", sys.argv[1], "with the same logits, bit for bit")


if __name__ == "__main__":
    main()
