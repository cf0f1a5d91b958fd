package dev.heed.benchmarks;

import dev.heed.data.WordNet;
import dev.heed.generation.KnownText;
import dev.heed.model.CausalModel;
import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.gpt2.Gpt2Configuration;
import dev.heed.nn.Initializer;
import dev.heed.nn.TrainingMode;
import dev.heed.nn.attention.ObservedAttention;
import dev.heed.nn.recurrent.Gru;
import dev.heed.nn.recurrent.Lstm;
import dev.heed.nn.recurrent.Recurrent;
import dev.heed.task.LanguageModel;
import dev.heed.task.MiniLm;
import dev.heed.task.SentenceEmbedder;
import dev.heed.tensor.Activation;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.DType;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Operations;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Precision;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Shape;
import dev.heed.tensor.StepMemory;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.TextFiles;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.TokenizerTrainer;
import dev.heed.tokenizer.UnigramTrainer;
import dev.heed.tokenizer.WordPieceTrainer;
import dev.heed.training.AdamW;
import dev.heed.weights.PackedWeights;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/// Answers `compare.py`, which runs the peer in between: a line on standard input names a piece of
/// work and how often to repeat it, a line on standard output gives the seconds that took.
///
/// ```
/// threads N
/// precision fp32|bf16|int8
/// linear M K N REPEAT
/// attention T,… causal|full REPEAT
/// attend T kernel|observable REPEAT
/// token S HEADS KEY_VALUE_HEADS WIDTH REPEAT
/// sentences FILE COUNT
/// embed DIRECTORY FILE REPEAT
/// pairs SOURCES TARGETS VOCABULARY FILE
/// translate FILE VOCABULARY WIDTH LAYERS HEADS FEED_FORWARD DROPOUT REPEAT
/// gpt VOCABULARY CONTEXT WIDTH LAYERS HEADS DROPOUT BATCH REPEAT
/// encode TEXT TOKENIZER REPEAT
/// prompt GGUF TOKENS REPEAT
/// decode GGUF PROMPT TOKENS REPEAT
/// read MEGABYTES REPEAT
/// train bpe|wordpiece|unigram VOCABULARY TEXT REPEAT
/// ```
///
/// `text FILE` writes WordNet's sentences there, `pairs` the ids of translations, see
/// [TranslationSteps].
public final class Worker {
  private final StepMemory memory = new StepMemory();
  private String prepared = "";
  private Runnable work = () -> {};
  private Precision precision = Precision.FP32;

  private Worker() {}

  public static void main(String[] arguments) throws IOException {
    PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    Worker worker = new Worker();
    out.println(Kernels.active().name());
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(worker.answer(line.split(" ")));
    }
  }

  private String answer(String[] words) throws IOException {
    if (words[0].equals("threads")) {
      Parallel.setThreads(Integer.parseInt(words[1]));
      return words[1];
    }
    if (words[0].equals("precision")) {
      precision = Precision.valueOf(words[1].toUpperCase(Locale.ROOT));
      return words[1];
    }
    if (words[0].equals("sentences")) {
      return sentences(Path.of(words[1]), Integer.parseInt(words[2]));
    }
    if (words[0].equals("pairs")) {
      Path file = Path.of(words[4]);
      TranslationSteps.write(Path.of(words[1]), Path.of(words[2]), number(words, 3), file);
      return words[4];
    }
    if (words[0].equals("text")) {
      Files.write(Path.of(words[1]), WordNet.sentences());
      return words[1];
    }
    int repeat = Integer.parseInt(words[words.length - 1]);
    String wanted = precision + " " + String.join(" ", Arrays.copyOf(words, words.length - 1));
    if (!wanted.equals(prepared)) {
      work = prepare(words);
      prepared = wanted;
      if (!words[0].equals("train")) {
        precision.compute(() -> {
          work.run();
          work.run();
        });
      }
    }
    long start = System.nanoTime();
    precision.compute(() -> {
      for (int i = 0; i < repeat; i++) {
        work.run();
      }
    });
    return Double.toString((System.nanoTime() - start) / 1e9);
  }

  private Runnable prepare(String[] words) throws IOException {
    return switch (words[0]) {
      case "linear" -> linear(number(words, 1), number(words, 2), number(words, 3));
      case "attention" -> attention(words[1], words[2].equals("causal"));
      case "attend" -> attend(number(words, 1), words[2].equals("observable"));
      case "token" -> token(number(words, 1), number(words, 2), number(words, 3), number(words, 4));
      case "read" -> {
        Tensor large = Tensor.zeros(Shape.of(number(words, 1) << 18), DType.F32);
        yield () -> Kernels.active().sum(large);
      }
      case "gpt" -> gpt(words);
      case "translate" ->
          new TranslationSteps(
                  Path.of(words[1]),
                  number(words, 2),
                  number(words, 3),
                  number(words, 4),
                  number(words, 5),
                  number(words, 6),
                  Double.parseDouble(words[7]))
              ::run;
      case "recurrent" -> recurrent(words[1], number(words, 2), number(words, 3));
      case "embed" -> embed(Path.of(words[1]), Path.of(words[2]));
      case "prompt" -> prompt(Path.of(words[1]), number(words, 2));
      case "decode" -> decode(Path.of(words[1]), number(words, 2), number(words, 3));
      case "encode" -> encode(Path.of(words[1]), Path.of(words[2]));
      case "train" -> train(words[1], number(words, 2), Path.of(words[3]));
      default -> throw new IllegalArgumentException("no such work: " + String.join(" ", words));
    };
  }

  /// Writes definitions and usage examples from all over WordNet, a line each.
  private static String sentences(Path file, int count) throws IOException {
    List<String> all = WordNet.sentences();
    List<String> some = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      some.add(all.get((int) ((long) i * all.size() / count)));
    }
    Files.write(file, some);
    return file.toString();
  }

  private Runnable embed(Path directory, Path file) throws IOException {
    Path opened =
        directory.toString().equals(MiniLm.NAME)
            ? MiniLm.directory(Path.of(System.getProperty("user.home"), ".heed"))
            : directory;
    SentenceEmbedder embedder = precision.compute(() -> SentenceEmbedder.load(opened));
    List<String> texts = Files.readAllLines(file);
    return () -> embedder.embed(texts);
  }

  private static int[] tokens(CausalModel model, int count) {
    return IntStream.range(0, count).map(i -> i * 7919 % model.vocabulary()).toArray();
  }

  private static Runnable prompt(Path file, int count) {
    CausalModel model = LanguageModel.load(file).model();
    int[] ids = tokens(model, count);
    return () -> new KnownText(model).nextLogits(ids, count);
  }

  /// The most probable token, again and again, after a prompt that is known.
  private static Runnable decode(Path file, int count, int more) {
    CausalModel model = LanguageModel.load(file).model();
    KnownText known = new KnownText(model);
    int[] ids = Arrays.copyOf(tokens(model, count), count + more);
    known.nextLogits(ids, count);
    return () -> {
      ids[count - 1] = 1;
      for (int at = count; at < count + more; at++) {
        float[] logits = known.nextLogits(ids, at);
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
          best = logits[i] > logits[best] ? i : best;
        }
        ids[at] = best;
      }
    };
  }

  private static int number(String[] words, int index) {
    return Integer.parseInt(words[index]);
  }

  /// Every line of a text, one at a time, on one thread.
  private static Runnable encode(Path text, Path tokenizerFile) throws IOException {
    List<String> lines = Files.readAllLines(text);
    Tokenizer tokenizer = Tokenizer.load(tokenizerFile);
    return () -> {
      long tokens = 0;
      for (String line : lines) {
        tokens += tokenizer.encode(line).size();
      }
      if (tokens == 0) {
        throw new IllegalStateException("no tokens in " + text);
      }
    };
  }

  private static Runnable train(String kind, int vocabulary, Path text) {
    TokenizerTrainer trainer =
        switch (kind) {
          case "bpe" -> BpeTrainer.of(vocabulary);
          case "wordpiece" -> WordPieceTrainer.of(vocabulary);
          default -> UnigramTrainer.of(vocabulary);
        };
    return () -> trainer.train(TextFiles.of(List.of(text)));
  }

  /// The product with a weight as a model of the precision has it.
  private Runnable linear(int m, int k, int n) {
    Tensor x = Initializer.seeded(1).normal(1, m, k);
    Tensor plain = Initializer.seeded(2).normal(1, n, k);
    Tensor weight =
        switch (precision) {
          case FP32 -> plain;
          case BF16 -> plain.to(DType.BF16);
          case INT8 -> PackedWeights.roundRows(plain.toFloatArray(), plain.shape());
        };
    Tensor out = Tensor.empty(Shape.of(m, n), DType.F32);
    return () -> Kernels.active().linear(x, weight, null, Activation.NONE, null, null, out);
  }

  /// Forward and backward, 12 heads of 64.
  ///
  /// @param lengths of the sequences, with commas
  private Runnable attention(String lengths, boolean causal) {
    Initializer random = Initializer.seeded(1);
    Sequences sequences =
        Sequences.ofLengths(
            Arrays.stream(lengths.split(",")).mapToInt(Integer::parseInt).toArray());
    int tokens = sequences.rows();
    Tensor q = random.normal(1, tokens, 768).requireGradient(true);
    Tensor k = random.normal(1, tokens, 768).requireGradient(true);
    Tensor v = random.normal(1, tokens, 768).requireGradient(true);
    Tensor seed = random.normal(1, tokens, 768);
    AttentionArguments full = AttentionArguments.full(12, sequences, sequences, 0.125);
    AttentionArguments arguments = causal ? full.causal() : full;
    return () -> {
      memory.step(() -> {
        FusedOperations.attention(q, k, v, arguments).out().backward(seed);
        return 0;
      });
      q.clearGradient();
      k.clearGradient();
      v.clearGradient();
    };
  }

  /// Forward only, as the kernel alone or through the place where attention can be looked at.
  private Runnable attend(int tokens, boolean observable) {
    Initializer random = Initializer.seeded(1);
    Tensor q = random.normal(1, tokens, 384);
    Tensor k = random.normal(1, tokens, 384);
    Tensor v = random.normal(1, tokens, 384);
    Sequences sequences = Sequences.ofLengths(tokens);
    AttentionArguments arguments = AttentionArguments.full(12, sequences, sequences, 0.125);
    return () ->
        memory.step(() -> {
          if (observable) {
            ObservedAttention.apply("attentions", q, k, v, arguments);
          } else {
            FusedOperations.attention(q, k, v, arguments);
          }
          return 0;
        });
  }

  /// One query meets the S keys and values of each of 30 layers, which no cache holds together.
  private Runnable token(int keys, int heads, int keyValueHeads, int width) {
    Initializer random = Initializer.seeded(1);
    List<Tensor> all = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      all.add(random.normal(1, keys, keyValueHeads * width));
    }
    Tensor q = random.normal(1, 1, heads * width);
    AttentionArguments arguments =
        AttentionArguments.full(
                heads, Sequences.ofLengths(1), Sequences.ofLengths(keys), 1 / Math.sqrt(width))
            .withKeyValueHeads(keyValueHeads);
    return () ->
        memory.step(() -> {
          for (int i = 0; i < 60; i += 2) {
            FusedOperations.attention(q, all.get(i), all.get(i + 1), arguments);
          }
          return 0;
        });
  }

  /// A whole training step: forward, backward, clipping, AdamW.
  private Runnable gpt(String[] words) {
    int vocabulary = number(words, 1);
    int context = number(words, 2);
    int batch = number(words, 7);
    Gpt2 model =
        new Gpt2(
            Gpt2Configuration.of(
                vocabulary,
                context,
                number(words, 3),
                number(words, 4),
                number(words, 5),
                Double.parseDouble(words[6])),
            Initializer.seeded(1));
    AdamW optimizer = new AdamW(model.parameters(), AdamW.Configuration.withDecay(0.1));
    int[] lengths = new int[batch];
    Arrays.fill(lengths, context);
    Sequences sequences = Sequences.ofLengths(lengths);
    int[] ids = new int[batch * context];
    Arrays.setAll(ids, i -> CounterRandom.below(vocabulary, 7, i));
    Tensor input = Tensor.of(ids, ids.length);
    long[] step = {0};
    return () -> {
      step[0]++;
      memory.step(() ->
          TrainingMode.run(
              1,
              step[0],
              () -> {
                model.loss(input, sequences, input).backwardAndFree();
                return 0;
              }));
      double norm = optimizer.gradientNorm() / ids.length;
      optimizer.step(step[0], 1e-4, Math.min(1, 1 / (norm + 1e-6)) / ids.length);
      optimizer.clearGradients();
    };
  }

  /// Forward and backward through a recurrent layer 512 wide.
  private Runnable recurrent(String kind, int batch, int length) {
    int width = 512;
    Recurrent layer =
        kind.equals("lstm")
            ? new Lstm(width, width, Initializer.seeded(1))
            : new Gru(width, width, Initializer.seeded(1));
    int[] lengths = new int[batch];
    Arrays.fill(lengths, length);
    Sequences sequences = Sequences.ofLengths(lengths);
    float[] elements = new float[batch * length * width];
    for (int i = 0; i < elements.length; i++) {
      elements[i] = (float) (CounterRandom.uniform(3, i) - 0.5);
    }
    Parameter x = Parameter.of(Tensor.of(elements, batch * length, width));
    return () ->
        memory.step(() -> {
          Operations.sum(layer.apply(x, sequences)).backwardAndFree();
          layer.parameters().values().forEach(Tensor::clearGradient);
          x.clearGradient();
          return 0;
        });
  }
}
