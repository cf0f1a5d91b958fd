package dev.heed.model;

import dev.heed.nn.Initializer;
import dev.heed.nn.Layer;
import dev.heed.nn.Linear;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.SafetensorsReader;
import dev.heed.weights.SafetensorsWriter;
import dev.heed.weights.StoredTensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A low-rank update of the linear layers in a model's blocks: a few numbers that learn while the
/// model stays as it is.
///
/// Source: Hu et al. 2021; the files are those of PEFT. A matrix that holds several layers (GPT-2's
/// `c_attn`) has one inner matrix A for all of them.
public final class Lora {
  static final String WEIGHTS = "adapter_model.safetensors";
  static final String ROOT = "base_model.model.";
  private static final String A = ".lora_A.weight";
  private static final String B = ".lora_B.weight";
  private static final String WEIGHT = ".weight";
  private static final Pattern IN_BLOCKS = Pattern.compile(".*\\.\\d+\\.(.*\\.)?[^.]+");

  private final StoredModel model;
  private final LoraConfiguration configuration;
  private final Map<String, Update> updates = new LinkedHashMap<>();

  /// The update of a stored matrix.
  ///
  /// @param a [rank, in]
  /// @param parts [out, rank] of each layer that stands in it
  private record Update(Parameter a, List<Parameter> parts) {}

  private Lora(StoredModel model, LoraConfiguration configuration) {
    this.model = model;
    this.configuration = configuration;
  }

  /// A new update of all linear layers in the blocks, which changes nothing yet: A is random, B
  /// zeros.
  public static Lora attach(
      StoredModel model, LoraConfiguration configuration, Initializer initializer) {
    Lora lora = new Lora(model, configuration);
    model
        .weightNames()
        .parameters()
        .forEach((stored, parameters) -> {
          List<Linear> layers = lora.linearLayers(stored, parameters);
          if (!layers.isEmpty()) {
            int in = layers.getFirst().weight().shape().width();
            Parameter a =
                Parameter.of(initializer.uniform(1 / Math.sqrt(in), configuration.rank(), in));
            lora.add(stored, layers, a, null);
          }
        });
    return lora;
  }

  /// The layers that stand in a stored matrix; none if it is not one of linear layers in blocks.
  private List<Linear> linearLayers(String stored, List<String> parameters) {
    List<Linear> layers = new ArrayList<>();
    Map<String, Layer> all = model.layer().layers();
    if (stored.endsWith(WEIGHT) && IN_BLOCKS.matcher(withoutWeight(stored)).matches()) {
      for (String parameter : parameters) {
        if (all.get(withoutWeight(parameter)) instanceof Linear linear) {
          layers.add(linear);
        }
      }
    }
    return layers.size() == parameters.size() ? layers : List.of();
  }

  /// @param b [out of all, rank], null for zeros
  private void add(String stored, List<Linear> layers, Parameter a, @Nullable Tensor b) {
    List<Parameter> parts = new ArrayList<>();
    int row = 0;
    for (Linear layer : layers) {
      int out = layer.weight().shape().dimension(0);
      Tensor part =
          b == null
              ? Tensor.of(new float[out * configuration.rank()], out, configuration.rank())
              : b.rows(row, row + out);
      parts.add(Parameter.of(part));
      layer.adapt(a, parts.getLast(), configuration.scale());
      row += out;
    }
    updates.put(stored, new Update(a, parts));
  }

  /// Whether a directory holds an update instead of a whole model.
  public static boolean isIn(Path directory) {
    return Files.exists(directory.resolve(LoraConfiguration.FILE));
  }

  /// The model below the update in a directory: as it is named, seen from beside that directory or
  /// from the working directory.
  ///
  /// @throws ModelException if it is not there
  public static Path base(Path directory) {
    ConfigFile file = ConfigFile.read(directory.resolve(LoraConfiguration.FILE));
    Path named = Path.of(file.string("base_model_name_or_path"));
    Path beside = directory.resolveSibling(named); // itself where it is absolute
    Path base = Files.exists(beside) ? beside : named;
    if (!Files.exists(base)) {
      throw new ModelException(
          "%s: base_model_name_or_path must be a directory or file: not found: %s"
              .formatted(directory.resolve(LoraConfiguration.FILE), base));
    }
    return base;
  }

  /// Puts the update in a directory on its base model. Its parameters are frozen.
  ///
  /// @param model the base, with the head, if any, that the directory has
  /// @throws ModelException if they do not fit together
  public static Lora read(Path directory, StoredModel model) {
    LoraConfiguration configuration =
        ConfigFile.read(directory.resolve(LoraConfiguration.FILE)).read(LoraConfiguration::of);
    Checkpoint checkpoint = SafetensorsReader.open(directory.resolve(WEIGHTS));
    Lora lora = new Lora(model, configuration);
    Map<String, List<String>> names = model.weightNames().parameters();
    for (String name : checkpoint.names()) {
      if (!name.endsWith(A)) {
        continue;
      }
      String module = name.substring(0, name.length() - A.length());
      String bare = module.startsWith(ROOT) ? module.substring(ROOT.length()) : module;
      String stored =
          names.containsKey(bare + WEIGHT)
              ? bare + WEIGHT
              : model.weightNames().prefix() + bare + WEIGHT;
      List<Linear> layers = lora.linearLayers(stored, names.getOrDefault(stored, List.of()));
      int out = layers.stream().mapToInt(l -> l.weight().shape().dimension(0)).sum();
      if (layers.isEmpty()) {
        throw new ModelException(
            "%s: found a tensor %s, for which the model has no layer"
                .formatted(checkpoint.source(), name));
      }
      int in = layers.getFirst().weight().shape().width();
      Tensor a = tensor(checkpoint, name, configuration.rank(), in);
      Tensor b = tensor(checkpoint, module + B, out, configuration.rank());
      lora.add(stored, layers, Parameter.of(a), b);
    }
    lora.updates
        .values()
        .forEach(update -> {
          update.a.setFrozen(true);
          update.parts.forEach(part -> part.setFrozen(true));
        });
    return lora;
  }

  private static Tensor tensor(Checkpoint checkpoint, String name, int rows, int columns) {
    StoredTensor stored = checkpoint.tensor(name);
    if (!stored.shape().equals(Shape.of(rows, columns))) {
      throw new ModelException(
          "%s: %s must have the shape %s: found %s"
              .formatted(checkpoint.source(), name, Shape.of(rows, columns), stored.shape()));
    }
    return Tensor.of(stored.toFloats(), rows, columns);
  }

  /// Whether a model has an update on it.
  public static boolean isOn(Layer model) {
    return model.layers().values().stream()
        .anyMatch(layer -> layer instanceof Linear linear && linear.isAdapted());
  }

  /// Makes the update on a model part of its weights.
  public static void merge(Layer model) {
    model
        .layers()
        .values()
        .forEach(layer -> {
          if (layer instanceof Linear linear) {
            linear.merge();
          }
        });
  }

  /// Writes a directory that `PeftModel` opens, and Heed: the update, and the parameters beside it
  /// that are not frozen (a new head).
  ///
  /// @throws UncheckedIOException if a file cannot be written
  public void save(Path directory) {
    WeightNames names = model.weightNames();
    List<StoredTensor> tensors = new ArrayList<>();
    Set<String> targets = new LinkedHashSet<>();
    updates.forEach((stored, update) -> {
      String module = withoutWeight(stored);
      tensors.add(stored(ROOT + module + A, List.of(update.a)));
      tensors.add(stored(ROOT + module + B, update.parts));
      targets.add(module.replaceFirst(".*\\.\\d+\\.", ""));
    });
    Set<String> saved = new LinkedHashSet<>();
    for (StoredTensor head :
        names.stored(model.layer(), parameter -> !Objects.requireNonNull(parameter).isFrozen())) {
      tensors.add(head.withName(ROOT + head.name()));
      String bare =
          head.name().startsWith(names.prefix())
              ? head.name().substring(names.prefix().length())
              : head.name();
      saved.add(bare.replaceFirst("\\.(weight|bias)$", ""));
    }
    boolean transposed = updates.keySet().stream().anyMatch(names::isTransposed);
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    SafetensorsWriter.write(directory.resolve(WEIGHTS), tensors, Map.of("format", "pt"));
    configuration
        .toFile(List.copyOf(targets), List.copyOf(saved), transposed)
        .write(directory.resolve(LoraConfiguration.FILE));
    for (ConfigFile file : model.files()) {
      file.write(directory.resolve(file.name()));
    }
  }

  private static StoredTensor stored(String name, List<Parameter> parts) {
    int rows = parts.stream().mapToInt(part -> part.shape().dimension(0)).sum();
    int columns = parts.getFirst().shape().width();
    float[] all = new float[rows * columns];
    int done = 0;
    for (Parameter part : parts) {
      float[] values = part.toFloatArray();
      System.arraycopy(values, 0, all, done, values.length);
      done += values.length;
    }
    return StoredTensor.of(name, Shape.of(rows, columns), all);
  }

  private static String withoutWeight(String name) {
    return name.endsWith(WEIGHT) ? name.substring(0, name.length() - WEIGHT.length()) : name;
  }
}
