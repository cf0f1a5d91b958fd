package dev.heed.model;

import dev.heed.model.bert.Bert;
import dev.heed.model.bert.EncoderFamily;
import dev.heed.model.bert.MaskedLanguageModel;
import dev.heed.model.bert.SequenceClassifier;
import dev.heed.model.bert.TokenClassifier;
import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.llama.Llama;
import dev.heed.model.llama.LlamaConfiguration;
import dev.heed.model.marian.Marian;
import dev.heed.model.marian.MarianConfiguration;
import dev.heed.model.modernbert.ModernBert;
import dev.heed.model.modernbert.ModernBertHead;
import dev.heed.model.t5.T5;
import dev.heed.nn.Layer;
import dev.heed.tensor.Precision;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;

/// Opens the model in a directory of Hugging Face's layout, whichever family it is of, and writes
/// such a directory.
public final class ModelDirectory {
  private static final String CONFIG = "config.json";

  /// What `architectures` may name, and what reads it. A new family adds its lines here.
  private static final Map<String, Function<Path, Layer>> ARCHITECTURES = new LinkedHashMap<>();

  /// What is taken for a `model_type` where `architectures` is absent.
  private static final Map<String, String> DEFAULTS = new LinkedHashMap<>();

  /// What reads the encoder alone, whatever head the checkpoint has, by `model_type`.
  private static final Map<String, Function<Path, TextEncoder>> ENCODERS = new LinkedHashMap<>();

  static {
    for (EncoderFamily family : EncoderFamily.values()) {
      ARCHITECTURES.put(family.architecture("Model"), Bert::load);
      ARCHITECTURES.put(family.architecture("ForSequenceClassification"), SequenceClassifier::load);
      ARCHITECTURES.put(family.architecture("ForTokenClassification"), TokenClassifier::load);
      ARCHITECTURES.put(family.architecture("ForMaskedLM"), MaskedLanguageModel::load);
      DEFAULTS.put(family.type(), family.architecture("Model"));
      ENCODERS.put(family.type(), Bert::load);
    }
    // What they add to guessing masked tokens, whether a sentence follows another, is passed over.
    ARCHITECTURES.put("BertForPreTraining", MaskedLanguageModel::load);
    ARCHITECTURES.put("AlbertForPreTraining", MaskedLanguageModel::load);
    ARCHITECTURES.put("ModernBertModel", ModernBert::load);
    for (ModernBertHead.Kind kind : ModernBertHead.Kind.values()) {
      ARCHITECTURES.put(kind.architecture(), directory -> ModernBertHead.load(directory, kind));
    }
    DEFAULTS.put("modernbert", "ModernBertModel");
    ENCODERS.put("modernbert", ModernBert::load);
    ARCHITECTURES.put("GPT2LMHeadModel", Gpt2::load);
    DEFAULTS.put("gpt2", "GPT2LMHeadModel");
    for (MarianConfiguration.Family family : MarianConfiguration.Family.values()) {
      ARCHITECTURES.put(family.architecture(), directory -> Marian.load(directory, family));
      DEFAULTS.put(family.type(), family.architecture());
    }
    ARCHITECTURES.put("T5ForConditionalGeneration", T5::load);
    DEFAULTS.put("t5", "T5ForConditionalGeneration");
    for (LlamaConfiguration.Family family : LlamaConfiguration.Family.values()) {
      ARCHITECTURES.put(family.architecture(), directory -> Llama.load(directory, family));
      DEFAULTS.put(family.type(), family.architecture());
    }
  }

  private ModelDirectory() {}

  /// Opens a directory's model; under [Precision#INT8] its linear layers are rounded.
  ///
  /// @param kind what it must be able to do, such as [CausalModel]
  /// @throws ModelException if the architecture is not known or is not of this kind, or the files
  ///   do not fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static <M> M open(Path directory, Class<M> kind) {
    Path path = directory.resolve(CONFIG);
    ConfigFile config = config(directory);
    String architecture = architecture(path, config);
    Function<Path, Layer> loader = ARCHITECTURES.get(architecture);
    if (loader == null) {
      throw new ModelException(
          "%s: architectures must name one of %s: received %s"
              .formatted(path, new TreeSet<>(ARCHITECTURES.keySet()), architecture));
    }
    Layer model = loader.apply(directory);
    if (!kind.isInstance(model)) {
      throw new ModelException(
          "%s: expected a %s: received %s".formatted(path, kind.getSimpleName(), architecture));
    }
    round(model);
    if (Lora.isIn(directory)) {
      if (!(model instanceof StoredModel adapted)) {
        throw new ModelException("%s: no update is known for a %s".formatted(path, architecture));
      }
      Lora.read(directory, adapted);
    }
    return kind.cast(model);
  }

  /// Opens the encoder of a directory's model, without its head; see [#open].
  ///
  /// @throws ModelException if the `model_type` is not known or the files do not fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static TextEncoder openEncoder(Path directory) {
    String type = config(directory).string("model_type");
    Function<Path, TextEncoder> loader = ENCODERS.get(type);
    if (loader == null) {
      throw new ModelException(
          "%s: model_type must be an encoder's, one of %s: received %s"
              .formatted(directory.resolve(CONFIG), new TreeSet<>(ENCODERS.keySet()), type));
    }
    TextEncoder encoder = loader.apply(directory);
    if (encoder instanceof Layer model) {
      round(model);
    }
    return encoder;
  }

  private static void round(Layer model) {
    if (Precision.current() == Precision.INT8) {
      EightBits.round(model);
    }
  }

  /// Writes `model.safetensors` and then these files, each under its name; `config.json` comes
  /// last, because with it the directory counts as a model.
  ///
  /// @throws UncheckedIOException if a file cannot be written
  public static void save(Path directory, List<StoredTensor> weights, ConfigFile... files) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    SafetensorsWriter.write(
        directory.resolve("model.safetensors"), weights, Map.of("format", "pt"));
    for (ConfigFile file : files) {
      file.write(directory.resolve(file.name()));
    }
  }

  private static ConfigFile config(Path directory) {
    Path path = directory.resolve(CONFIG);
    if (!Files.exists(path) && !Lora.isIn(directory)) {
      throw new UncheckedIOException(
          new NoSuchFileException(path.toString(), null, "a model's directory has a config.json"));
    }
    return ModelFiles.config(directory);
  }

  private static String architecture(Path path, ConfigFile config) {
    List<String> architectures = config.strings("architectures");
    if (!architectures.isEmpty()) {
      return architectures.getFirst();
    }
    String type = config.string("model_type");
    String architecture = DEFAULTS.get(type);
    if (architecture == null) {
      throw new ModelException(
          "%s: model_type must be one of %s: received %s"
              .formatted(path, new TreeSet<>(DEFAULTS.keySet()), type));
    }
    return architecture;
  }
}
