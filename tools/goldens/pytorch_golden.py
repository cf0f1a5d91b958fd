"""Writes the PyTorch archives of the weights module's tests.

Needs: PyTorch (any version from 1.13)
Run from the repository root: python tools/goldens/pytorch_golden.py
"""

import os
import pathlib
import pickle
from collections import OrderedDict

import torch

OUT = pathlib.Path("weights/src/test/resources/dev/heed/weights")

counted = torch.arange(12, dtype=torch.float32).reshape(3, 4)
torch.save(
    OrderedDict(
        {
            "float": torch.tensor([1.5, -2.25]),
            "double": torch.tensor([1 / 3], dtype=torch.float64),
            "half": torch.tensor([1.0, -2.5], dtype=torch.float16),
            "bfloat16": torch.tensor([3.140625], dtype=torch.bfloat16),
            "long": torch.tensor([-(2**63), 7]),
            "int": torch.tensor([-(2**31)], dtype=torch.int32),
            "short": torch.tensor([-32768], dtype=torch.int16),
            "char": torch.tensor([-128], dtype=torch.int8),
            "byte": torch.tensor([255], dtype=torch.uint8),
            "bool": torch.tensor([True, False]),
            "scalar": torch.tensor(42.0),
            "empty": torch.zeros(0, 4),
            "whole": counted,
            "tied": counted,
            "rows": counted[1:],
            "columns": counted[:, 1:3],
            "transposed": counted.t(),
            "parameter": torch.nn.Parameter(torch.tensor([5.0])),
        }
    ),
    OUT / "all-types.pytorch.bin",
)

torch.manual_seed(1)
module = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.LayerNorm(2))
torch.save(module.state_dict(), OUT / "state-dict.pytorch.bin")


class Hostile:
    """What a pickle can do: this one would make a folder."""

    def __reduce__(self):
        return os.mkdir, ("executed-by-a-pickle",)


torch.save({"weight": Hostile()}, OUT / "hostile.pytorch.bin", pickle_module=pickle)
torch.save({"epoch": 3, "weight": counted}, OUT / "training-state.pytorch.bin")
torch.save(
    {"weight": counted}, OUT / "legacy.pytorch.bin", _use_new_zipfile_serialization=False
)
