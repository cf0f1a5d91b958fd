package dev.heed.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.heed.generation.BeamSettings.Stopping;
import dev.heed.model.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerationConfigTest {
  @TempDir Path folder;

  @Test
  void endTokensMayBeAListThatTheConfigurationLacks() throws IOException {
    assertThat(read("{\"eos_token_id\": [5, 7]}").rules().endTokens())
        .containsExactlyInAnyOrder(5, 7);
    assertThat(read("{\"eos_token_id\": 9}").rules().endTokens()).containsExactly(9);
    assertThat(read("{}").rules().endTokens()).containsExactly(3);
    Files.delete(folder.resolve("generation_config.json"));
    assertThat(GenerationConfig.read(folder, Set.of(3)).rules().endTokens()).containsExactly(3);
  }

  @Test
  void tokensAreForcedAndBanned() throws IOException {
    GenerationRules rules =
        read("""
        {"suppress_tokens": [1], "begin_suppress_tokens": [2], "bad_words_ids": [[4], [5, 6]],
         "forced_bos_token_id": 7, "forced_eos_token_id": 8, "no_repeat_ngram_size": 3}
        """)
            .rules();
    assertThat(rules)
        .isEqualTo(
            new GenerationRules(
                Set.of(3), Set.of(1), Set.of(2), List.of(List.of(4), List.of(5, 6)), 0, 3, 7, 8));
  }

  @Test
  void theMakersSamplingIsTakenOnlyWhereTheySample() throws IOException {
    assertThat(
            read("{\"do_sample\": true, \"temperature\": 0.7, \"top_k\": 20, \"top_p\": 0.8}")
                .sampling())
        .isEqualTo(new Sampling(0.7, 20, 0.8, 0, 0));
    assertThat(read("{\"temperature\": 0.7, \"repetition_penalty\": 1.1}").sampling())
        .isEqualTo(Sampling.greedy().withPenalties(new Penalties(1.1, 0, 0)));
  }

  @Test
  void aKeyThatWouldChangeTheOutputIsAnErrorWhereHeedLacksIt() throws IOException {
    assertThat(read("{\"num_beams\": 1, \"typical_p\": 1.0, \"guidance_scale\": null}").sampling())
        .isEqualTo(Sampling.greedy());
    assertThatThrownBy(() -> read("{\"num_beam_groups\": 2}"))
        .isInstanceOf(ModelException.class)
        .hasMessage(
            "generation_config.json: num_beam_groups = 2 would change the output, and Heed lacks"
                + " it");
    assertThatThrownBy(() -> read("{\"penalty_alpha\": 0.6}"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("penalty_alpha");
    assertThatThrownBy(() -> read("{\"eos_token_id\": \"x\"}"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("eos_token_id must be a token");
  }

  @Test
  void beamsAndTheirSettingsAreRead() throws IOException {
    assertThat(read("{}").beams()).isEqualTo(BeamSettings.greedy());
    GenerationConfig config =
        read(
            "{\"num_beams\": 6, \"length_penalty\": 0.6, \"early_stopping\": \"never\","
                + " \"max_length\": 512}");
    assertThat(config.beams()).isEqualTo(new BeamSettings(6, 0.6, Stopping.IMPOSSIBLE));
    assertThat(config.maximumLength()).isEqualTo(512);
    assertThat(read("{\"early_stopping\": true}").beams().stopping()).isEqualTo(Stopping.FIRST);
    assertThatThrownBy(() -> read("{\"early_stopping\": \"soon\"}"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("early_stopping must be true, false or \"never\": received soon");
    assertThatThrownBy(() -> read("{\"num_beams\": 0}"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("beams must be 1 or more");
  }

  @Test
  void theLeastLengthOfATargetCountsTheTokenBeforeIt() throws IOException {
    assertThat(
            read("{\"decoder_start_token_id\": 2, \"min_length\": 56, \"min_new_tokens\": 3}")
                .rules()
                .minimumTokens())
        .isEqualTo(55);
    assertThatThrownBy(() -> read("{\"min_length\": 5}"))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("min_length = 5 would change the output");
  }

  @Test
  void anOlderDirectorySaysItInItsConfiguration() throws IOException {
    Files.writeString(
        folder.resolve("config.json"),
        "{\"model_type\": \"marian\", \"num_beams\": 6, \"bad_words_ids\": [[9], [3]],"
            + " \"eos_token_id\": 3, \"id2label\": {}}");
    GenerationConfig config = GenerationConfig.read(folder, Set.of(3));
    assertThat(config.beams().beams()).isEqualTo(6);
    // What ends a text is never banned.
    assertThat(config.rules().banned()).containsExactly(List.of(9));
  }

  private GenerationConfig read(String json) throws IOException {
    Files.writeString(folder.resolve("generation_config.json"), json);
    return GenerationConfig.read(folder, Set.of(3));
  }
}
