package dev.heed.generation;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What a directory's `generation_config.json` says: which tokens may come, and how the model's
/// makers would choose among them.
///
/// Source: `GenerationConfig` of transformers. Differs: how long a text may become is left to the
/// caller, to whom `maximumLength` is told.
///
/// @param rules which tokens may come
/// @param sampling how the makers choose; greedy where they do not sample
/// @param beams how the makers look for the most probable text
/// @param maximumLength the most tokens of a text; 0 where the file says nothing
public record GenerationConfig(
    GenerationRules rules, Sampling sampling, BeamSettings beams, int maximumLength) {
  private static final String FILE = "generation_config.json";
  private static final String START = "decoder_start_token_id";
  private static final String TWO_SIDES = "is_encoder_decoder";

  /// What says nothing of the tokens that come.
  private static final Set<String> WITHOUT_EFFECT =
      Set.of(
          "_from_model_config",
          TWO_SIDES,
          "transformers_version",
          "pad_token_id",
          "bos_token_id",
          START,
          "max_new_tokens",
          "use_cache",
          "cache_implementation",
          "output_attentions",
          "output_hidden_states",
          "output_scores",
          "output_logits",
          "return_dict_in_generate",
          "num_return_sequences",
          "do_sample",
          "max_time",
          "disable_compile",
          "compile_config",
          "low_memory");

  /// What is heeded.
  private static final Set<String> KNOWN =
      Set.of(
          "eos_token_id",
          "temperature",
          "top_k",
          "top_p",
          "min_p",
          "repetition_penalty",
          "suppress_tokens",
          "begin_suppress_tokens",
          "bad_words_ids",
          "min_new_tokens",
          "min_length",
          "no_repeat_ngram_size",
          "forced_bos_token_id",
          "forced_eos_token_id",
          "max_length",
          "num_beams",
          "length_penalty",
          "early_stopping");

  /// What changes nothing at these values.
  private static final Map<String, Set<Object>> NEUTRAL =
      Map.ofEntries(
          Map.entry("num_beam_groups", Set.of(1L)),
          Map.entry("typical_p", Set.of(1.0, 1L)),
          Map.entry("epsilon_cutoff", Set.of(0.0, 0L)),
          Map.entry("eta_cutoff", Set.of(0.0, 0L)),
          Map.entry("diversity_penalty", Set.of(0.0, 0L)),
          Map.entry("encoder_repetition_penalty", Set.of(1.0, 1L)),
          Map.entry("encoder_no_repeat_ngram_size", Set.of(0L)),
          Map.entry("guidance_scale", Set.of(1.0, 1L)),
          Map.entry("renormalize_logits", Set.of(false)),
          Map.entry("remove_invalid_values", Set.of(false)),
          Map.entry("is_assistant", Set.of(false)));

  /// What says nothing: the model's end tokens, greedy.
  public static GenerationConfig of(Set<Integer> endTokens) {
    return new GenerationConfig(
        GenerationRules.endingWith(endTokens), Sampling.greedy(), BeamSettings.greedy(), 0);
  }

  /// Reads a directory's file.
  ///
  /// @param endTokens what ends a text where the file does not say
  /// @throws ModelException if it asks for what Heed lacks and what would change the output
  public static GenerationConfig read(Path directory, Set<Integer> endTokens) {
    Path path = directory.resolve(FILE);
    if (Files.exists(path)) {
      return of(ConfigFile.read(path), endTokens);
    }
    Path config = directory.resolve("config.json");
    return Files.exists(config) ? of(older(ConfigFile.read(config)), endTokens) : of(endTokens);
  }

  /// What an older `config.json` says of it, among other things.
  private static ConfigFile older(ConfigFile file) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>(file.values());
    values
        .keySet()
        .removeIf(key -> !KNOWN.contains(key) && !key.equals(START) && !key.equals(TWO_SIDES));
    return new ConfigFile(file.name(), values);
  }

  static GenerationConfig of(ConfigFile file, Set<Integer> endTokens) {
    file.values()
        .forEach((key, value) -> {
          boolean harmless =
              value == null
                  || WITHOUT_EFFECT.contains(key)
                  || KNOWN.contains(key)
                  || NEUTRAL.getOrDefault(key, Set.of()).contains(value);
          if (!harmless) {
            throw new ModelException(
                "%s: %s = %s would change the output, and Heed lacks it"
                    .formatted(file.name(), key, value));
          }
        });
    if (file.flag("do_sample", false) && file.integer("num_beams", 1) > 1) {
      throw new ModelException(
          file.name()
              + ": do_sample with num_beams above 1 would change the output, and Heed lacks it");
    }
    Set<Integer> ends = new LinkedHashSet<>(tokens(file, "eos_token_id"));
    boolean samples = file.flag("do_sample", false);
    Penalties penalties = new Penalties(file.number("repetition_penalty", 1), 0, 0);
    return new GenerationConfig(
        new GenerationRules(
            ends.isEmpty() ? endTokens : ends,
            new HashSet<>(tokens(file, "suppress_tokens")),
            new HashSet<>(tokens(file, "begin_suppress_tokens")),
            banned(file, ends.isEmpty() ? endTokens : ends),
            minimumTokens(file),
            file.integer("no_repeat_ngram_size", 0),
            tokens(file, "forced_bos_token_id").stream().findFirst().orElse(null),
            tokens(file, "forced_eos_token_id").stream().findFirst().orElse(null)),
        samples
            ? new Sampling(
                file.number("temperature", 1),
                file.integer("top_k", 50),
                file.number("top_p", 1),
                file.number("min_p", 0),
                0,
                penalties)
            : Sampling.greedy().withPenalties(penalties),
        file.read(GenerationConfig::beams),
        Math.max(0, file.integer("max_length", 0)));
  }

  /// The least length of a text counts the tokens before the first new one: where a decoder makes
  /// it, that is one.
  private static int minimumTokens(ConfigFile file) {
    int least = file.integer("min_length", 0);
    if (least > 0 && file.value(START).isEmpty() && !file.flag(TWO_SIDES, false)) {
      throw new ModelException(
          "%s: min_length = %d would change the output, and Heed lacks it"
              .formatted(file.name(), least));
    }
    return Math.max(file.integer("min_new_tokens", 0), least - 1);
  }

  private static BeamSettings beams(ConfigFile file) {
    Object stopping = file.value("early_stopping").orElse(false);
    return new BeamSettings(
        file.integer("num_beams", 1),
        file.number("length_penalty", 1),
        switch (stopping) {
          case Boolean first ->
              first ? BeamSettings.Stopping.FIRST : BeamSettings.Stopping.UNLIKELY;
          case String text when text.equals("never") -> BeamSettings.Stopping.IMPOSSIBLE;
          default ->
              throw new IllegalArgumentException(
                  "early_stopping must be true, false or \"never\": received " + stopping);
        });
  }

  /// Without the tokens that end a text, as in the source.
  private static List<List<Integer>> banned(ConfigFile file, Set<Integer> ends) {
    List<List<Integer>> banned = new ArrayList<>();
    Object value = file.value("bad_words_ids").orElse(List.of());
    for (Object sequence : value instanceof List<?> list ? list : List.of(value)) {
      List<Integer> ids = tokens(file, "bad_words_ids", sequence);
      if (ids.isEmpty()) {
        throw new ModelException("%s: bad_words_ids must not be empty".formatted(file.name()));
      }
      if (ids.size() > 1 || !ends.contains(ids.getFirst())) {
        banned.add(ids);
      }
    }
    return banned;
  }

  private static List<Integer> tokens(ConfigFile file, String key) {
    return tokens(file, key, file.value(key).orElse(null));
  }

  private static List<Integer> tokens(ConfigFile file, String key, @Nullable Object value) {
    List<Integer> tokens = new ArrayList<>();
    List<?> all = value instanceof List<?> list ? list : value == null ? List.of() : List.of(value);
    for (Object token : all) {
      if (!(token instanceof Long id) || id < -1 || id > Integer.MAX_VALUE) {
        throw new ModelException(
            "%s: %s must be a token or a list of them: received %s"
                .formatted(file.name(), key, value));
      }
      if (id >= 0) {
        tokens.add(id.intValue());
      }
    }
    return tokens;
  }
}
