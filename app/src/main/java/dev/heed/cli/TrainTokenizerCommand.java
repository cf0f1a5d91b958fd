package dev.heed.cli;

import dev.heed.cli.terminal.ProgressBar;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.TextFiles;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.TokenizerTrainer;
import dev.heed.tokenizer.TrainingProgress.Phase;
import dev.heed.tokenizer.UnigramTrainer;
import dev.heed.tokenizer.WordPieceTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// `heed train tokenizer`: a tokenizer out of a user's text.
@Command(
    name = "tokenizer",
    description = "Trains a tokenizer on text files and writes a tokenizer.json.")
final class TrainTokenizerCommand implements Callable<Integer> {
  private static final long MEGABYTE = 1_000_000;

  private final HeedCommand heed;

  /// How a tokenizer cuts words.
  enum Kind {
    BPE,
    WORDPIECE,
    UNIGRAM
  }

  @Option(
      names = "--data",
      arity = "1..*",
      required = true,
      paramLabel = "FILE",
      description = "text in UTF-8, gzip too")
  private List<Path> data = List.of();

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = "the tokenizer.json to write, or a directory, which gets its configuration too")
  private Path output = Path.of("tokenizer.json");

  @Option(
      names = "--kind",
      paramLabel = "K",
      description = "bpe (as GPT-2), wordpiece (as BERT) or unigram (as T5) (default: bpe)")
  private Kind kind = Kind.BPE;

  @Option(
      names = "--vocabulary",
      paramLabel = "N",
      description = "how many tokens, special ones included (default: ${DEFAULT-VALUE})")
  private int vocabulary = 8192;

  @Option(
      names = "--min-frequency",
      paramLabel = "N",
      description = "bpe, wordpiece: how often a pair must occur (default: ${DEFAULT-VALUE})")
  private int minFrequency = 2;

  @Option(
      names = "--special-token",
      paramLabel = "TOKEN",
      description = "a special token beside the kind's own; may be given several times")
  private List<String> specialTokens = List.of();

  @Option(names = "--cased", description = "wordpiece: keep case and accents")
  private boolean cased;

  TrainTokenizerCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    TokenizerTrainer trainer = trainer();
    TextFiles texts = TrainCommand.texts(data);
    boolean directory =
        Files.isDirectory(output) || !output.toString().toLowerCase(Locale.ROOT).endsWith(".json");
    long start = System.nanoTime();
    Tokenizer tokenizer;
    try (ProgressBar bar = heed.progress()) {
      tokenizer = train(trainer, texts, bar);
    }
    if (directory) {
      tokenizer.save(output);
    } else {
      WholeFile.write(output, out -> out.write(tokenizer.toJson()));
    }
    heed.notes()
        .printf(
            Locale.ROOT,
            "%s: %,d tokens%s, learnt from %,.1f MB in %.1f s%n",
            output,
            tokenizer.vocabularySize(),
            tokenizer.vocabularySize() < vocabulary
                ? " (the text has no more that are frequent enough)"
                : "",
            texts.bytesRead() / (double) MEGABYTE,
            (System.nanoTime() - start) / 1e9);
    return ExitCode.DONE.code();
  }

  private TokenizerTrainer trainer() {
    try {
      TokenizerTrainer trainer =
          switch (kind) {
            case BPE -> new BpeTrainer(vocabulary, minFrequency, List.of("<|endoftext|>"));
            case WORDPIECE -> new WordPieceTrainer(vocabulary, minFrequency, !cased, List.of());
            case UNIGRAM -> UnigramTrainer.of(vocabulary);
          };
      return trainer.withSpecialTokens(specialTokens);
    } catch (IllegalArgumentException e) {
      throw CommandFailure.usage(Objects.requireNonNullElse(e.getMessage(), "wrong options"));
    }
  }

  private static Tokenizer train(TokenizerTrainer trainer, TextFiles texts, ProgressBar bar)
      throws IOException {
    long megabytes = Math.max(1, Math.ceilDiv(texts.bytes(), MEGABYTE));
    bar.begin("Reading", megabytes, "MB");
    boolean[] learning = {false};
    Tokenizer tokenizer =
        trainer.train(
            texts,
            (phase, done, total) -> {
              if (phase == Phase.LEARNING && !learning[0]) {
                learning[0] = true;
                bar.end(Map.of());
                bar.begin("Learning", total, "token");
              }
              bar.update(phase == Phase.READING ? texts.bytesRead() / MEGABYTE : done, Map.of());
            });
    bar.end(tokenizer.vocabularySize(), Map.of());
    return tokenizer;
  }
}
