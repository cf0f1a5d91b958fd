"""Makes a tiny model in the layout of OPUS-MT's directories (pytorch_model.bin, source.spm, target.spm,
vocab.json, an older config.json) and compares what Heed and `transformers` make of texts.

    $(tools/goldens/setup.sh) tools/goldens/check_opus_layout.py TEXT_FILE

TEXT_FILE is any English text to train SentencePiece on; needs sentencepiece 0.2. Tokens must be equal
on every line, and so must translations, greedy and with beams. Then the model learns on by
`heed train translate --from`: its loss before on the held-out pair must be that of `transformers`, with
the targets cut by target.spm, and what is saved must open again with both tokenizers.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import sentencepiece
import torch
from transformers import MarianConfig, MarianMTModel, MarianTokenizer

HEED = Path(__file__).parents[2] / "heed"
LINES = [
    "The train left the station on time.",
    "  Two  spaces,   three,\ttab  ",
    "ﬁne Ｆｕｌｌ ½ ™ é é İ",
    "日本語 中文 한국어 สวัสดี",
    "unknown: ☃☃ 🚂🚃 x☃y don't stop-believing: 3,141.59!",
    ">>fra<< The train",
]


def heed(*arguments):
    command = [HEED, *map(str, arguments), "--quiet"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def make(folder, text):
    for name, size in (("source", 300), ("target", 200)):
        sentencepiece.SentencePieceTrainer.train(
            input=text, model_prefix=str(folder / name), vocab_size=size, model_type="unigram",
            character_coverage=0.9995, minloglevel=2, num_threads=1, normalization_rule_name="nmt_nfkc",
        )
        (folder / f"{name}.model").rename(folder / f"{name}.spm")
    processor = sentencepiece.SentencePieceProcessor(model_file=str(folder / "source.spm"))
    pieces = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
    pieces = [piece for piece in pieces if piece not in ("<s>", "</s>", "<unk>")]
    words = ["</s>", "<unk>"] + pieces[: len(pieces) - 20] + [">>fra<<", "<pad>"]  # it lacks some
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    pad = len(words) - 1
    torch.manual_seed(3)
    config = MarianConfig(
        vocab_size=len(words), d_model=32, encoder_layers=2, decoder_layers=2, encoder_attention_heads=4,
        decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=48, max_position_embeddings=128,
        activation_function="swish", scale_embedding=True, pad_token_id=pad, eos_token_id=0,
        decoder_start_token_id=pad, init_std=0.4,
    )
    model = MarianMTModel(config).eval()
    model.final_logits_bias.normal_(generator=torch.Generator().manual_seed(4))
    torch.save({k: v.clone() for k, v in model.state_dict().items()}, folder / "pytorch_model.bin")
    older = dict(config.to_dict(), architectures=["MarianMTModel"], add_bias_logits=False, add_final_layer_norm=False,
                 normalize_before=False, normalize_embedding=False, static_position_embeddings=True,
                 num_beams=6, max_length=32, bad_words_ids=[[pad]], bos_token_id=0)
    for key in ("decoder_vocab_size", "share_encoder_decoder_embeddings", "tie_word_embeddings"):
        older.pop(key, None)
    (folder / "config.json").write_text(json.dumps(older))
    return model, MarianTokenizer.from_pretrained(folder)


def learn_on(folder, model, tokenizer):
    pairs = [(source, target.upper()) for source, target in zip(LINES[:4], reversed(LINES[:4]))]
    data = folder / "pairs.jsonl"
    data.write_text("".join(json.dumps({"source": s, "target": t}) + "\n" for s, t in pairs))
    figures = json.loads(heed("train", "translate", "--data", data, "--from", folder, "-o", folder / "on",
                              "--validation", 0.25, "--steps", 2, "--format", "json"))
    losses = []
    for source, target in pairs:
        batch = tokenizer(source, text_target=target, return_tensors="pt")
        with torch.no_grad():
            losses.append(model(**batch).loss.item())
    # Which pair is held out is Heed's choice.
    assert min(abs(loss - figures["nll_before"]) for loss in losses) < 1e-4, (losses, figures)
    again = MarianTokenizer.from_pretrained(folder / "on")
    MarianMTModel.from_pretrained(folder / "on")
    for source, target in pairs:
        assert again(source, text_target=target) == tokenizer(source, text_target=target)


def main():
    folder = Path(tempfile.mkdtemp())
    model, tokenizer = make(folder, sys.argv[1])
    for line in LINES:
        expected = tokenizer(line).input_ids
        received = json.loads(heed("tokenize", line, "--model", folder))["ids"]
        assert received == expected, (line, received, expected)
        source = torch.tensor([expected])
        for beams in (1, 6):
            answer = json.loads(
                heed("translate", line, "--model", folder, "--beams", beams, "--format", "json")
            )["translation"]
            out = model.generate(source, num_beams=beams, max_length=32, do_sample=False,
                                 bad_words_ids=[[model.config.pad_token_id]], forced_eos_token_id=0)
            wanted = tokenizer.decode(out[0], skip_special_tokens=True)
            assert answer == wanted, (line, beams, answer, wanted)
    learn_on(folder, model, tokenizer)
    print(f"{len(LINES)} texts: tokens and translations are those of transformers")


if __name__ == "__main__":
    main()
