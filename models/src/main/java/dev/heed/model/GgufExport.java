package dev.heed.model;

import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.llama.Llama;
import dev.heed.model.llama.LlamaGgufExport;
import dev.heed.tokenizer.GgufVocabulary;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.TokenizerFormatException;
import dev.heed.weights.GgufArray;
import dev.heed.weights.GgufFile;
import dev.heed.weights.GgufValue;
import dev.heed.weights.GgufWriter;
import dev.heed.weights.StoredTensor;
import dev.heed.weights.StoredType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntConsumer;

/// Writes language models as GGUF files, which llama.cpp opens too.
///
/// @param values what the file says of the model and its tokenizer
/// @param tensors the weights, of any type
public record GgufExport(Map<String, GgufValue> values, List<StoredTensor> tensors) {
  private static final String TOKENIZER = "tokenizer.ggml.";
  private static final Map<StoredType, Integer> FILE_TYPES =
      Map.of(
          StoredType.F32, 0,
          StoredType.F16, 1,
          StoredType.Q4_0, 2,
          StoredType.Q8_0, 7,
          StoredType.Q4_K, 15,
          StoredType.BF16, 32);

  /// A model that is in memory.
  ///
  /// @param endTokens the tokens that end a text, the usual one first
  /// @throws ModelException if llama.cpp knows no such family or settings
  /// @throws TokenizerFormatException if GGUF files have no words for the tokenizer
  public static GgufExport of(
      CausalModel model, Tokenizer tokenizer, String name, List<Integer> endTokens)
      throws TokenizerFormatException {
    Map<String, GgufValue> values = new LinkedHashMap<>();
    List<StoredTensor> tensors =
        switch (model) {
          case Llama llama -> LlamaGgufExport.of(llama, values);
          case Gpt2 gpt2 -> gpt2.toGguf(values);
          default ->
              throw new ModelException(
                  "a GGUF file takes Llama's families and GPT-2: received "
                      + model.getClass().getSimpleName());
        };
    values.put("general.name", GgufValue.of(name));
    tokenizer(values, tokenizer.toGguf(model.vocabulary()), endTokens);
    return new GgufExport(values, tensors);
  }

  /// What a file holds.
  public static GgufExport of(GgufFile file) {
    List<StoredTensor> tensors = new ArrayList<>();
    file.names().forEach(name -> tensors.add(file.tensor(name)));
    return new GgufExport(new LinkedHashMap<>(file.values()), tensors);
  }

  private static void tokenizer(
      Map<String, GgufValue> values, GgufVocabulary from, List<Integer> endTokens) {
    values.put(TOKENIZER + "model", GgufValue.of(from.model()));
    if (from.splitting() != null) {
      values.put(TOKENIZER + "pre", GgufValue.of(from.splitting()));
    }
    values.put(TOKENIZER + "tokens", GgufArray.of(from.tokens()));
    if (from.scores().length > 0) {
      values.put(TOKENIZER + "scores", GgufArray.of(from.scores()));
    }
    values.put(TOKENIZER + "token_type", GgufArray.of(from.kinds()));
    if (!from.merges().isEmpty()) {
      values.put(TOKENIZER + "merges", GgufArray.of(from.merges()));
    }
    int end = endTokens.isEmpty() ? from.endOfText() : endTokens.getFirst();
    id(values, "bos_token_id", from.beginOfText());
    id(values, "eos_token_id", end);
    id(values, "eot_token_id", endTokens.size() > 1 ? endTokens.get(1) : -1);
    id(values, "unknown_token_id", from.unknown());
    id(values, "padding_token_id", from.padding());
    values.put(TOKENIZER + "add_bos_token", GgufValue.of(from.addsBegin()));
    values.put(TOKENIZER + "add_eos_token", GgufValue.of(from.addsEnd()));
    values.put(TOKENIZER + "add_space_prefix", GgufValue.of(from.addsSpace()));
    if (from.chatTemplate() != null) {
      values.put("tokenizer.chat_template", GgufValue.of(from.chatTemplate()));
    }
  }

  private static void id(Map<String, GgufValue> values, String key, int id) {
    if (id >= 0) {
      values.put(TOKENIZER + key, GgufValue.u32(id));
    }
  }

  /// Writes the file with matrices of this type, save those that it does not fit or that lose too
  /// much by it: vectors and positions stay F32; where weights become 4 bits, the output matrix (or
  /// the embedding that serves as one) and, for Q4_K, the values and the second feed-forward layers
  /// of some blocks become Q8_0; rows that are no whole number of blocks become Q8_0, else F16.
  ///
  /// Source: `llama-quant.cpp` of llama.cpp, which takes Q6_K and Q5_0 where here Q8_0 stands.
  ///
  /// @param progress hears how many tensors are done
  /// @throws IllegalArgumentException if the type is none of F32, F16, BF16, Q8_0, Q4_0, Q4_K
  public void write(Path file, StoredType type, IntConsumer progress) {
    Integer fileType = FILE_TYPES.get(type);
    if (fileType == null) {
      throw new IllegalArgumentException(
          "the type must be F32, F16, BF16, Q8_0, Q4_0 or Q4_K: received " + type);
    }
    Map<String, GgufValue> all = new LinkedHashMap<>(values);
    all.put("general.file_type", GgufValue.u32(fileType));
    if (type.isQuantized()) {
      all.put("general.quantization_version", GgufValue.u32(2));
    }
    boolean tied = tensors.stream().noneMatch(tensor -> tensor.name().equals("output.weight"));
    int blocks =
        values.get(text("general.architecture") + ".block_count")
                instanceof GgufValue.Whole(GgufValue.Type _, long count)
            ? (int) count
            : 0;
    Collection<StoredTensor> written = new ArrayList<>();
    for (StoredTensor tensor : tensors) {
      StoredType own = type(tensor, type, tied, blocks);
      written.add(tensor.type() == own ? tensor : tensor.as(own));
      progress.accept(written.size());
    }
    GgufWriter.write(file, all, written);
  }

  private String text(String key) {
    return values.get(key) instanceof GgufValue.Text(String text) ? text : "";
  }

  private static StoredType type(StoredTensor tensor, StoredType asked, boolean tied, int blocks) {
    String name = tensor.name();
    if (tensor.shape().rank() < 2 || name.startsWith("position_embd.")) {
      return StoredType.F32;
    }
    StoredType type = asked;
    boolean four = asked == StoredType.Q4_0 || asked == StoredType.Q4_K;
    if (four && name.equals(tied ? "token_embd.weight" : "output.weight")) {
      type = StoredType.Q8_0;
    }
    boolean sensitive = name.contains(".attn_v.") || name.contains(".ffn_down.");
    if (asked == StoredType.Q4_K && sensitive && usesMoreBits(block(name), blocks)) {
      type = StoredType.Q8_0;
    }
    int width = tensor.shape().width();
    if (width % type.blockElements() != 0) {
      type = width % StoredType.Q8_0.blockElements() == 0 ? StoredType.Q8_0 : StoredType.F16;
    }
    return type;
  }

  private static int block(String name) {
    return Integer.parseInt(name.split("\\.")[1]);
  }

  /// The first and the last eighth of the blocks, and every third between them.
  private static boolean usesMoreBits(int block, int blocks) {
    return block < blocks / 8 || block >= 7 * blocks / 8 || (block - blocks / 8) % 3 == 2;
  }
}
