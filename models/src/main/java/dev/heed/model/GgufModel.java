package dev.heed.model;

import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.llama.LlamaGguf;
import dev.heed.tokenizer.GgufVocabulary;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.TokenizerFormatException;
import dev.heed.weights.GgufFile;
import dev.heed.weights.GgufReader;
import dev.heed.weights.GgufValue.Type;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;

/// Opens a language model that is one GGUF file: weights, sizes, tokenizer and chat template.
public final class GgufModel {
  private static final String TOKENIZER = "tokenizer.ggml.";

  private final GgufFile file;

  private GgufModel(GgufFile file) {
    this.file = file;
  }

  /// Maps a file.
  ///
  /// @throws dev.heed.weights.WeightsException if it is no GGUF file
  /// @throws UncheckedIOException if it is missing or cannot be read
  public static GgufModel open(Path file) {
    return new GgufModel(GgufReader.open(file));
  }

  /// The model.
  ///
  /// @param quantized whether quantised weights stay so, as they were mapped but in another order,
  ///   and meet activations of 8 bits; else they become F32
  /// @throws ModelException if its architecture is not known, or the file is not whole
  public CausalModel model(boolean quantized) {
    return file.text("general.architecture").equals("gpt2")
        ? Gpt2.open(file, quantized)
        : LlamaGguf.open(file, quantized);
  }

  /// The tokenizer, with the chat template in its configuration.
  ///
  /// @throws TokenizerFormatException if what the file says of it does not fit together
  public Tokenizer tokenizer() throws TokenizerFormatException {
    List<String> tokens = file.array(TOKENIZER + "tokens", Type.TEXT).texts();
    int[] kinds = new int[0];
    if (file.has(TOKENIZER + "token_type")) {
      long[] stored = file.array(TOKENIZER + "token_type", Type.I32).integers();
      kinds = new int[stored.length];
      for (int i = 0; i < kinds.length; i++) {
        kinds[i] = (int) stored[i];
      }
    }
    boolean pieces = file.text(TOKENIZER + "model").equals("llama");
    return Tokenizer.of(
        new GgufVocabulary(
            file.text(TOKENIZER + "model"),
            file.has(TOKENIZER + "pre") ? file.text(TOKENIZER + "pre") : null,
            tokens,
            kinds,
            file.has(TOKENIZER + "scores")
                ? file.array(TOKENIZER + "scores", Type.F32).floats()
                : new float[0],
            file.has(TOKENIZER + "merges")
                ? file.array(TOKENIZER + "merges", Type.TEXT).texts()
                : List.of(),
            id("bos_token_id"),
            id("eos_token_id"),
            id("unknown_token_id"),
            id("padding_token_id"),
            flag("add_bos_token", pieces),
            flag("add_eos_token", false),
            flag("add_space_prefix", pieces),
            file.has("tokenizer.chat_template") ? file.text("tokenizer.chat_template") : null));
  }

  private int id(String key) {
    long id = file.has(TOKENIZER + key) ? file.integer(TOKENIZER + key) : -1;
    if (id < -1 || id > Integer.MAX_VALUE) {
      throw new ModelException(
          "%s: %s%s must be a token's id: received %d"
              .formatted(file.source(), TOKENIZER, key, id));
    }
    return (int) id;
  }

  private boolean flag(String key, boolean otherwise) {
    return file.has(TOKENIZER + key) ? file.flag(TOKENIZER + key) : otherwise;
  }
}
