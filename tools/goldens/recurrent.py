"""Writes the goldens of the recurrent layers, in the form of layers.py:

    $(tools/goldens/setup.sh) tools/goldens/recurrent.py

Three texts of 4, 2 and 5 tokens, packed as PyTorch packs them."""

import torch
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from layers import ids, normal, write

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


class EncoderDecoder:
    """The recurrent encoder-decoder, a text and a token at a time.

    width D, state H; without attention ("none"), with Bahdanau's ("additive"), with Luong's ("general", "dot")."""

    def __init__(self, vocabulary, width, state, attention):
        def linear(inputs, outputs, bias=True):
            return torch.nn.Linear(inputs, outputs, bias, dtype=torch.float64)

        self.attention, self.width = attention, width
        self.table = torch.nn.Parameter(torch.zeros(vocabulary, width, dtype=torch.float64))
        self.encoder = torch.nn.GRU(width, state // 2, bidirectional=True, dtype=torch.float64)
        self.bridge = linear(state, state)
        inputs = width + state if attention == "additive" else width
        self.decoder = torch.nn.GRUCell(inputs, state, dtype=torch.float64)
        self.readout = linear(state if attention == "none" else 2 * state, width)
        layers = {"bridge": self.bridge, "readout": self.readout}
        if attention == "additive":
            self.query, self.key = linear(state, state, False), linear(state, state, False)
            self.score = linear(state, 1, False)
            layers |= {"attention.query": self.query, "attention.key": self.key, "attention.score": self.score}
        if attention == "general":
            self.key = linear(state, state, False)
            layers |= {"attention.key": self.key}
        self.parameters = {"embedding.weight": self.table}
        for name, parameter in Named(self.encoder, True).named_parameters():
            self.parameters["encoder." + name] = parameter
        for theirs, ours in NAMES.items():
            self.parameters["decoder." + ours] = getattr(self.decoder, theirs)
        for name, layer in layers.items():
            for key, parameter in layer.named_parameters():
                self.parameters[name + "." + key] = parameter

    def named_parameters(self):
        return self.parameters.items()

    def zero_grad(self):
        for parameter in self.parameters.values():
            parameter.grad = None

    def embed(self, ids):
        return self.table[ids.long()] * self.width**0.5

    def look(self, state, encoded):
        if self.attention == "additive":
            scores = self.score(torch.tanh(self.query(state) + self.key(encoded)))[:, 0]
        else:
            scores = (self.key(encoded) if self.attention == "general" else encoded) @ state
        return torch.softmax(scores, 0) @ encoded

    def decode(self, source, inputs):
        encoded, last = self.encoder(self.embed(source))
        state = torch.tanh(self.bridge(torch.cat([last[0], last[1]])))
        rows = []
        for x in self.embed(inputs):
            if self.attention == "additive":
                seen = self.look(state, encoded)
                state = self.decoder(torch.cat([x, seen]), state)
            else:
                state = self.decoder(x, state)
                seen = None if self.attention == "none" else self.look(state, encoded)
            rows.append(torch.tanh(self.readout(state if seen is None else torch.cat([state, seen]))))
        return torch.stack(rows)

    def __call__(self, source, inputs):
        pairs = zip(torch.split(source, LENGTHS), torch.split(inputs, TARGETS))
        return torch.cat([self.decode(*pair) for pair in pairs]) @ self.table.T


TARGETS = [3, 4, 1]


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

    for attention in ["none", "additive", "general", "dot"]:
        model = EncoderDecoder(7, 3, 4, attention)
        write(
            "recurrent-encoder-decoder-" + attention,
            model,
            {"source": ids(4, 6, 1, 5, 3, 3, 2, 5, 0, 1, 6), "inputs": ids(0, 6, 2, 0, 4, 3, 1, 0)},
            model,
        )
