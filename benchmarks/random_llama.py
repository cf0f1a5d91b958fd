"""A language model of the shape of Llama 3.2 1B with random weights, as a GGUF file: its speed is that of a real one.

    python benchmarks/random_llama.py Q8_0|Q4_0 TOKENIZER.gguf OUT.gguf

The tokenizer comes from another GGUF file, whose vocabulary sizes the embedding table, the output too.
"""
import sys

import numpy
from gguf import GGMLQuantizationType, GGUFReader, GGUFValueType, GGUFWriter, LlamaFileType

WIDTH, LAYERS, HEADS, KEY_VALUE_HEADS, INNER = 2048, 16, 32, 8, 8192
SHAPE = {
    "llama.block_count": LAYERS, "llama.embedding_length": WIDTH, "llama.feed_forward_length": INNER,
    "llama.attention.head_count": HEADS, "llama.attention.head_count_kv": KEY_VALUE_HEADS,
    "llama.rope.dimension_count": WIDTH // HEADS, "general.name": "random", "general.size_label": "1B",
}
BYTES = {"Q8_0": 32, "Q4_0": 16}  # of a block of 32 weights, after the scale in half precision


def main():
    kind, source, target = sys.argv[1:]
    reader, writer = GGUFReader(source), GGUFWriter(target, "llama")
    for key, field in reader.fields.items():
        if key.startswith("GGUF.") or key in ("general.architecture", "general.file_type"):
            continue
        sub = field.types[1] if field.types[0] == GGUFValueType.ARRAY else None
        writer.add_key_value(key, SHAPE.get(key, field.contents()), field.types[0], sub)
    writer.add_file_type(LlamaFileType["MOSTLY_" + kind])
    random = numpy.random.default_rng(1)

    def matrix(name, rows, columns):
        blocks = rows * columns // 32
        raw = random.integers(0, 256, (blocks, 2 + BYTES[kind]), dtype=numpy.uint8)
        # The weights have a standard deviation of 0.02.
        scale = numpy.float16(0.02 / (74 if kind == "Q8_0" else 4.6))
        raw[:, :2] = numpy.frombuffer(scale.tobytes(), dtype=numpy.uint8)
        writer.add_tensor(name, raw.reshape(rows, -1), raw_dtype=GGMLQuantizationType[kind])

    def gain(name):
        writer.add_tensor(name, numpy.ones(WIDTH, dtype=numpy.float32))

    vocabulary = len(reader.fields["tokenizer.ggml.tokens"].data)
    narrow = WIDTH // HEADS * KEY_VALUE_HEADS
    matrix("token_embd.weight", vocabulary, WIDTH)
    gain("output_norm.weight")
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        gain(block + "attn_norm.weight")
        gain(block + "ffn_norm.weight")
        for name, rows, columns in (("attn_q", WIDTH, WIDTH), ("attn_k", narrow, WIDTH), ("attn_v", narrow, WIDTH),
                                    ("attn_output", WIDTH, WIDTH), ("ffn_gate", INNER, WIDTH),
                                    ("ffn_up", INNER, WIDTH), ("ffn_down", WIDTH, INNER)):
            matrix(f"{block}{name}.weight", rows, columns)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


main()
