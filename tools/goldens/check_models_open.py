"""Opens models that Heed saved with `transformers`: they must be the ones that were saved.

    $(tools/goldens/setup.sh) tools/goldens/check_models_open.py GOLDEN DIRECTORY [GOLDEN DIRECTORY...]

GOLDEN is a folder as `save_pretrained` wrote it; DIRECTORY what Heed made of it by loading and saving.
Both are opened with the class that config.json names: no tensor may be missing or left over, and what
they compute must be equal to the bit. ModelsOpenTest (`mvn verify -Pfull`) calls it.
"""

import json
import sys
from pathlib import Path

import torch
import transformers


def output(model):
    ids = torch.arange(3, 12)[None]
    inputs = {"input_ids": ids}
    if model.config.is_encoder_decoder:
        inputs["decoder_input_ids"] = ids[:, :5]
    with torch.no_grad():
        return model.eval()(**inputs)[0]


def main():
    folders = [Path(argument) for argument in sys.argv[1:]]
    for golden, folder in zip(folders[::2], folders[1::2], strict=True):
        name = json.loads((folder / "config.json").read_text())["architectures"][0]
        kind = getattr(transformers, name)
        ours, loading = kind.from_pretrained(folder, output_loading_info=True)
        wrong = {key: found for key, found in loading.items() if found}
        assert not wrong, f"{golden.name}: {wrong}"
        theirs = kind.from_pretrained(golden)
        assert torch.equal(output(ours), output(theirs)), golden.name
        print(f"{golden.name}: {name} is the same")


if __name__ == "__main__":
    main()
