package dev.heed.task;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.WeightNames;
import dev.heed.nn.Initializer;
import dev.heed.nn.Linear;
import dev.heed.nn.head.Pooling;
import dev.heed.tensor.Activation;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What `modules.json` and the files that it names say: how a sentence's vector comes about.
///
/// Source: the files of `sentence_transformers`, as versions 2 to 6.2 write them.
///
/// @param transformer where the encoder and its tokenizer lie, relative to the directory
/// @param maximumLength the most tokens of a text; 0 where it is not given
/// @param lowerCase whether texts are put in lower case first
/// @param poolings whose results are put side by side
/// @param poolsPrompt whether the tokens of a prompt count
/// @param steps what happens to the pooled vector, in order
record SentenceModules(
    String transformer,
    int maximumLength,
    boolean lowerCase,
    List<Pooling> poolings,
    boolean poolsPrompt,
    List<Step> steps) {
  private static final String MODULES = "modules.json";
  private static final String TRANSFORMER_CONFIG = "sentence_bert_config.json";

  /// What `torch.nn.functional.normalize` adds to nothing: vectors shorter than this stay short.
  private static final double LEAST_LENGTH = 1e-12;

  private static final Map<String, Pooling> POOLINGS = new LinkedHashMap<>();

  static {
    POOLINGS.put("cls", Pooling.FIRST);
    POOLINGS.put("max", Pooling.MAX);
    POOLINGS.put("mean", Pooling.MEAN);
    POOLINGS.put("mean_sqrt_len_tokens", Pooling.MEAN_SQRT_LENGTH);
    POOLINGS.put("weightedmean", Pooling.WEIGHTED_MEAN);
    POOLINGS.put("lasttoken", Pooling.LAST);
  }

  /// Something done to vectors [B, D].
  sealed interface Step {
    Tensor apply(Tensor x);
  }

  /// Scales vectors to the length 1.
  record Normalize() implements Step {
    @Override
    public Tensor apply(Tensor x) {
      return unit(x);
    }

    /// x [B, D], each row with the length 1.
    static Tensor unit(Tensor x) {
      int width = x.shape().width();
      float[] gain = new float[width];
      Arrays.fill(gain, (float) (1 / Math.sqrt(width)));
      // x / √(mean of squares) · 1/√D = x / √(sum of squares)
      return FusedOperations.rmsNorm(
          x, Tensor.of(gain, width), LEAST_LENGTH * LEAST_LENGTH / width);
    }
  }

  /// A linear layer and an activation.
  record Dense(Linear linear, Activation activation) implements Step {
    @Override
    public Tensor apply(Tensor x) {
      return linear.apply(x, activation, null);
    }
  }

  /// The mean of an encoder's tokens.
  static SentenceModules meanOnly() {
    return new SentenceModules("", 0, false, List.of(Pooling.MEAN), true, List.of());
  }

  /// What the directory says; the mean of all tokens if it has no `modules.json`.
  ///
  /// @throws ModelException if it asks for something that Heed lacks
  static SentenceModules read(Path directory) {
    if (!Files.exists(directory.resolve(MODULES))) {
      return meanOnly();
    }
    SentenceModules modules = meanOnly();
    boolean first = true;
    for (ConfigFile module : ConfigFile.readList(directory.resolve(MODULES))) {
      String type = module.string("type");
      String kind = type.substring(type.lastIndexOf('.') + 1);
      Path folder = inside(directory, module.string("path"));
      if (first != kind.equals("Transformer")) {
        throw new ModelException(
            directory.resolve(MODULES)
                + ": the first module, and no other, must be a Transformer: received "
                + type);
      }
      modules =
          switch (kind) {
            case "Transformer" -> modules.withTransformer(module.string("path"), folder);
            case "Pooling" -> modules.withPooling(folder);
            case "Dense" -> modules.with(dense(folder));
            case "Normalize" -> modules.with(new Normalize());
            default ->
                throw new ModelException(
                    "%s: modules must be among [Transformer, Pooling, Dense, Normalize]: received %s"
                        .formatted(directory.resolve(MODULES), type));
          };
      first = false;
    }
    return modules;
  }

  private static Path inside(Path directory, String path) {
    Path folder = directory.resolve(path).normalize();
    if (!folder.startsWith(directory.normalize())) {
      throw new ModelException(
          directory.resolve(MODULES) + ": a path must stay inside: received " + path);
    }
    return folder;
  }

  private SentenceModules withTransformer(String path, Path folder) {
    Path file = folder.resolve(TRANSFORMER_CONFIG);
    if (!Files.exists(file)) {
      return new SentenceModules(path, 0, false, poolings, poolsPrompt, steps);
    }
    ConfigFile config = ConfigFile.read(file);
    return new SentenceModules(
        path,
        config.integer("max_seq_length", 0),
        config.flag("do_lower_case", false),
        poolings,
        poolsPrompt,
        steps);
  }

  private SentenceModules withPooling(Path folder) {
    ConfigFile config = ConfigFile.read(folder.resolve("config.json"));
    List<Pooling> modes = new ArrayList<>();
    for (String mode : modeNames(config)) {
      Pooling pooling = POOLINGS.get(mode);
      if (pooling == null) {
        throw new ModelException(
            "%s: pooling_mode must be among %s: received %s"
                .formatted(folder.resolve("config.json"), POOLINGS.keySet(), mode));
      }
      modes.add(pooling);
    }
    boolean prompt = config.flag("include_prompt", true);
    if (!prompt && modes.contains(Pooling.WEIGHTED_MEAN)) {
      throw new ModelException(
          folder.resolve("config.json") + ": Heed lacks weightedmean with include_prompt = false");
    }
    return new SentenceModules(transformer, maximumLength, lowerCase, modes, prompt, steps);
  }

  /// One name or several; older files have a truth value for each mode.
  private static List<String> modeNames(ConfigFile config) {
    Object named = config.value("pooling_mode").orElse(null);
    if (named != null) {
      return named instanceof String one ? List.of(one) : config.strings("pooling_mode");
    }
    List<String> modes =
        POOLINGS.keySet().stream().filter(mode -> config.flag(olderKey(mode), false)).toList();
    return modes.isEmpty() ? List.of("mean") : modes;
  }

  private static String olderKey(String mode) {
    return "pooling_mode_"
        + switch (mode) {
          case "cls" -> "cls_token";
          case "max", "mean", "weightedmean" -> mode + "_tokens";
          default -> mode;
        };
  }

  private static Dense dense(Path folder) {
    ConfigFile config = ConfigFile.read(folder.resolve("config.json"));
    config.require("module_input_name", "sentence_embedding");
    config.require("module_output_name", "sentence_embedding");
    boolean bias = config.flag("bias", true);
    String function = config.string("activation_function", "torch.nn.modules.activation.Tanh");
    Activation activation =
        switch (function.substring(function.lastIndexOf('.') + 1)) {
          case "Tanh" -> Activation.TANH;
          case "Identity" -> Activation.NONE;
          case "ReLU" -> Activation.RELU;
          case "GELU" -> Activation.GELU;
          case "Sigmoid" -> Activation.SIGMOID;
          case "SiLU" -> Activation.SILU;
          default ->
              throw new ModelException(
                  "%s: activation_function must be among [Tanh, Identity, ReLU, GELU, Sigmoid, SiLU]:"
                          .formatted(folder.resolve("config.json"))
                      + " received "
                      + function);
        };
    Linear linear =
        new Linear(
            config.integer("in_features"),
            config.integer("out_features"),
            bias,
            Initializer.beforeLoading());
    denseNames(bias).load(Checkpoint.open(folder), linear);
    return new Dense(linear, activation);
  }

  private static WeightNames denseNames(boolean bias) {
    WeightNames names = new WeightNames("").tensor("linear.weight", "weight");
    return bias ? names.tensor("linear.bias", "bias") : names;
  }

  private SentenceModules with(Step step) {
    List<Step> more = new ArrayList<>(steps);
    more.add(step);
    return new SentenceModules(
        transformer, maximumLength, lowerCase, poolings, poolsPrompt, List.copyOf(more));
  }

  /// The mean of all tokens, scaled to the length 1.
  static SentenceModules meanAndNormalize() {
    return meanOnly().with(new Normalize());
  }

  /// Writes these files for an encoder in the directory itself, in the older form, which all
  /// versions read.
  ///
  /// @param width of the encoder's vectors
  /// @param longest the most tokens of a text
  void write(Path directory, int width, int longest) {
    List<ConfigFile> modules = new ArrayList<>();
    add(modules, "Transformer");
    write(
        directory.resolve(TRANSFORMER_CONFIG),
        Map.of("max_seq_length", longest, "do_lower_case", lowerCase));
    Map<String, @Nullable Object> pooling = new LinkedHashMap<>();
    pooling.put("word_embedding_dimension", width);
    POOLINGS.forEach((mode, kind) -> pooling.put(olderKey(mode), poolings.contains(kind)));
    pooling.put("include_prompt", poolsPrompt);
    write(directory.resolve(add(modules, "Pooling")).resolve("config.json"), pooling);
    for (Step step : steps) {
      switch (step) {
        case Normalize normalize -> add(modules, "Normalize");
        case Dense dense -> write(directory.resolve(add(modules, "Dense")), dense);
      }
    }
    ConfigFile.writeList(modules, directory.resolve(MODULES));
  }

  /// Adds a module; gives the folder of its files.
  private static String add(List<ConfigFile> modules, String kind) {
    int index = modules.size();
    String path = index == 0 ? "" : index + "_" + kind;
    Map<String, @Nullable Object> module = new LinkedHashMap<>();
    module.put("idx", index);
    module.put("name", Integer.toString(index));
    module.put("path", path);
    module.put("type", "sentence_transformers.models." + kind);
    modules.add(new ConfigFile(MODULES, module));
    return path;
  }

  private static void write(Path folder, Dense dense) {
    Linear linear = dense.linear;
    boolean bias = linear.bias() != null;
    Map<String, @Nullable Object> config = new LinkedHashMap<>();
    config.put("in_features", linear.weight().shape().width());
    config.put("out_features", linear.weight().shape().dimension(0));
    config.put("bias", bias);
    config.put("activation_function", "torch.nn.modules." + torchName(dense.activation));
    ModelDirectory.save(
        folder, denseNames(bias).stored(linear), new ConfigFile("config.json", config));
  }

  private static String torchName(Activation activation) {
    return switch (activation) {
      case TANH -> "activation.Tanh";
      case NONE -> "linear.Identity";
      case RELU -> "activation.ReLU";
      case GELU -> "activation.GELU";
      case SIGMOID -> "activation.Sigmoid";
      case SILU -> "activation.SiLU";
      default -> throw new IllegalStateException("no module has the activation " + activation);
    };
  }

  private static void write(Path file, Map<String, @Nullable Object> values) {
    try {
      Files.createDirectories(file.getParent());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    new ConfigFile(file.getFileName().toString(), values).write(file);
  }
}
