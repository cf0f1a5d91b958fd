"""Writes the goldens of the encoder families: tiny models of random weights, and what `transformers`
computes with them.

    $(tools/goldens/setup.sh) tools/goldens/encoders.py [NAME...]

goldens/NAME: config.json and model.safetensors by `save_pretrained`.
goldens/NAME-values.safetensors, for a batch of three texts of different lengths, each computed alone
and packed one after the other: lengths [B], input_ids [N], token_type_ids [N]; hidden_states.L
[N, D]; of the first text attentions.L [H, T, T]; what the head says (pooler_output [B, D], or logits);
the loss, and its gradients under the names of the parameters.

The loss is the sum of the outputs (last_hidden_state and pooler_output, or logits) times `cotangent`s.
"""

import inspect
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

FOLDER = Path(__file__).parents[2] / "models/src/test/resources/goldens"
LENGTHS = [11, 1, 5]
VOCABULARY = 53
SMALL = dict(
    vocab_size=VOCABULARY,
    hidden_size=24,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=40,
    max_position_embeddings=24,
)

LABELS = dict(id2label={0: "low", 1: "middle", 2: "high"})
DISTIL = dict(
    vocab_size=VOCABULARY, dim=24, n_layers=2, n_heads=3, hidden_dim=40, max_position_embeddings=24
)
SHARED = SMALL | dict(num_hidden_layers=3, num_hidden_groups=2, inner_group_num=2, embedding_size=16)

MODELS = {
    "bert": ("BertModel", "BertConfig", dict(SMALL)),
    "bert-judging": ("BertForSequenceClassification", "BertConfig", SMALL | LABELS),
    "bert-tagging": ("BertForTokenClassification", "BertConfig", SMALL | LABELS),
    "bert-guessing": ("BertForMaskedLM", "BertConfig", dict(SMALL)),
    "distilbert": ("DistilBertModel", "DistilBertConfig", dict(DISTIL)),
    "distilbert-judging": ("DistilBertForSequenceClassification", "DistilBertConfig", DISTIL | LABELS),
    "distilbert-guessing": ("DistilBertForMaskedLM", "DistilBertConfig", dict(DISTIL)),
    "roberta": ("RobertaModel", "RobertaConfig", SMALL | dict(type_vocab_size=1)),
    "roberta-judging": ("RobertaForSequenceClassification", "RobertaConfig", SMALL | LABELS),
    "roberta-tagging": ("RobertaForTokenClassification", "RobertaConfig", SMALL | LABELS),
    "roberta-guessing": ("RobertaForMaskedLM", "RobertaConfig", SMALL | dict(pad_token_id=3)),
    "xlm-roberta-judging": ("XLMRobertaForSequenceClassification", "XLMRobertaConfig", SMALL | LABELS),
    "mpnet": ("MPNetModel", "MPNetConfig", dict(SMALL)),
    "mpnet-judging": ("MPNetForSequenceClassification", "MPNetConfig", SMALL | LABELS),
    "mpnet-guessing": ("MPNetForMaskedLM", "MPNetConfig", dict(SMALL)),
    "electra": ("ElectraModel", "ElectraConfig", SMALL | dict(embedding_size=16)),
    "electra-judging": ("ElectraForSequenceClassification", "ElectraConfig", SMALL | LABELS | dict(embedding_size=24)),
    "electra-guessing": ("ElectraForMaskedLM", "ElectraConfig", SMALL | dict(embedding_size=16)),
    "albert": ("AlbertModel", "AlbertConfig", dict(SHARED)),
    "albert-judging": ("AlbertForSequenceClassification", "AlbertConfig", SHARED | LABELS),
    "albert-guessing": ("AlbertForMaskedLM", "AlbertConfig", dict(SHARED)),
}


def tiny(architecture, config_class, options):
    config = getattr(transformers, config_class)(**options, attn_implementation="eager")
    model = getattr(transformers, architecture)(config).eval()
    generator = torch.Generator().manual_seed(11)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            # As it is made, biases are 0 and gains 1, and a mistake there would not show.
            drawn = torch.randn(parameter.shape, generator=generator)
            gain = "norm" in name.lower() and name.endswith("weight")
            # Less in the deeper one, whose attention would see one key only and have no gradient.
            deviation = 0.15 if config.model_type == "albert" else 0.3
            parameter.copy_(1 + 0.2 * drawn if gain else deviation * drawn)
    return model


def values_of(model):
    generator = torch.Generator().manual_seed(12)
    total = sum(LENGTHS)
    ids = torch.randint(3, VOCABULARY, (total,), generator=generator)
    if model.config.model_type in ("roberta", "xlm-roberta", "mpnet"):
        # Padding inside a text: it moves the positions, yet it is attended to.
        ids[2:4] = model.config.pad_token_id
    types = torch.randint(0, getattr(model.config, "type_vocab_size", 1) or 1, (total,), generator=generator)
    values = {"lengths": torch.tensor(LENGTHS), "input_ids": ids, "token_type_ids": types}
    parts, loss, start = [], 0, 0
    takes_types = "token_type_ids" in inspect.signature(model.forward).parameters
    for length in LENGTHS:
        end = start + length
        inputs = {"input_ids": ids[None, start:end]}
        if takes_types:
            inputs["token_type_ids"] = types[None, start:end]
        out = model(**inputs, output_hidden_states=True, output_attentions=True)
        parts.append(out)
        start = end
    for i in range(len(parts[0].hidden_states)):
        values[f"hidden_states.{i}"] = torch.cat([part.hidden_states[i][0] for part in parts])
    for i, attention in enumerate(parts[0].attentions):
        values[f"attentions.{i}"] = attention[0]
    if hasattr(parts[0], "logits"):
        # A row for each text, or for each token.
        values["logits"] = torch.cat([part.logits.reshape(-1, part.logits.shape[-1]) for part in parts])
        names = ["logits"]
    else:
        values["last_hidden_state"] = torch.cat([part.last_hidden_state[0] for part in parts])
        names = ["last_hidden_state"]
    if getattr(parts[0], "pooler_output", None) is not None:
        values["pooler_output"] = torch.cat([part.pooler_output for part in parts])
        names.append("pooler_output")
    for name in names:
        cotangent = torch.randn(values[name].shape, generator=generator)
        values[f"cotangent.{name}"] = cotangent
        loss = loss + (values[name] * cotangent).sum()
    loss.backward()
    values["loss"] = loss.reshape(1)
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            values["gradient." + name] = parameter.grad
    return {name: value.detach().contiguous().clone() for name, value in values.items()}


def main():
    for name, (architecture, config_class, options) in MODELS.items():
        if len(sys.argv) > 1 and name not in sys.argv[1:]:
            continue
        model = tiny(architecture, config_class, options)
        model.save_pretrained(FOLDER / name)
        save_file(values_of(model), FOLDER / f"{name}-values.safetensors")
        print(name, sum(parameter.numel() for parameter in model.parameters()))


if __name__ == "__main__":
    main()
