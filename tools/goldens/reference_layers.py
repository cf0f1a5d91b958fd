"""The layers of dev.heed.nn in PyTorch, under the same parameter names.

Token rows are packed (N, D); attention gets the lengths of the sequences. The blocks are held
against torch.nn's own layers by check_against_torch_nn().
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


def spans(lengths):
    starts = [0]
    for length in lengths:
        starts.append(starts[-1] + length)
    return list(zip(starts, starts[1:]))


class Linear(nn.Module):
    def __init__(self, inner, outer, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(outer, inner))
        if bias:
            self.bias = nn.Parameter(torch.empty(outer))
        else:
            self.bias = None

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)


class LayerNorm(nn.Module):
    def __init__(self, width, epsilon, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))
        if bias:
            self.bias = nn.Parameter(torch.empty(width))
        else:
            self.bias = None
        self.epsilon = epsilon

    def forward(self, x):
        return F.layer_norm(x, x.shape[-1:], self.weight, self.bias, self.epsilon)


class RmsNorm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(width))
        self.epsilon = epsilon

    def forward(self, x):
        return F.rms_norm(x, x.shape[-1:], self.weight, self.epsilon)


class MultiHeadAttention(nn.Module):
    def __init__(self, width, heads, key_dim, value_dim, key_value_heads, bias=True):
        super().__init__()
        self.heads, self.key_dim, self.value_dim = heads, key_dim, value_dim
        self.key_value_heads = key_value_heads
        self.query = Linear(width, heads * key_dim, bias)
        self.key = Linear(width, key_value_heads * key_dim, bias)
        self.value = Linear(width, key_value_heads * value_dim, bias)
        self.output = Linear(heads * value_dim, width, bias)

    def forward(self, query, value, key, queries, keys, causal=False, valid=None):
        q, k, v = self.query(query), self.key(key), self.value(value)
        rows = []
        for (t0, t1), (s0, s1) in zip(spans(queries), spans(keys)):
            t, s = t1 - t0, s1 - s0
            if t == 0:
                continue
            heads = lambda x, n: x.reshape(x.shape[0], n, -1).transpose(0, 1)  # (n, rows, Dh)
            mask = torch.ones(t, s, dtype=torch.bool)
            if causal:
                mask = mask.tril()
            if valid is not None:
                mask = mask & valid[s0:s1][None, :]
            out = F.scaled_dot_product_attention(
                heads(q[t0:t1], self.heads),
                heads(k[s0:s1], self.key_value_heads),
                heads(v[s0:s1], self.key_value_heads),
                attn_mask=mask,
                enable_gqa=True,
            )  # (H, T, Dv)
            rows.append(out.transpose(0, 1).reshape(t, -1))
        return self.output(torch.cat(rows))


ACTIVATIONS = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
}


class FeedForward(nn.Module):
    def __init__(self, width, inner, activation, bias=True):
        super().__init__()
        self.inner = Linear(width, inner, bias)
        self.outer = Linear(inner, width, bias)
        self.activation = ACTIVATIONS[activation]

    def forward(self, x):
        return self.outer(self.activation(self.inner(x)))


class GatedFeedForward(nn.Module):
    def __init__(self, width, inner, activation, bias):
        super().__init__()
        self.gate = Linear(width, inner, bias)
        self.up = Linear(width, inner, bias)
        self.down = Linear(inner, width, bias)
        self.activation = ACTIVATIONS[activation]

    def forward(self, x):
        return self.down(self.activation(self.gate(x)) * self.up(x))


class Block:
    """The numbers of dev.heed.nn.transformer.BlockConfiguration."""

    def __init__(self, width, heads, inner, activation, norm_first, epsilon=1e-5):
        self.width, self.heads, self.inner = width, heads, inner
        self.activation, self.norm_first, self.epsilon = activation, norm_first, epsilon

    def attention(self):
        head = self.width // self.heads
        return MultiHeadAttention(self.width, self.heads, head, head, self.heads)

    def norm(self):
        return LayerNorm(self.width, self.epsilon)

    def feed_forward(self):
        return FeedForward(self.width, self.inner, self.activation)

    def around(self, x, norm, body):
        return x + body(norm(x)) if self.norm_first else norm(x + body(x))


class TransformerEncoderLayer(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.block = block
        self.attention_norm = block.norm()
        self.attention = block.attention()
        self.feed_forward_norm = block.norm()
        self.feed_forward = block.feed_forward()

    def forward(self, x, lengths, causal=False, valid=None):
        attend = lambda h: self.attention(h, h, h, lengths, lengths, causal, valid)
        x = self.block.around(x, self.attention_norm, attend)
        return self.block.around(x, self.feed_forward_norm, self.feed_forward)


class TransformerDecoderLayer(nn.Module):
    def __init__(self, block):
        super().__init__()
        self.block = block
        self.self_attention_norm = block.norm()
        self.self_attention = block.attention()
        self.cross_attention_norm = block.norm()
        self.cross_attention = block.attention()
        self.feed_forward_norm = block.norm()
        self.feed_forward = block.feed_forward()

    def forward(self, x, targets, encoded, sources, valid=None):
        own = lambda h: self.self_attention(h, h, h, targets, targets, True)
        cross = lambda h: self.cross_attention(
            h, encoded, encoded, targets, sources, False, valid
        )
        x = self.block.around(x, self.self_attention_norm, own)
        x = self.block.around(x, self.cross_attention_norm, cross)
        return self.block.around(x, self.feed_forward_norm, self.feed_forward)


class TransformerEncoder(nn.Module):
    def __init__(self, depth, block):
        super().__init__()
        self.layers = nn.ModuleList(TransformerEncoderLayer(block) for _ in range(depth))
        if block.norm_first:
            self.final_norm = block.norm()
        else:
            self.final_norm = nn.Identity()

    def forward(self, x, lengths, causal=False, valid=None):
        for layer in self.layers:
            x = layer(x, lengths, causal, valid)
        return self.final_norm(x)


class TransformerDecoder(nn.Module):
    def __init__(self, depth, block):
        super().__init__()
        self.layers = nn.ModuleList(TransformerDecoderLayer(block) for _ in range(depth))
        if block.norm_first:
            self.final_norm = block.norm()
        else:
            self.final_norm = nn.Identity()

    def forward(self, x, targets, encoded, sources, valid=None):
        for layer in self.layers:
            x = layer(x, targets, encoded, sources, valid)
        return self.final_norm(x)


class TokenEmbedding(nn.Module):
    def __init__(self, vocabulary, width, scaled):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(vocabulary, width))
        self.factor = math.sqrt(width) if scaled else 1

    def forward(self, ids):
        return F.embedding(ids, self.weight) * self.factor

    def logits(self, x):
        return F.linear(x, self.weight)


class LearnedPositions(nn.Module):
    def __init__(self, maximum, width):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(maximum, width))

    def forward(self, x, lengths):
        return x + torch.cat([self.weight[:length] for length in lengths])


def sinusoids(maximum, width, halves=False):
    """Waves as Heed stores them: computed in double precision, rounded to 32 bits."""
    position = torch.arange(maximum, dtype=torch.float64)[:, None]
    angle = position / 10_000 ** (torch.arange(0, width, 2, dtype=torch.float64) / width)
    if halves:
        table = torch.cat([angle.sin(), angle.cos()], 1)
    else:
        table = torch.stack([angle.sin(), angle.cos()], 2).reshape(maximum, width)
    return table.float()


class EncoderDecoder(nn.Module):
    def __init__(self, vocabulary, depth, maximum, block):
        super().__init__()
        self.embedding = TokenEmbedding(vocabulary, block.width, True)
        self.positions = sinusoids(maximum, block.width)
        self.encoder = TransformerEncoder(depth, block)
        self.decoder = TransformerDecoder(depth, block)

    def embed(self, ids, lengths):
        x = self.embedding(ids)
        waves = torch.cat([self.positions[:length] for length in lengths])
        return x + waves.to(x.dtype)

    def forward(self, source, sources, inputs, targets):
        encoded = self.encoder(self.embed(source, sources), sources)
        return self.decoder(self.embed(inputs, targets), targets, encoded, sources)

    def loss(self, source, sources, inputs, targets, wanted, smoothing):
        logits = self.embedding.logits(self(source, sources, inputs, targets))
        return F.cross_entropy(
            logits, wanted.long(), ignore_index=-1, label_smoothing=smoothing, reduction="sum"
        )


class Gpt(nn.Module):
    """A decoder-only model with learned positions and tied logits."""

    def __init__(self, vocabulary, depth, maximum, block):
        super().__init__()
        self.embedding = TokenEmbedding(vocabulary, block.width, False)
        self.positions = LearnedPositions(maximum, block.width)
        self.blocks = TransformerEncoder(depth, block)

    def loss(self, inputs, lengths, wanted):
        x = self.positions(self.embedding(inputs), lengths)
        logits = self.embedding.logits(self.blocks(x, lengths, causal=True))
        return F.cross_entropy(logits, wanted.long(), ignore_index=-1, reduction="sum")


def initialize(module, seed, deviation=0.4):
    """Every parameter random, gains around 1: nothing is hidden by a zero or a one."""
    generator = torch.Generator().manual_seed(seed)
    for name, parameter in module.named_parameters():
        values = torch.randn(parameter.shape, generator=generator, dtype=torch.float64) * deviation
        if name.endswith("norm.weight") or parameter.dim() == 1 and name == "weight":
            values = 1 + values
        parameter.data = values.to(parameter.dtype)


def check_against_torch_nn():
    """The blocks above are torch.nn's, weight for weight."""

    def take_attention(theirs, ours):
        parts = [ours.query, ours.key, ours.value]
        theirs.in_proj_weight.data = torch.cat([part.weight.data for part in parts])
        theirs.in_proj_bias.data = torch.cat([part.bias.data for part in parts])
        take(theirs.out_proj, ours.output)

    def take(theirs, ours):
        theirs.weight.data, theirs.bias.data = ours.weight.data, ours.bias.data

    x, memory = torch.randn(5, 8), torch.randn(6, 8)
    causal = nn.Transformer.generate_square_subsequent_mask(5)
    for norm_first, activation in [(True, "gelu"), (False, "relu")]:
        block = Block(8, 2, 16, activation, norm_first)
        settings = dict(
            d_model=8, nhead=2, dim_feedforward=16, dropout=0.0, activation=activation,
            norm_first=norm_first, batch_first=True,
        )
        ours = TransformerEncoderLayer(block)
        initialize(ours, 1)
        theirs = nn.TransformerEncoderLayer(**settings)
        take_attention(theirs.self_attn, ours.attention)
        take(theirs.norm1, ours.attention_norm)
        take(theirs.norm2, ours.feed_forward_norm)
        take(theirs.linear1, ours.feed_forward.inner)
        take(theirs.linear2, ours.feed_forward.outer)
        torch.testing.assert_close(ours(x, [5]), theirs(x[None])[0])
        torch.testing.assert_close(ours(x, [5], True), theirs(x[None], src_mask=causal)[0])

        ours = TransformerDecoderLayer(block)
        initialize(ours, 2)
        theirs = nn.TransformerDecoderLayer(**settings)
        take_attention(theirs.self_attn, ours.self_attention)
        take_attention(theirs.multihead_attn, ours.cross_attention)
        take(theirs.norm1, ours.self_attention_norm)
        take(theirs.norm2, ours.cross_attention_norm)
        take(theirs.norm3, ours.feed_forward_norm)
        take(theirs.linear1, ours.feed_forward.inner)
        take(theirs.linear2, ours.feed_forward.outer)
        torch.testing.assert_close(
            ours(x, [5], memory, [6]), theirs(x[None], memory[None], tgt_mask=causal)[0]
        )
