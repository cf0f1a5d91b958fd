package dev.heed.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.bert.SequenceClassifier;
import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.weights.SafetensorsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The updates and the logits are PEFT's, from `tools/goldens/lora.py`.
class LoraTest {
  private static final Golden GPT2 = new Golden("gpt2-lora");
  private static final Golden BERT = new Golden("bert-judging-lora");
  private static final int[] IDS = new Golden("gpt2").integers("input_ids");

  @TempDir Path folder;

  private static Tensor logits(CausalModel model) {
    Tensor ids = Tensor.of(IDS, IDS.length);
    return model.logits(model.apply(ids, Sequences.ofLengths(IDS.length)));
  }

  private static Tensor logits(SequenceClassifier model) {
    Golden base = new Golden("bert-judging");
    return model.logits(
        base.integerTensor("input_ids"),
        Sequences.ofLengths(base.integers("lengths")),
        base.integerTensor("token_type_ids"));
  }

  @Test
  void anUpdateOfPeftGivesItsLogitsMergedOrNot() {
    CausalModel gpt2 = ModelDirectory.open(GPT2.directory(), CausalModel.class);
    Tensor unmerged = logits(gpt2);
    GPT2.requireClose("logits", unmerged);
    Lora.merge(gpt2.layer());
    assertThat(Lora.isOn(gpt2.layer())).isFalse();
    GPT2.requireClose("logits", logits(gpt2));
    gpt2.save(folder);
    GPT2.requireClose("logits", logits(ModelDirectory.open(folder, CausalModel.class)));
    // The base stays what it was.
    new Golden("gpt2")
        .requireClose(
            "logits",
            logits(ModelDirectory.open(new Golden("gpt2").directory(), CausalModel.class)));
  }

  @Test
  void aHeadThatWasTrainedComesWithTheUpdate() {
    SequenceClassifier bert = ModelDirectory.open(BERT.directory(), SequenceClassifier.class);
    BERT.requireClose("logits", logits(bert));
    assertThatThrownBy(() -> bert.save(folder))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("must be merged before it is saved whole");
    Lora.merge(bert);
    BERT.requireClose("logits", logits(bert));
  }

  @Test
  void aNewUpdateChangesNothingLearnsAloneAndIsReadAgain() {
    Path base = new Golden("gpt2").directory();
    CausalModel model = ModelDirectory.open(base, CausalModel.class);
    Layer layer = model.layer();
    Lora lora =
        Lora.attach(
            model, LoraConfiguration.of(base.toString(), "CAUSAL_LM", 2), Initializer.seeded(1));
    new Golden("gpt2").requireClose("logits", logits(model));
    int n = IDS.length;
    for (int i = 0; i < 2; i++) { // while B is zeros, A has no gradient
      model.loss(Tensor.of(IDS, n), Sequences.ofLengths(n), Tensor.of(IDS, n)).backward();
      layer
          .parameters()
          .forEach((name, parameter) -> {
            assertThat(parameter.isFrozen()).as(name).isEqualTo(!name.contains("lora_"));
            Tensor gradient = parameter.gradient();
            if (gradient != null) {
              add(parameter, gradient);
              parameter.clearGradient();
            }
          });
    }
    Tensor learned = logits(model);
    lora.save(folder);
    ConfigFile file = ConfigFile.read(folder.resolve("adapter_config.json"));
    assertThat(file.strings("target_modules"))
        .containsExactly("attn.c_attn", "attn.c_proj", "mlp.c_fc", "mlp.c_proj");
    assertThat(file.flag("fan_in_fan_out", false)).isTrue();
    assertThat(SafetensorsReader.open(folder.resolve("adapter_model.safetensors")).names())
        .contains("base_model.model.transformer.h.1.attn.c_attn.lora_B.weight")
        .hasSize(16);
    Tensor again = logits(ModelDirectory.open(folder, CausalModel.class));
    assertThat(again.toFloatArray()).isEqualTo(learned.toFloatArray());
    Lora.merge(layer);
    assertThat(logits(model).toFloatArray()).containsExactly(learned.toFloatArray(), within(1e-4f));
  }

  private static void add(Parameter parameter, Tensor gradient) {
    float[] values = parameter.toFloatArray();
    float[] by = gradient.toFloatArray();
    for (int i = 0; i < values.length; i++) {
      values[i] -= 0.01f * by[i];
    }
    parameter.copyFrom(Tensor.of(values, parameter.shape().dimensions()));
  }

  @Test
  void whatDoesNotFitIsSaid() throws IOException {
    for (String name : List.of("adapter_config.json", "adapter_model.safetensors")) {
      Files.copy(GPT2.directory().resolve(name), folder.resolve(name));
    }
    assertThatThrownBy(() -> ModelDirectory.open(folder, CausalModel.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining(
            "base_model_name_or_path must be a directory or file: not found: gpt2");
    String config = Files.readString(folder.resolve("adapter_config.json"));
    String base = new Golden("gpt2").directory().toString();
    Files.writeString(
        folder.resolve("adapter_config.json"),
        config.replace("\"gpt2\"", "\"" + base + "\"").replace("\"r\": 4", "\"r\": 5"));
    assertThatThrownBy(() -> ModelDirectory.open(folder, CausalModel.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("lora_A.weight must have the shape [5, 24]: found [4, 24]");
    Files.writeString(
        folder.resolve("adapter_config.json"),
        config
            .replace("\"gpt2\"", "\"" + base + "\"")
            .replace("\"use_dora\": false", "\"use_dora\": true"));
    assertThatThrownBy(() -> ModelDirectory.open(folder, CausalModel.class))
        .isInstanceOf(ModelException.class)
        .hasMessageContaining("use_dora");
  }
}
