"""Writes the goldens of the recurrent layers, in the form of layers.py:

    $(tools/goldens/setup.sh) tools/goldens/recurrent.py

Three texts of 4, 2 and 5 tokens, packed as PyTorch packs them."""

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from layers import normal, write

LENGTHS = [4, 2, 5]
NAMES = {"weight_ih": "input_weight", "weight_hh": "hidden_weight", "bias_ih": "input_bias", "bias_hh": "hidden_bias"}


class Named:
    """The parameters of a one-layer recurrent module under Heed's names."""

    def __init__(self, inner, bidirectional):
        self.inner = inner
        sides = {"forward.": "_l0", "backward.": "_l0_reverse"} if bidirectional else {"": "_l0"}
        self.parameters = {
            side + ours: getattr(inner, theirs + suffix)
            for side, suffix in sides.items()
            for theirs, ours in NAMES.items()
        }

    def named_parameters(self):
        return self.parameters.items()

    def zero_grad(self):
        self.inner.zero_grad()


def packed(x):
    texts = torch.split(x, LENGTHS)
    padded = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True)
    return pack_padded_sequence(padded, LENGTHS, batch_first=True, enforce_sorted=False)


def states(inner, x, before=None):
    out, last = inner(packed(x), before)
    padded, _ = pad_packed_sequence(out, batch_first=True)
    return torch.cat([padded[i, :n] for i, n in enumerate(LENGTHS)]), last


if __name__ == "__main__":
    for name, kind in [("rnn", torch.nn.RNN), ("gru", torch.nn.GRU), ("lstm", torch.nn.LSTM)]:
        inner = kind(3, 4, dtype=torch.float64)
        write("recurrent-" + name, Named(inner, False), {"x": normal(1, 11, 3)}, lambda x: states(inner, x)[0])
        both = kind(3, 4, bidirectional=True, dtype=torch.float64)
        write("recurrent-" + name + "-both", Named(both, True), {"x": normal(2, 11, 3)}, lambda x: states(both, x)[0])
    inner = torch.nn.LSTM(3, 4, dtype=torch.float64)

    def from_state(x, hidden, memory):
        out, (h, c) = states(inner, x, (hidden[None], memory[None]))
        return torch.cat([out, h[0], c[0]])

    write(
        "recurrent-lstm-state",
        Named(inner, False),
        {"x": normal(3, 11, 3), "hidden": normal(4, 3, 4), "memory": normal(5, 3, 4)},
        from_state,
    )
