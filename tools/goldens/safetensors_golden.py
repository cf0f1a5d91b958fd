"""Writes the safetensors golden of the weights module with the reference implementation.

Needs: pip install numpy safetensors==0.8.0
Run from the repository root: python tools/goldens/safetensors_golden.py
"""

import pathlib

import numpy as np
import safetensors

OUT = pathlib.Path("weights/src/test/resources/dev/heed/weights")


def bf16(values):
    """The upper halves of floats whose lower halves are zero."""
    return (np.array(values, dtype="float32").view("uint32") >> 16).astype("uint16")


arrays = {
    "f64": ("float64", np.array([1 / 3, -2e300])),
    "f32.matrix": ("float32", np.array([[1.5, -2.25, 3e38], [0.0, -0.0, 1e-45]], "float32")),
    "f16": ("float16", np.array([1.0, -2.5, 65504.0, 6e-8, float("inf")], "float16")),
    "bf16": ("bfloat16", bf16([1.0, -3.140625, 2.0**127])),
    "i64": ("int64", np.array([-(2**63), 2**63 - 1, 7])),
    "i32": ("int32", np.array([-(2**31), 2**31 - 1], "int32")),
    "i16": ("int16", np.array([-32768, 32767, 5], "int16")),
    "i8": ("int8", np.array([-128, 127, 3], "int8")),
    "u8": ("uint8", np.array([0, 255, 128, 1, 2], "uint8")),
    "bool": ("bool", np.array([True, False, True])),
    "scalar": ("float32", np.array(42.0, "float32")),
    "empty": ("float32", np.zeros((0, 4), "float32")),
    "naïve/名": ("float32", np.array([9.0], "float32")),
}
tensors = {
    name: safetensors.TensorSpec(
        dtype=dtype, shape=list(a.shape), data_ptr=a.ctypes.data, data_len=a.nbytes
    )
    for name, (dtype, a) in arrays.items()
}
(OUT / "all-types.safetensors").write_bytes(safetensors.serialize(tensors, {"format": "pt"}))
