"""Writes the goldens of the layers: inputs, parameters, outputs and all gradients.

    $(tools/goldens/setup.sh) tools/goldens/layers.py

Each file of nn/src/test/resources/goldens has, in F64 (ids in I32):
  in.NAME       inputs            param.NAME       parameters
  out           the output        seed             the gradient of something with respect to it
  grad.in.NAME  grad.param.NAME   the gradients that follow
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

import reference_layers as r

FOLDER = Path(__file__).parents[2] / "nn/src/test/resources/goldens"


def normal(seed, *shape):
    return torch.randn(
        shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64
    )


def ids(*values):
    return torch.tensor(values, dtype=torch.int32)


def write(name, module, inputs, function, seed=1):
    """`function` computes the output of `module` from `inputs`."""
    if module is not None:
        r.initialize(module, seed)
        module.zero_grad()
    inputs = {
        key: value.requires_grad_() if value.is_floating_point() else value
        for key, value in inputs.items()
    }
    out = function(**inputs)
    gradient = normal(99, *out.shape)
    out.backward(gradient)
    tensors = {"out": out, "seed": gradient}
    for key, value in inputs.items():
        tensors["in." + key] = value
        if value.is_floating_point():
            tensors["grad.in." + key] = value.grad
    if module is not None:
        for key, value in module.named_parameters():
            tensors["param." + key] = value
            tensors["grad.param." + key] = value.grad
    tensors = {key: value.detach().contiguous() for key, value in tensors.items()}
    save_file(tensors, FOLDER / (name + ".safetensors"))


def rotate_pairs(x, heads, positions, theta, turning):
    """The paper's form: neighbours are the parts of a complex number."""
    x = x.reshape(x.shape[0], heads, -1)
    rest = x[..., turning:]
    pairs = torch.view_as_complex(x[..., :turning].reshape(x.shape[0], heads, -1, 2))
    turned = torch.view_as_real(pairs * turns(positions, theta, turning)).flatten(2)
    return torch.cat([turned, rest], -1).flatten(1)


def rotate_halves(x, heads, positions, theta, turning):
    """Llama's form: number i is paired with i + turning / 2."""
    x = x.reshape(x.shape[0], heads, -1)
    angles = turns(positions, theta, turning)
    cos, sin = torch.cat([angles.real] * 2, -1), torch.cat([angles.imag] * 2, -1)
    front, rest = x[..., :turning], x[..., turning:]
    first, second = front.chunk(2, -1)
    turned = front * cos + torch.cat([-second, first], -1) * sin
    return torch.cat([turned, rest], -1).flatten(1)


def turns(positions, theta, turning):
    frequencies = theta ** (-torch.arange(0, turning, 2, dtype=torch.float64) / turning)
    angles = positions[:, None].double() * frequencies
    # Heed's tables are 32-bit.
    cos, sin = angles.cos().float().double(), angles.sin().float().double()
    return torch.complex(cos, sin)[:, None, :]


def main():
    torch.manual_seed(0)
    r.check_against_torch_nn()
    torch.set_default_dtype(torch.float64)
    FOLDER.mkdir(parents=True, exist_ok=True)

    m = r.Linear(7, 5)
    write("linear", m, {"x": normal(1, 3, 7)}, m)
    m = r.Linear(7, 5, bias=False)
    write(
        "linear-gelu-residual", m, {"x": normal(1, 2, 3, 7), "residual": normal(2, 2, 3, 5)},
        lambda x, residual, m=m: F.gelu(m(x)) + residual,
    )

    m = r.LayerNorm(6, 1e-5)
    write("layer-norm", m, {"x": normal(1, 4, 6)}, m)
    m = r.LayerNorm(6, 1e-3, bias=False)
    write("layer-norm-no-bias", m, {"x": normal(1, 2, 4, 6)}, m)
    m = r.RmsNorm(6, 1e-6)
    write("rms-norm", m, {"x": normal(1, 4, 6)}, m)

    for activation in ["relu", "gelu_tanh"]:
        m = r.FeedForward(6, 10, activation)
        write(
            "feed-forward-" + activation.replace("_", "-"), m,
            {"x": normal(1, 4, 6), "residual": normal(2, 4, 6)},
            lambda x, residual, m=m: m(x) + residual,
        )
    m = r.GatedFeedForward(6, 10, "silu", bias=False)
    write("gated-feed-forward-silu", m, {"x": normal(1, 2, 4, 6)}, m)
    m = r.GatedFeedForward(6, 10, "gelu", bias=True)
    write(
        "gated-feed-forward-gelu", m, {"x": normal(1, 4, 6), "residual": normal(2, 4, 6)},
        lambda x, residual, m=m: m(x) + residual,
    )

    m = r.MultiHeadAttention(8, 2, 4, 4, 2)
    write(
        "attention-self", m, {"x": normal(1, 2, 5, 8)},
        lambda x, m=m: m(*[x.flatten(0, 1)] * 3, [5, 5], [5, 5]).reshape(2, 5, 8),
    )
    write(
        "attention-causal", m, {"x": normal(1, 5, 8)},
        lambda x, m=m: m(x, x, x, [5], [5], causal=True),
    )
    m = r.MultiHeadAttention(6, 4, 3, 5, 2, bias=False)
    write(
        "attention-grouped", m, {"x": normal(1, 5, 6)},
        lambda x, m=m: m(x, x, x, [5], [5], causal=True),
    )
    m = r.MultiHeadAttention(6, 2, 4, 5, 1)
    valid = torch.tensor([1, 1, 0, 1, 0, 1, 0, 1, 1, 1, 0, 0], dtype=torch.bool)
    write(
        "attention-cross", m,
        {"query": normal(1, 2, 4, 6), "value": normal(2, 2, 6, 6), "key": normal(3, 2, 6, 6)},
        lambda query, value, key, m=m: m(
            query.flatten(0, 1), value.flatten(0, 1), key.flatten(0, 1),
            [4, 4], [6, 6], valid=valid,
        ).reshape(2, 4, 6),
    )
    m = r.MultiHeadAttention(8, 2, 4, 4, 2)
    write(
        "attention-ragged", m, {"x": normal(1, 9, 8)},
        lambda x, m=m: m(x, x, x, [3, 1, 0, 5], [3, 1, 0, 5], causal=True),
    )

    for scaled in [False, True]:
        m = r.TokenEmbedding(11, 6, scaled)
        write(
            "token-embedding-scaled" if scaled else "token-embedding", m,
            {"ids": ids(3, 0, 10, 3, 7)}, m,
        )
        # The table serves as input and as output: its gradient is the sum of both.
        write(
            "tied-logits-scaled" if scaled else "tied-logits", m, {"ids": ids(3, 0, 10, 3, 7)},
            lambda ids, m=m: m.logits(torch.tanh(m(ids))),
        )
    m = r.LearnedPositions(6, 4)
    write(
        "learned-positions", m, {"x": normal(1, 7, 4)}, lambda x, m=m: m(x, [2, 5])
    )
    for halves in [False, True]:
        layout = "halves" if halves else "interleaved"
        write(
            "sinusoidal-" + layout, None, {"x": normal(1, 7, 6)},
            lambda x: x + torch.cat([r.sinusoids(5, 6, halves)[:n] for n in [2, 5]]).double(),
        )
        rotate = rotate_halves if halves else rotate_pairs
        write(
            "rotary-" + layout, None, {"x": normal(1, 5, 16), "positions": ids(0, 1, 2, 7, 19)},
            lambda x, positions: rotate(x, 2, positions, 10_000.0, 6),
        )

    for norm_first in [True, False]:
        order = "pre-norm" if norm_first else "post-norm"
        block = r.Block(8, 2, 12, "gelu" if norm_first else "relu", norm_first)
        lengths, sources = [3, 1, 4], [2, 5, 1]
        valid = torch.tensor([1, 1, 0, 1, 1, 0, 1, 1], dtype=torch.bool)
        x, encoded = normal(1, 8, 8), normal(2, 8, 8)
        m = r.TransformerEncoderLayer(block)
        write(
            "encoder-layer-" + order, m, {"x": x.clone()},
            lambda x, m=m: m(x, lengths, valid=valid),
        )
        m = r.TransformerDecoderLayer(block)
        write(
            "decoder-layer-" + order, m, {"x": x.clone(), "encoded": encoded.clone()},
            lambda x, encoded, m=m: m(x, lengths, encoded, sources, valid=valid),
        )

        # Stacks are narrow, so that finite differences of all their parameters take little time.
        block = r.Block(4, 2, 6, block.activation, norm_first)
        x, encoded = normal(1, 8, 4), normal(2, 8, 4)
        m = r.TransformerEncoder(2, block)
        write(
            "encoder-" + order, m, {"x": x.clone()}, lambda x, m=m: m(x, lengths, causal=True)
        )
        m = r.TransformerDecoder(2, block)
        write(
            "decoder-" + order, m, {"x": x.clone(), "encoded": encoded.clone()},
            lambda x, encoded, m=m: m(x, lengths, encoded, sources),
        )
        m = r.EncoderDecoder(7, 1, 9, block)
        write(
            "encoder-decoder-" + order, m,
            {
                "source": ids(4, 6, 1, 5, 3, 3, 2, 5),
                "inputs": ids(0, 6, 2, 0, 0, 4, 3, 1),
                "targets": ids(6, 2, 1, 1, 4, 3, -1, 5),
            },
            lambda source, inputs, targets, m=m: m.loss(
                source, sources, inputs, lengths, targets, 0.1
            ),
        )


if __name__ == "__main__":
    main()
