package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.gpt2.Gpt2Configuration;
import dev.heed.model.llama.Llama;
import dev.heed.model.llama.LlamaConfiguration;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.tensor.DType;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.GgufVocabulary;
import dev.heed.tokenizer.Tokenizer;
import dev.heed.tokenizer.WordPieceTrainer;
import dev.heed.tokenizer.text.ByteAlphabet;
import dev.heed.weights.GgufFile;
import dev.heed.weights.GgufReader;
import dev.heed.weights.GgufValue;
import dev.heed.weights.StoredTensor;
import dev.heed.weights.StoredType;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufExportTest {
  private static final int[] IDS = {5, 17, 3, 29, 8, 8, 30, 1};

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama-linear",
        "llama-llama3",
        "llama-yarn",
        "mistral",
        "qwen2",
        "qwen3",
        "gemma3"
      })
  void aModelGivesTheSameLogitsAfterTheWayThroughAFile(String name) throws Exception {
    CausalModel model = ModelDirectory.open(plain(name), CausalModel.class);
    GgufModel file = written(model, tokenizer(model.vocabulary(), "qwen2"), StoredType.F32);
    CausalModel read = file.model(true);
    assertThat(read.maximumLength()).isEqualTo(model.maximumLength());
    assertThat(logits(read)).containsExactly(logits(model), within(2e-5f));
  }

  @ParameterizedTest
  @CsvSource({"mistral, sliding windows", "qwen2, sliding windows", "gemma3, attention scale"})
  void whatLlamaCppTakesForGrantedMustBeSo(String name, String what) throws Exception {
    CausalModel model = ModelDirectory.open(golden("llama/" + name), CausalModel.class);
    Tokenizer tokenizer = tokenizer(model.vocabulary(), "qwen2");
    assertThatThrownBy(() -> GgufExport.of(model, tokenizer, "tiny", List.of()))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("must leave the " + what + " as llama.cpp has it");
  }

  /// The model with the windows and scales that llama.cpp takes for granted.
  private Path plain(String name) throws Exception {
    Path from = golden("llama/" + name);
    Path to = Files.createDirectory(folder.resolve("plain"));
    Files.copy(from.resolve("model.safetensors"), to.resolve("model.safetensors"));
    String config =
        Files.readString(from.resolve("config.json"))
            .replace("\"use_sliding_window\": true", "\"use_sliding_window\": false")
            .replace("\"query_pre_attn_scalar\": 9", "\"query_pre_attn_scalar\": 6");
    if (name.equals("mistral")) {
      config = config.replace("\"sliding_window\": 5", "\"sliding_window\": null");
    } else if (name.equals("gemma3")) {
      config = config.replace("full_attention\",", "sliding_attention\",");
    }
    Files.writeString(to.resolve("config.json"), config);
    return to;
  }

  /// Files of Gemma 3 say neither the rotary base of local layers nor which layers are local.
  @Test
  void aGemmaFileWithoutLocalThetaHasTheUsualOne() throws Exception {
    CausalModel model = ModelDirectory.open(plain("gemma3"), CausalModel.class);
    GgufExport all = GgufExport.of(model, tokenizer(37, "qwen2"), "tiny", List.of());
    Map<String, GgufValue> values = new LinkedHashMap<>(all.values());
    assertThat(values.remove("gemma3.rope.freq_base_swa")).isNotNull();
    Path file = folder.resolve("model.gguf");
    new GgufExport(values, all.tensors()).write(file, StoredType.F32, done -> {});
    LlamaConfiguration read = ((Llama) GgufModel.open(file).model(true)).configuration();
    assertThat(read.slidingTheta()).isEqualTo(10_000);
    assertThat(read.theta()).isEqualTo(1_000_000);
    assertThat(read.layers()).containsOnly(LlamaConfiguration.Sight.SLIDING);
  }

  @Test
  void everySixthLayerOfAGemmaFileSeesAll() throws Exception {
    CausalModel model = ModelDirectory.open(plain("gemma3"), CausalModel.class);
    GgufExport all = GgufExport.of(model, tokenizer(37, "qwen2"), "tiny", List.of());
    Map<String, GgufValue> values = new LinkedHashMap<>(all.values());
    values.put("gemma3.block_count", GgufValue.u32(13));
    List<StoredTensor> tensors = new ArrayList<>();
    for (StoredTensor tensor : all.tensors()) {
      String name = tensor.name();
      if (!name.startsWith("blk.")) {
        tensors.add(tensor);
      } else if (name.startsWith("blk.0.")) {
        for (int i = 0; i < 13; i++) {
          tensors.add(tensor.withName(name.replace("blk.0.", "blk." + i + ".")));
        }
      }
    }
    Path file = folder.resolve("model.gguf");
    new GgufExport(values, tensors).write(file, StoredType.F32, done -> {});
    Llama read = (Llama) GgufModel.open(file).model(true);
    for (int i = 0; i < 13; i++) {
      assertThat(read.configuration().layers().get(i))
          .as("layer %d", i)
          .isEqualTo(i % 6 == 5 ? LlamaConfiguration.Sight.FULL : LlamaConfiguration.Sight.SLIDING);
    }
  }

  @Test
  void gpt2GoesThroughAFileToo() throws Exception {
    Gpt2 model = Gpt2.load(golden("gpt2"));
    GgufModel file = written(model, tokenizer(model.vocabulary(), "gpt-2"), StoredType.F32);
    assertThat(logits(file.model(true))).containsExactly(logits(model), within(1e-6f));
  }

  @ParameterizedTest
  @EnumSource(
      value = StoredType.class,
      names = {"F16", "BF16", "Q8_0", "Q4_0", "Q4_K"})
  void quantisedWeightsLoseNoMoreThanTheirTypeSays(StoredType type) throws Exception {
    Gpt2Configuration configuration = Gpt2Configuration.of(300, 32, 256, 2, 4, 0);
    Gpt2 model = new Gpt2(configuration, Initializer.seeded(3));
    GgufModel file = written(model, tokenizer(300, "smollm"), type);
    float[] expected = logits(model);
    double level = 0;
    for (float logit : expected) {
      level += (double) logit * logit / expected.length;
    }
    double off = 0;
    float[] received = logits(file.model(true));
    for (int i = 0; i < expected.length; i++) {
      off += Math.pow(received[i] - expected[i], 2) / expected.length;
    }
    double share =
        switch (type) {
          case F16 -> 1e-3;
          case BF16 -> 1e-2;
          case Q8_0 -> 3e-2;
          default -> 0.2;
        };
    assertThat(Math.sqrt(off / level)).isLessThan(share);
    Layer thawed = file.model(false).layer();
    thawed.setFrozen(false);
    assertThat(thawed.parameters().values()).allMatch(p -> p.dtype() == DType.F32);
    GgufFile stored = GgufReader.open(folder.resolve("model.gguf"));
    assertThat(stored.tensor("blk.0.ffn_up.weight").type()).isEqualTo(type);
    assertThat(stored.tensor("blk.0.ffn_up.bias").type()).isEqualTo(StoredType.F32);
    assertThat(stored.tensor("position_embd.weight").type()).isEqualTo(StoredType.F32);
    boolean four = type == StoredType.Q4_0 || type == StoredType.Q4_K;
    assertThat(stored.tensor("token_embd.weight").type()).isEqualTo(four ? StoredType.Q8_0 : type);
    assertThat(stored.tensor("blk.1.ffn_down.weight").type())
        .isEqualTo(type == StoredType.Q4_K ? StoredType.Q8_0 : type);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt-2", "smollm", "llama-bpe", "qwen2", "tekken"})
  void aTokenizerSaysTheSameAfterTheWayThroughAFile(String splitting) throws Exception {
    Tokenizer tokenizer = tokenizer(300, splitting);
    GgufVocabulary exported = tokenizer.toGguf(310);
    assertThat(exported.splitting()).isEqualTo(splitting);
    assertThat(exported.tokens().get(305)).isEqualTo("[PAD305]");
    Tokenizer again = Tokenizer.of(exported);
    for (String text : List.of("The hot hats, 12 of them\n\n", "<|end|> a\u00e9 'll go", "")) {
      assertThat(again.encode(text).ids()).isEqualTo(tokenizer.encode(text).ids());
    }
    assertThat(again.config().chatTemplate()).isEqualTo("{{ bos_token }}");
    assertThat(again.isSpecial(299)).isTrue();
  }

  @Test
  void aTokenizerOfPiecesKeepsItsMergesAsScores() throws Exception {
    List<String> tokens = new ArrayList<>(List.of("<pad>", "<eos>", "<bos>", "<unk>"));
    for (int b = 0; b < 256; b++) {
      tokens.add("<0x%02X>".formatted(b));
    }
    tokens.addAll(
        List.of(
            "he",
            "\u2581h",
            "\u2581he",
            "\u2581hel",
            "lo",
            "\u2581hello",
            "h",
            "e",
            "l",
            "o",
            "\u2581",
            "  ",
            "   "));
    int[] kinds = new int[tokens.size()];
    float[] scores = new float[tokens.size()];
    for (int i = 0; i < kinds.length; i++) {
      kinds[i] = i < 3 ? 3 : i == 3 ? 2 : i < 260 ? 6 : tokens.get(i).startsWith(" ") ? 4 : 1;
      scores[i] = i < 260 ? 0 : 260 - i;
    }
    Tokenizer tokenizer =
        Tokenizer.of(
            new GgufVocabulary(
                "llama", "default", tokens, kinds, scores, List.of(), 2, 1, 3, 0, true, false,
                false, null));
    GgufVocabulary exported = tokenizer.toGguf(tokens.size());
    assertThat(exported.kinds()).isEqualTo(kinds);
    assertThat(exported.addsBegin()).isTrue();
    assertThat(exported.addsSpace()).isFalse();
    Tokenizer again = Tokenizer.of(exported);
    for (String text : List.of("hello hello", " helo \u00e9", "<eos> h")) {
      assertThat(again.encode(text).ids())
          .isEqualTo(tokenizer.encode(text).ids())
          .hasSizeGreaterThan(2);
    }
    // Gemma's runs of spaces, which its own tokenizer.json makes of spaces and of written ▁.
    int space = tokens.indexOf("\u2581");
    int two = tokens.indexOf("  ");
    Map<String, List<Integer>> runs =
        Map.of(
            "  h", List.of(two, tokens.indexOf("h")),
            " \u2581 o", List.of(two + 1, tokens.indexOf("o")),
            "   \u2581\u2581e", List.of(two + 1, two, tokens.indexOf("e")),
            "     ", List.of(two + 1, two),
            "o\u2581o", List.of(tokens.indexOf("o"), space, tokens.indexOf("o")));
    runs.forEach((text, ids) -> {
      assertThat(tokenizer.encode(text, false).ids()).as(text).containsExactly(array(ids));
      assertThat(again.encode(text, false).ids()).as(text).containsExactly(array(ids));
    });
  }

  private static int[] array(List<Integer> list) {
    return list.stream().mapToInt(Integer::intValue).toArray();
  }

  @Test
  void whatAGgufFileHasNoWordsForIsRefused() throws Exception {
    Tokenizer words = WordPieceTrainer.of(60).train(List.of("a few words"));
    assertThatThrownBy(() -> words.toGguf(100))
        .hasMessage("a GGUF file takes byte-pair encoding only: received WordPiece");
    Tokenizer bytes = tokenizer(300, "qwen2");
    assertThatThrownBy(() -> bytes.toGguf(299))
        .hasMessage(
            "the model must have a row for each of the tokenizer's 300 tokens: received 299");
  }

  private GgufModel written(CausalModel model, Tokenizer tokenizer, StoredType type)
      throws Exception {
    Path file = folder.resolve("model.gguf");
    GgufExport.of(model, tokenizer, "tiny", List.of(model.vocabulary() - 1))
        .write(file, type, done -> {});
    return GgufModel.open(file);
  }

  private static float[] logits(CausalModel model) {
    return Tensor.noGrad(() ->
            model.logits(model.apply(Tensor.of(IDS, IDS.length), Sequences.ofLengths(IDS.length))))
        .toFloatArray();
  }

  /// As many tokens as the model knows: bytes where they have room, some merges, an end.
  private static Tokenizer tokenizer(int size, String splitting) throws Exception {
    List<String> tokens = new ArrayList<>();
    for (int b = 0; b < Math.min(256, size - 1); b++) {
      tokens.add(String.valueOf(ByteAlphabet.character(b)));
    }
    List<String> merges = new ArrayList<>();
    for (String merge : List.of("h a", "ha t", "T h", "Th e", "\u0120 t")) {
      if (tokens.size() < size - 1) {
        tokens.add(merge.replace(" ", ""));
        merges.add(merge);
      }
    }
    while (tokens.size() < size - 1) {
      tokens.add("unused" + tokens.size());
    }
    tokens.add("<|end|>");
    int[] kinds = new int[size];
    java.util.Arrays.fill(kinds, 1);
    kinds[size - 1] = 3;
    return Tokenizer.of(
        new GgufVocabulary(
            "gpt2",
            splitting,
            tokens,
            kinds,
            new float[0],
            merges,
            size - 1,
            size - 1,
            -1,
            -1,
            false,
            false,
            false,
            "{{ bos_token }}"));
  }

  private static Path golden(String name) throws Exception {
    URL url = Objects.requireNonNull(GgufExportTest.class.getResource("/goldens/" + name), name);
    return Path.of(url.toURI());
  }
}
