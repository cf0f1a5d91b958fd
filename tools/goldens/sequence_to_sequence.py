"""Writes the goldens of the encoder-decoder families: tiny models of random weights, and what
`transformers` computes and generates with them.

    $(tools/goldens/setup.sh) tools/goldens/sequence_to_sequence.py [NAME...]

goldens/NAME: config.json and model.safetensors by `save_pretrained`.
goldens/NAME-values.safetensors, for a batch of three pairs of different lengths, each computed alone
and packed one after the other: source_lengths [B], target_lengths [B], input_ids [M],
decoder_input_ids [N], labels [N]; encoder_hidden_states.L [M, D], decoder_hidden_states.L [N, D]; of
the first pair encoder_attentions.L, decoder_attentions.L and cross_attentions.L [H, T, S]; logits
[N, V]; the loss with label smoothing 0.1, summed over the targets, and its gradients under the names
of the parameters.
goldens/NAME-generated.json: what `generate` gives for each source under several settings.
"""

import json
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

FOLDER = Path(__file__).parents[2] / "models/src/test/resources/goldens"
SOURCES = [9, 1, 5]
TARGETS = [7, 4, 1]
SMOOTHING = 0.1

MARIAN = dict(
    vocab_size=43,
    d_model=24,
    encoder_layers=2,
    decoder_layers=2,
    encoder_attention_heads=3,
    decoder_attention_heads=4,
    encoder_ffn_dim=40,
    decoder_ffn_dim=36,
    max_position_embeddings=32,
    activation_function="swish",
    scale_embedding=True,
    pad_token_id=42,
    eos_token_id=0,
    decoder_start_token_id=42,
    forced_eos_token_id=0,
)

T5 = dict(
    vocab_size=43,
    d_model=24,
    d_kv=10,
    d_ff=40,
    num_layers=2,
    num_decoder_layers=1,
    num_heads=3,
    relative_attention_num_buckets=8,
    relative_attention_max_distance=6,
    pad_token_id=42,
    eos_token_id=0,
    decoder_start_token_id=42,
)

BART = dict(
    vocab_size=43,
    d_model=24,
    encoder_layers=1,
    decoder_layers=2,
    encoder_attention_heads=3,
    decoder_attention_heads=2,
    encoder_ffn_dim=40,
    decoder_ffn_dim=36,
    max_position_embeddings=20,
    activation_function="gelu",
    activation_dropout=0.1,
    pad_token_id=1,
    bos_token_id=2,
    eos_token_id=0,
    decoder_start_token_id=0,
    forced_eos_token_id=0,
)

PEGASUS = dict(
    vocab_size=43,
    d_model=24,
    encoder_layers=2,
    decoder_layers=1,
    encoder_attention_heads=3,
    decoder_attention_heads=4,
    encoder_ffn_dim=40,
    decoder_ffn_dim=36,
    max_position_embeddings=32,
    activation_function="relu",
    scale_embedding=True,
    pad_token_id=0,
    eos_token_id=1,
    decoder_start_token_id=0,
    forced_eos_token_id=1,
)

MODELS = {
    "pegasus": ("PegasusForConditionalGeneration", "PegasusConfig", PEGASUS),
    "bart": ("BartForConditionalGeneration", "BartConfig", BART),
    "t5": ("T5ForConditionalGeneration", "T5Config", T5),
    # As Flan-T5: the output layer is its own, and the decoder's output is not scaled.
    "t5-gated": (
        "T5ForConditionalGeneration",
        "T5Config",
        T5 | dict(feed_forward_proj="gated-gelu", tie_word_embeddings=False),
    ),
    "marian": ("MarianMTModel", "MarianConfig", MARIAN),
    "marian-separate": (
        "MarianMTModel",
        "MarianConfig",
        MARIAN
        | dict(
            vocab_size=47,
            decoder_vocab_size=43,
            share_encoder_decoder_embeddings=False,
            encoder_layers=1,
            decoder_layers=1,
            activation_function="relu",
            scale_embedding=False,
        ),
    ),
}

# Each as `generate` takes it; sources are generated one by one.
SETTINGS = [
    dict(num_beams=1, max_length=16),
    dict(num_beams=3, max_length=16),
    dict(num_beams=4, max_length=14, length_penalty=0.6),
    dict(num_beams=4, max_length=14, length_penalty=2.0, early_stopping=True),
    dict(num_beams=2, max_length=14, length_penalty=1.5, early_stopping="never"),
    dict(num_beams=3, max_length=6),
    dict(num_beams=5, max_length=16, no_repeat_ngram_size=2),
    dict(num_beams=3, max_length=16, bad_words_ids=[[11], [5, 7], [8]], forced_bos_token_id=4),
    dict(num_beams=3, max_length=16, min_new_tokens=8, length_penalty=0.0),
]


def tiny(architecture, config_class, options):
    config = getattr(transformers, config_class)(**options, attn_implementation="eager")
    model = getattr(transformers, architecture)(config).eval()
    generator = torch.Generator().manual_seed(11)
    if "t5" in config_class.lower() and not config.scale_decoder_outputs:
        model.lm_head.weight = torch.nn.Parameter(model.lm_head.weight.detach().clone())
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "embed_positions" in name and not parameter.requires_grad:
                continue
            # As it is made, biases are 0 and gains 1, and a mistake there would not show.
            drawn = torch.randn(parameter.shape, generator=generator)
            gain = "norm" in name.lower() and name.endswith("weight")
            # Large weights, so that what is generated is not one token over and over.
            size = 0.7 if "layers" in name and parameter.dim() == 2 else 0.3
            size = 2 if name == "lm_head.weight" else size
            parameter.copy_(1 + 0.2 * drawn if gain else size * drawn)
        if hasattr(model, "final_logits_bias"):
            bias = 0.3 * torch.randn(model.final_logits_bias.shape, generator=generator)
            bias[:, config.eos_token_id] += 1.3  # so that some texts end by themselves
            model.final_logits_bias.copy_(bias)
    return model


def sources(model):
    generator = torch.Generator().manual_seed(12)
    size = min(model.config.vocab_size, 42)
    return [torch.randint(3, size, (length,), generator=generator) for length in SOURCES]


def values_of(model):
    generator = torch.Generator().manual_seed(13)
    vocabulary = getattr(model.config, "decoder_vocab_size", None) or model.config.vocab_size
    inputs = [torch.randint(3, vocabulary, (length,), generator=generator) for length in TARGETS]
    labels = [torch.randint(3, vocabulary, (length,), generator=generator) for length in TARGETS]
    parts, loss = [], 0
    for source, target, label in zip(sources(model), inputs, labels):
        out = model(
            input_ids=source[None],
            decoder_input_ids=target[None],
            output_hidden_states=True,
            output_attentions=True,
        )
        parts.append(out)
        loss = loss + torch.nn.functional.cross_entropy(
            out.logits[0], label, reduction="sum", label_smoothing=SMOOTHING
        )
    loss.backward()
    values = {
        "source_lengths": torch.tensor(SOURCES),
        "target_lengths": torch.tensor(TARGETS),
        "input_ids": torch.cat(sources(model)),
        "decoder_input_ids": torch.cat(inputs),
        "labels": torch.cat(labels),
        "loss": loss.reshape(1),
        "logits": torch.cat([part.logits[0] for part in parts]),
    }
    for kind in ("encoder_hidden_states", "decoder_hidden_states"):
        for i in range(len(parts[0][kind])):
            values[f"{kind}.{i}"] = torch.cat([part[kind][i][0] for part in parts])
    for kind in ("encoder_attentions", "decoder_attentions", "cross_attentions"):
        for i, attention in enumerate(parts[0][kind]):
            values[f"{kind}.{i}"] = attention[0]
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            values["gradient." + name] = parameter.grad
    return {name: value.detach().contiguous().clone() for name, value in values.items()}


def generated(model):
    all_settings = []
    for settings in SETTINGS:
        settings = {k: v for k, v in settings.items()}
        answers = []
        for source in sources(model):
            beams = settings["num_beams"]
            out = model.generate(
                source[None],
                **settings,
                do_sample=False,
                num_return_sequences=beams,
                return_dict_in_generate=True,
                output_scores=True,
            )
            texts = []
            for i, ids in enumerate(out.sequences.tolist()):
                new = ids[1:]
                end = model.config.eos_token_id
                if end in new:
                    new = new[: new.index(end) + 1]
                score = out.sequences_scores[i].item() if beams > 1 else None
                texts.append({"ids": new, "score": score})
            answers.append(texts)
        all_settings.append({"settings": settings, "texts": answers})
    return all_settings


def main():
    for name, (architecture, config_class, options) in MODELS.items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        model = tiny(architecture, config_class, options)
        model.save_pretrained(FOLDER / name)
        if "T5" in config_class:  # it would not save an output layer of its own
            tensors = {k: v.contiguous() for k, v in model.state_dict().items() if "embed_tokens" not in k}
            if model.config.scale_decoder_outputs:
                del tensors["lm_head.weight"]
            save_file(tensors, FOLDER / name / "model.safetensors", {"format": "pt"})
            file = FOLDER / name / "config.json"
            config = json.loads(file.read_text())
            config["tie_word_embeddings"] = model.config.scale_decoder_outputs
            file.write_text(json.dumps(config, indent=2) + "\n")
            again = type(model).from_pretrained(FOLDER / name)
            ids = torch.tensor([[3, 4, 5]])
            with torch.no_grad():
                logits = [m(input_ids=ids, decoder_input_ids=ids).logits for m in (model, again)]
            off = (logits[0] - logits[1]).abs().max().item()
            assert off < 1e-4, (name, off)
        save_file(values_of(model), FOLDER / f"{name}-values.safetensors")
        answers = generated(model)
        lines = ",\n".join(json.dumps(answer) for answer in answers)
        (FOLDER / f"{name}-generated.json").write_text(f"[\n{lines}\n]\n")
        lengths = sorted({len(t["ids"]) for a in answers for s in a["texts"] for t in s})
        tokens = {i for a in answers for s in a["texts"] for t in s for i in t["ids"]}
        print(name, len(tokens), sum(parameter.numel() for parameter in model.parameters()), "lengths", lengths)


if __name__ == "__main__":
    main()
