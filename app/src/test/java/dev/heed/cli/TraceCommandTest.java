package dev.heed.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.gpt2.Gpt2Configuration;
import dev.heed.model.marian.Marian;
import dev.heed.model.marian.MarianConfiguration;
import dev.heed.nn.Initializer;
import dev.heed.nn.transformer.BlockConfiguration;
import dev.heed.task.MiniLm;
import dev.heed.task.SentenceEmbedder;
import dev.heed.tensor.Activation;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredType;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TraceCommandTest {
  @TempDir Path folder;

  private static Heed heed() {
    return new Heed(EmbedCommandTest.HOME).with("HEED_HOME", EmbedCommandTest.HOME.toString());
  }

  @Test
  void minilmShowsHiddenStatesAttentionsAndTheSentencesVector() {
    String text = "The train left the station.";
    Path file = folder.resolve("t.safetensors");
    assertThat(heed().run("trace", text, "-o", file.toString()).code()).isEqualTo(ExitCode.DONE);
    Checkpoint trace = Checkpoint.open(file);
    assertThat(trace.names()).hasSize(1 + 7 + 6 + 2);
    assertThat(trace.tensor("input_ids"))
        .hasToString("input_ids I64 [8]")
        .satisfies(ids -> assertThat(ids.toLongs()[0]).isEqualTo(101));
    assertThat(trace.tensor("hidden_states.0")).hasToString("hidden_states.0 F32 [8, 384]");
    assertThat(trace.tensor("attentions.5")).hasToString("attentions.5 F32 [12, 8, 8]");
    assertThat(trace.tensor("hidden_states.6").toFloats())
        .isEqualTo(trace.tensor("last_hidden_state").toFloats());
    SentenceEmbedder minilm = SentenceEmbedder.load(MiniLm.directory(EmbedCommandTest.HOME));
    assertThat(trace.tensor("sentence_embedding").toFloats()).isEqualTo(minilm.embed(text));
  }

  @Test
  void aLanguageModelNeedsNoTokenizerForIds() {
    new Gpt2(Gpt2Configuration.of(11, 8, 8, 2, 2, 0), Initializer.seeded(1)).save(folder);
    Path file = folder.resolve("t.safetensors");
    Heed.Result result =
        heed().run("trace", "--model", folder.toString(), "--ids", "3,1,4", "-o", file.toString());
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    Checkpoint trace = Checkpoint.open(file);
    assertThat(trace.names())
        .containsExactlyInAnyOrder(
            "input_ids",
            "hidden_states.0",
            "hidden_states.1",
            "hidden_states.2",
            "attentions.0",
            "attentions.1",
            "last_hidden_state",
            "logits");
    assertThat(trace.tensor("input_ids").toLongs()).containsExactly(3, 1, 4);
    assertThat(trace.tensor("logits")).hasToString("logits F32 [3, 11]");
    assertThat(trace.tensor("attentions.1").type()).isEqualTo(StoredType.F32);
    assertThat(heed().run("trace", "--model", folder.toString(), "--ids", "3").out())
        .contains("attentions.1 F32 [2, 1, 1]\n");
  }

  @Test
  void anEncoderDecoderModelShowsBothSidesAndWhatTheOneReadsOfTheOther() {
    BlockConfiguration block = new BlockConfiguration(8, 2, 16, Activation.RELU, false, 0, 0, 1e-5);
    MarianConfiguration configuration =
        MarianConfiguration.of(MarianConfiguration.Family.MARIAN, 11, 2, 8, block, 0, 1);
    new Marian(configuration, Initializer.seeded(1)).save(folder);
    Path file = folder.resolve("t.safetensors");
    String model = folder.toString();
    Heed.Result result =
        heed()
            .run(
                "trace",
                "--model",
                model,
                "--ids",
                "3,4,1",
                "--decoder-ids",
                "0,5",
                "-o",
                file.toString());
    assertThat(result.code()).isEqualTo(ExitCode.DONE);
    Checkpoint trace = Checkpoint.open(file);
    assertThat(trace.names())
        .containsExactlyInAnyOrder(
            "input_ids",
            "decoder_input_ids",
            "encoder_hidden_states.0",
            "encoder_hidden_states.1",
            "encoder_hidden_states.2",
            "encoder_attentions.0",
            "encoder_attentions.1",
            "encoder_last_hidden_state",
            "decoder_hidden_states.0",
            "decoder_hidden_states.1",
            "decoder_hidden_states.2",
            "decoder_attentions.0",
            "decoder_attentions.1",
            "cross_attentions.0",
            "cross_attentions.1",
            "logits");
    assertThat(trace.tensor("decoder_input_ids").toLongs()).containsExactly(0, 5);
    assertThat(trace.tensor("cross_attentions.1")).hasToString("cross_attentions.1 F32 [2, 2, 3]");
    assertThat(trace.tensor("logits")).hasToString("logits F32 [2, 11]");
    assertThat(heed().run("trace", "--model", model, "--ids", "3").out())
        .contains("decoder_input_ids I64 [1]\n");
    assertThat(
            heed().run("trace", "--model", model, "--ids", "3", "--decoder-ids", "11").messages())
        .contains("--decoder-ids must be in 0…10: received 11");
    assertThat(heed().run("trace", "--ids", "3", "--decoder-ids", "1").code())
        .isEqualTo(ExitCode.USAGE);
  }

  @Test
  void wrongIdsAndTooLongTextsAreRefused() {
    assertThat(heed().run("trace", "--ids", "30522").messages())
        .contains("--ids must be in 0…30521: received 30522");
    assertThat(heed().run("trace", "a", "--ids", "3").code()).isEqualTo(ExitCode.USAGE);
    assertThat(heed().run("trace").code()).isEqualTo(ExitCode.USAGE);
    Heed.Result tooLong = heed().run("trace", "hello ".repeat(600));
    assertThat(tooLong.code()).isEqualTo(ExitCode.TOO_LONG);
    assertThat(tooLong.messages()).contains("at most 512 tokens: received 602");
  }
}
