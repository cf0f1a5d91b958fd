"""Writes the goldens of the fused operations: inputs, outputs and all gradients, by PyTorch.

    $(tools/goldens/setup.sh) tools/goldens/tensor_operations.py

Each file of tensor/src/test/resources/goldens has:
  in.NAME    inputs, F32 (so that both types compute from the same numbers) or I32
  seed       the gradient of something with respect to the output, F32
  f32.out    the output computed in F32           f64.out    ... and in F64
  f32.NAME   the gradient of that input in F32    f64.NAME   ... and in F64
"""

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file

FOLDER = Path(__file__).parents[2] / "tensor/src/test/resources/goldens"
ALL = 2**31 - 1
ACTIVATIONS = {
    "none": lambda x: x,
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu-tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}


def normal(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def ids(*values):
    return torch.tensor(values, dtype=torch.int32)


def write(name, inputs, function, constants=()):
    tensors = {"in." + key: value for key, value in inputs.items()}
    for label, dtype in (("f32", torch.float32), ("f64", torch.float64)):
        leaves = {
            key: value.to(dtype, copy=True) if value.is_floating_point() else value
            for key, value in inputs.items()
        }
        learned = [
            key for key, leaf in leaves.items() if leaf.is_floating_point() and key not in constants
        ]
        for key in learned:
            leaves[key].requires_grad_()
        out = function(**leaves)
        seed = normal(99, *out.shape)
        out.backward(seed.to(dtype))
        tensors["seed"] = seed
        tensors[label + ".out"] = out
        for key in learned:
            tensors[label + "." + key] = leaves[key].grad
    save(name, tensors)


def save(name, tensors):
    tensors = {key: value.detach().contiguous() for key, value in tensors.items()}
    save_file(tensors, FOLDER / (name + ".safetensors"))


def attention(lengths, heads, groups, left=ALL, right=ALL, offsets=None, scale=0.6):
    """The formula, one sequence and one head after the other."""

    def compute(query, key, value, mask=None, bias=None):
        rows = []
        start_q = start_k = 0
        for i, (queries, keys) in enumerate(lengths):
            q = query[start_q : start_q + queries].unflatten(1, (heads, -1))
            k = key[start_k : start_k + keys].unflatten(1, (groups, -1))
            v = value[start_k : start_k + keys].unflatten(1, (groups, -1))
            k = k.repeat_interleave(heads // groups, 1)
            v = v.repeat_interleave(heads // groups, 1)
            scores = scale * torch.einsum("thd,shd->hts", q, k)
            position = torch.arange(queries)[:, None] + (offsets[i] if offsets else 0)
            distance = torch.arange(keys)[None, :] - position
            if bias is not None:
                scores = scores + bias[:, distance + bias.shape[1] // 2]
            seen = (distance >= -left) & (distance <= right)
            if mask is not None:
                seen = seen & (mask[start_k : start_k + keys] != 0)[None, :]
            scores = scores.masked_fill(~seen, -1e30)
            # A row that may attend nowhere gives zeros.
            weights = torch.softmax(scores, -1) * seen
            rows.append(torch.einsum("hts,shd->thd", weights, v).flatten(1))
            start_q += queries
            start_k += keys
        return torch.cat(rows)

    return compute


def write_attention(name, lengths, heads, groups, extra=None, **arguments):
    queries = sum(q for q, _ in lengths)
    keys = sum(k for _, k in lengths)
    inputs = {
        "query": normal(1, queries, heads * 4),
        "key": normal(2, keys, groups * 4),
        "value": normal(3, keys, groups * 3),
    }
    inputs.update(extra or {})
    write("attention-" + name, inputs, attention(lengths, heads, groups, **arguments))


def rotate(halves):
    def compute(x, cosines, sines, positions):
        cosines = cosines[positions.long()][:, None]
        sines = sines[positions.long()][:, None]
        heads = x.unflatten(1, (2, -1))
        turning, rest = heads[..., :4], heads[..., 4:]
        if halves:
            a, b = turning[..., :2], turning[..., 2:]
            turned = torch.cat((a * cosines - b * sines, b * cosines + a * sines), -1)
        else:
            a, b = turning[..., 0::2], turning[..., 1::2]
            turned = torch.stack((a * cosines - b * sines, b * cosines + a * sines), -1).flatten(-2)
        return torch.cat((turned, rest), -1).flatten(1)

    return compute


def write_rotate(name, halves):
    angles = torch.arange(9)[:, None] * torch.tensor([1.0, 0.1])
    tensors = {
        "x": normal(1, 4, 10),
        "cosines": angles.cos(),
        "sines": angles.sin(),
        "positions": ids(0, 3, 8, 3),
    }
    write(name, tensors, rotate(halves), constants=("cosines", "sines"))


def cross_entropy(smoothing):
    def compute(logits, targets):
        return F.cross_entropy(
            logits, targets.long(), ignore_index=-100, label_smoothing=smoothing, reduction="sum"
        )

    return compute


def write_adamw():
    start = normal(1, 3, 5)
    gradients = normal(2, 4, 3, 5)
    tensors = {"in.start": start, "in.gradients": gradients}
    for label, dtype in (("f32", torch.float32), ("f64", torch.float64)):
        weight = torch.nn.Parameter(start.to(dtype, copy=True))
        optimizer = torch.optim.AdamW([weight], lr=0.01, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1)
        for gradient in gradients:
            weight.grad = gradient.to(dtype)
            optimizer.step()
        tensors[label + ".out"] = weight
        tensors[label + ".mean"] = optimizer.state[weight]["exp_avg"]
        tensors[label + ".variance"] = optimizer.state[weight]["exp_avg_sq"]
    save("adamw", tensors)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, activation in ACTIVATIONS.items():
        write(
            "linear-" + name,
            {
                "x": normal(1, 3, 5),
                "weight": normal(2, 4, 5),
                "bias": normal(3, 4),
                "residual": normal(4, 3, 4),
            },
            lambda x, weight, bias, residual: activation(F.linear(x, weight, bias)) + residual,
        )
        write(
            "gated-" + name,
            {"gate": 2 * normal(5, 3, 4), "up": normal(6, 3, 4)},
            lambda gate, up: activation(gate) * up,
        )
    write(
        "layer-norm",
        {"x": normal(1, 4, 6), "gain": normal(2, 6), "bias": normal(3, 6)},
        lambda x, gain, bias: F.layer_norm(x, (6,), gain, bias, 1e-5),
    )
    write(
        "layer-norm-no-bias",
        {"x": normal(1, 4, 6), "gain": normal(2, 6)},
        lambda x, gain: F.layer_norm(x, (6,), gain, None, 1e-12),
    )
    write(
        "rms-norm",
        {"x": normal(1, 4, 6), "gain": normal(2, 6)},
        lambda x, gain: F.rms_norm(x, (6,), gain, 1e-6),
    )
    write("softmax", {"x": 3 * normal(1, 4, 6)}, lambda x: torch.softmax(x, -1))
    for a in (False, True):
        for b in (False, True):
            write(
                "matmul" + ("-a" if a else "") + ("-b" if b else ""),
                {
                    "a": normal(1, *((4, 3) if a else (3, 4))),
                    "b": normal(2, *((5, 4) if b else (4, 5))),
                },
                lambda a, b, ta=a, tb=b: (a.T if ta else a) @ (b.T if tb else b),
            )
    write(
        "embedding",
        {"table": normal(1, 6, 4), "ids": ids(5, 0, 5, 2)},
        lambda table, ids: math.sqrt(4) * F.embedding(ids.long(), table),
    )
    write_rotate("rotate-halves", True)
    write_rotate("rotate-pairs", False)

    ragged = [(3, 3), (0, 0), (1, 1), (4, 4)]
    longer = [(3, 5), (0, 2), (1, 1), (4, 6)]
    mask = {"mask": ids(1, 0, 1, 1, 0, 0, 1, 1)}  # with a causal limit, rows that attend nowhere
    bias = {"bias": normal(4, 2, 15)}
    write_attention("full", ragged, 2, 2)
    write_attention("causal", ragged, 2, 2, right=0)
    write_attention("window", ragged, 2, 2, left=1, right=2)
    write_attention("offsets", longer, 2, 2, right=0, offsets=(2, 2, 0, 2))
    write_attention("mask", ragged, 2, 2, mask)
    write_attention("mask-causal", ragged, 2, 2, mask, right=0)
    write_attention("grouped", longer, 4, 2)
    write_attention("bias", longer, 2, 1, bias)
    write_attention("everything", ragged, 2, 1, mask | bias, left=3, right=1, offsets=(1, 0, 0, 2))

    targets = {"targets": ids(6, 0, -100, 3)}
    for name, smoothing in (("", 0.0), ("-smoothing", 0.1)):
        compute = cross_entropy(smoothing)
        write("cross-entropy" + name, {"logits": 2 * normal(1, 4, 7)} | targets, compute)
        write(
            "linear-cross-entropy" + name,
            {"x": normal(1, 4, 5), "weight": normal(2, 7, 5), "bias": normal(3, 7)} | targets,
            lambda x, weight, bias, targets: compute(F.linear(x, weight, bias), targets),
        )
    write_adamw()


main()
