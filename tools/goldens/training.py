"""Writes the goldens of training: optimizers step by step, and the losses of two small models.

    $(tools/goldens/setup.sh) tools/goldens/training.py

optimizers.safetensors: parameters, the gradients of five steps, and what each optimizer makes of them.
parity-*.safetensors: initial weights, batches and the losses of 100 steps of AdamW in both types.
"""

import copy
from pathlib import Path

import torch
from safetensors.torch import save_file

import reference_layers as r

FOLDER = Path(__file__).parents[2] / "nn/src/test/resources/goldens"
STEPS = 100
RATES = [0.1, 0.05, 0.2, 0.1, 0.01]


def optimizers():
    generator = torch.Generator().manual_seed(1)
    normal = lambda *shape: torch.randn(shape, generator=generator, dtype=torch.float64)
    weight, bias = normal(3, 4), normal(4)
    gradients = [(normal(3, 4), normal(4)) for _ in RATES]
    tensors = {"weight": weight, "bias": bias}
    for i, (of_weight, of_bias) in enumerate(gradients, 1):
        tensors[f"gradient.{i}.weight"], tensors[f"gradient.{i}.bias"] = of_weight, of_bias

    def run(name, make, clip=None):
        w, b = weight.clone().requires_grad_(), bias.clone().requires_grad_()
        optimizer = make(w, b)
        for i, (rate, (w.grad, b.grad)) in enumerate(zip(RATES, copy.deepcopy(gradients)), 1):
            for group in optimizer.param_groups:
                group["lr"] = rate
            if clip is not None:
                norm = torch.nn.utils.clip_grad_norm_([w, b], clip)
                tensors[f"{name}.{i}.norm"] = norm.reshape(1)
            optimizer.step()
            tensors[f"{name}.{i}.weight"] = w.detach().clone()
            tensors[f"{name}.{i}.bias"] = b.detach().clone()

    run("sgd", lambda w, b: torch.optim.SGD([w, b]))
    run("momentum", lambda w, b: torch.optim.SGD([w, b], momentum=0.9))
    run("adam", lambda w, b: torch.optim.Adam([w, b]))
    run("adamw", lambda w, b: adamw([w], [b], 0.1, (0.8, 0.95)))
    run("clipped", lambda w, b: torch.optim.SGD([w, b]), clip=4)
    save_file(tensors, FOLDER / "optimizers.safetensors")


def adamw(decaying, others, decay, betas=(0.9, 0.999)):
    groups = [
        {"params": decaying, "weight_decay": decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=0.0, betas=betas)


def counting(generator, batch):
    """Texts that count in steps of 1 to 3: sequences of different lengths, packed."""
    ids, lengths = [], [7, 5, 1, 3]
    for length in lengths:
        start = torch.randint(0, 23, (1,), generator=generator)
        stride = torch.randint(1, 4, (1,), generator=generator)
        ids.append((start + stride * torch.arange(length + 1)) % 23)
    batch["inputs"] = torch.cat([text[:-1] for text in ids])
    batch["targets"] = torch.cat([text[1:] for text in ids])
    # The second number of a text cannot be guessed: it is skipped in two of them.
    batch["targets"][0] = batch["targets"][7] = -1
    return lengths


def reversing(generator, batch):
    """The target is the source backwards; 0 starts it."""
    sources, lengths = [], [4, 3, 6, 1]
    for length in lengths:
        sources.append(torch.randint(1, 17, (length,), generator=generator))
    targets = [source.flip(0) for source in sources]
    start = torch.zeros(1, dtype=torch.int64)
    batch["source"] = torch.cat(sources)
    batch["inputs"] = torch.cat([torch.cat([start, target[:-1]]) for target in targets])
    batch["targets"] = torch.cat(targets)
    return lengths


def parity(name, model, make_batch, loss):
    generator = torch.Generator().manual_seed(5)
    batches, lengths = [], None
    for _ in range(STEPS):
        batch = {}
        lengths = make_batch(generator, batch)
        batches.append({key: value.to(torch.int32) for key, value in batch.items()})
    r.initialize(model, 7, 0.1)
    tensors = {"lengths": torch.tensor(lengths, dtype=torch.int32)}
    for key in batches[0]:
        tensors[key] = torch.stack([batch[key] for batch in batches])
    for key, value in model.named_parameters():
        tensors["param." + key] = value.detach().clone()
    for dtype in [torch.float64, torch.float32]:
        losses = train(copy.deepcopy(model).to(dtype), batches, lengths, loss)
        tensors["losses." + str(dtype).removeprefix("torch.")] = torch.tensor(
            losses, dtype=torch.float64
        )
        print(name, dtype, losses[0], losses[19], losses[-1])
    save_file(tensors, FOLDER / f"parity-{name}.safetensors")


def train(model, batches, lengths, loss):
    """The mean loss of each step; the gradient's norm is cut to 1."""
    parameters = list(model.parameters())
    optimizer = adamw(
        [p for p in parameters if p.dim() >= 2], [p for p in parameters if p.dim() < 2], 0.1
    )
    losses = []
    for step, batch in enumerate(batches, 1):
        for group in optimizer.param_groups:
            group["lr"] = 3e-3 * min(1, step / 10)
        optimizer.zero_grad()
        mean = loss(model, batch, lengths) / int((batch["targets"] >= 0).sum())
        mean.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(mean.item())
    return losses


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    FOLDER.mkdir(parents=True, exist_ok=True)
    optimizers()
    block = r.Block(8, 2, 16, "gelu_tanh", norm_first=True)
    parity(
        "gpt", r.Gpt(23, 2, 12, block), counting,
        lambda model, batch, lengths: model.loss(batch["inputs"], lengths, batch["targets"]),
    )
    block = r.Block(8, 4, 16, "relu", norm_first=False)
    parity(
        "encoder-decoder", r.EncoderDecoder(17, 2, 8, block), reversing,
        lambda model, batch, lengths: model.loss(
            batch["source"], lengths, batch["inputs"], lengths, batch["targets"], 0.1
        ),
    )


if __name__ == "__main__":
    main()
