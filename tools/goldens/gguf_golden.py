"""Writes the GGUF golden of the weights module's tests: every kind of value, and a tensor of every
type beside the floats that the reference implementation makes of it.

Needs: pip install numpy gguf==0.19.0, and ggml as a shared library, which quantises to Q4_K (the
Python package cannot). From a source package of llama-cpp-python, in vendor/llama.cpp/ggml/src, with
GGML_VERSION and GGML_COMMIT defined in a ggml-version.h:
  gcc -O2 -ffp-contract=off -fPIC -shared -D_GNU_SOURCE -I../include -I. -o libggml.so ggml-quants.c \\
    ggml.c ggml-threading.cpp ggml-backend.cpp ggml-backend-meta.cpp ggml-alloc.c gguf.cpp -lm -lstdc++
Run from the repository root: python tools/goldens/gguf_golden.py PATH/libggml.so
"""

import ctypes
import pathlib
import sys

import gguf
import numpy as np
from gguf import GGMLQuantizationType as T

OUT = pathlib.Path("weights/src/test/resources/dev/heed/weights")
WIDTH = 512

ggml = ctypes.CDLL(sys.argv[1])
ggml.ggml_quantize_chunk.restype = ctypes.c_size_t
ggml.ggml_quantize_chunk.argtypes = [
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_int64,
    ctypes.c_int64,
    ctypes.c_int64,
    ctypes.c_void_p,
]

random = np.random.default_rng(1)
source = random.standard_normal((1, WIDTH)).astype("float32")
source[0, 32:64] = 0  # a block of zeros
source[0, 64:96] = np.abs(source[0, 64:96])  # nothing below 0
source[0, 256:512] *= 1e-3
source[0, 300] = -7.5  # an outlier


def quantize(kind):
    elements, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = np.zeros((1, WIDTH // elements * size), "uint8")
    ggml.ggml_quantize_chunk(
        int(kind), source.ctypes.data, blocks.ctypes.data, 0, 1, WIDTH, None
    )
    return blocks


writer = gguf.GGUFWriter(OUT / "all-types.gguf", "llama")
writer.add_uint8("u8", 200)
writer.add_int8("i8", -100)
writer.add_uint16("u16", 60000)
writer.add_int16("i16", -30000)
writer.add_uint32("u32", 4000000000)
writer.add_int32("i32", -2000000000)
writer.add_float32("f32", 1e-5)
writer.add_uint64("u64", 2**64 - 1)
writer.add_int64("i64", -(2**63))
writer.add_float64("f64", 1 / 3)
writer.add_bool("bool", True)
writer.add_string("text", "naïve 名")
writer.add_array("texts", ["a", "", "ñ"])
writer.add_array("integers", [-1, 2, 3])
writer.add_array("reals", [0.5, -1.5])
writer.add_array("flags", [True, False])
writer.add_tensor("source", source)
writer.add_tensor("f16", np.array([[1.0, -2.5]], "float16"))
writer.add_tensor("bf16", np.array([[0x3F80, 0xC049]], "uint16").view("uint8"), raw_dtype=T.BF16)
writer.add_tensor("cube", np.arange(24, dtype="float32").reshape(2, 3, 4))
writer.add_tensor("i8.tensor", np.array([-128, 127], "int8"))
writer.add_tensor("i32.tensor", np.array([-5], "int32"))
for kind in (T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q8_0, T.Q4_K, T.Q5_K, T.Q6_K):
    blocks = quantize(kind)
    writer.add_tensor(kind.name, blocks, raw_dtype=kind)
    writer.add_tensor("expected." + kind.name, gguf.quants.dequantize(blocks, kind))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
