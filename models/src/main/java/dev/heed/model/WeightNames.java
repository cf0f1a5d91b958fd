package dev.heed.model;

import dev.heed.nn.Layer;
import dev.heed.tensor.MemoryLimit;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Shape;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Between a family's parameters and the names under which checkpoints store them: the one way by
/// which weights come into a model and out again.
///
/// A family lists its tensors once; [#load] checks all of them against the file before it takes any
/// memory, and [#stored] gives them back for saving. As in Hugging Face's libraries, a checkpoint
/// may carry or lack the base model's prefix (`bert.`), may say `gamma` and `beta` for a norm's
/// weight and bias, and may hold heads that this model has not.
public final class WeightNames {
  private static final Pattern ALWAYS_IGNORED = Pattern.compile("(.*\\.)?(position_ids|inv_freq)");

  private final String prefix;
  private final SequencedMap<String, StoredParameters> tensors = new LinkedHashMap<>();
  private final List<Pattern> ignored = new ArrayList<>(List.of(ALWAYS_IGNORED));

  /// The names of a family.
  ///
  /// @param prefix what stands before the base model's names under a head class, such as
  ///   `transformer.`; written on saving, and on loading found or not. Empty if there is none
  public WeightNames(String prefix) {
    this.prefix = prefix;
  }

  /// A tensor of the base model, stored as it is: its name without the prefix, and the parameters
  /// that stand in it, one below the other if several.
  public WeightNames tensor(String name, String... parameters) {
    return add(prefix + name, false, parameters);
  }

  /// Like [#tensor], but stored transposed, [in, out]; several parameters stand side by side.
  public WeightNames transposed(String name, String... parameters) {
    return add(prefix + name, true, parameters);
  }

  /// The `weight` and `bias` of a linear layer or norm of the base model.
  public WeightNames weightAndBias(String name, String... layers) {
    for (String kind : List.of(".weight", ".bias")) {
      tensor(name + kind, append(layers, kind));
    }
    return this;
  }

  /// A tensor outside the base model, such as a head's, whose name never has the prefix.
  public WeightNames head(String name, String... parameters) {
    return add(name, false, parameters);
  }

  /// The `weight` and `bias` of a linear layer or norm outside the base model.
  public WeightNames headWeightAndBias(String name, String layer) {
    return head(name + ".weight", layer + ".weight").head(name + ".bias", layer + ".bias");
  }

  /// Tensors to leave alone, by a regular expression of their whole name without the prefix.
  public WeightNames ignoring(String expression) {
    ignored.add(Pattern.compile(expression));
    return this;
  }

  private WeightNames add(String name, boolean transposed, String... parameters) {
    if (tensors.put(name, new StoredParameters(transposed, List.of(parameters))) != null) {
      throw new IllegalStateException("a stored name must be new: received " + name);
    }
    return this;
  }

  private static String[] append(String[] layers, String kind) {
    String[] names = new String[layers.length];
    for (int i = 0; i < names.length; i++) {
      names[i] = layers[i] + kind;
    }
    return names;
  }

  /// Whether a checkpoint has this tensor of the base model: for parts that may be absent.
  public boolean has(Checkpoint checkpoint, String name) {
    return find(checkpoint, prefix + name) != null;
  }

  /// Whether the output matrix is the token embedding once more: if the checkpoint has both, when
  /// they are the same bits or `configured` says so of equal ones; if it lacks the output, when
  /// `configured` says so. A stored output that differs wins over the configuration.
  ///
  /// @param output the name of the output matrix, with no prefix
  /// @param embedding the name of the token embedding, without the prefix
  public boolean isTied(
      Checkpoint checkpoint, String output, String embedding, boolean configured) {
    String embedded = find(checkpoint, prefix + embedding);
    if (!configured || embedded == null || !checkpoint.contains(output)) {
      return configured;
    }
    StoredTensor stored = checkpoint.tensor(output);
    return stored.sameAs(checkpoint.tensor(embedded).withName(output));
  }

  /// Gives all parameters of `model` their elements: those of the mapped file itself where it has
  /// them as the model needs them, else converted copies. The parameters are frozen then.
  ///
  /// @param model made by [dev.heed.nn.Initializer#beforeLoading]
  /// @throws ModelException if a tensor is missing, too many, of another shape, or no
  ///   floating-point numbers; it names the file, the tensor, what was expected and what was found
  /// @throws IllegalStateException if the copies do not fit into this process's memory
  public void load(Checkpoint checkpoint, Layer model) {
    load(checkpoint, model, false);
  }

  /// The same; quantised matrices stay so where `quantized` says it, else they become F32.
  public void load(Checkpoint checkpoint, Layer model, boolean quantized) {
    Map<String, Parameter> parameters = named(model);
    List<Found> found = new ArrayList<>();
    Set<String> used = new HashSet<>();
    List<String> missing = new ArrayList<>();
    tensors.forEach((name, stored) -> {
      String there = find(checkpoint, name);
      if (there == null) {
        missing.add(name);
      } else {
        StoredTensor tensor = checkpoint.tensor(there);
        stored.requireFit(checkpoint.source(), tensor, parameters);
        used.add(there);
        found.add(new Found(tensor, stored));
      }
    });
    requireNone(checkpoint, missing, parameters);
    requireNoSurplus(checkpoint, used);
    long copied = 0;
    for (Found each : found) {
      copied += each.stored.copiedBytes(each.tensor, parameters, quantized);
    }
    MemoryLimit.ofThisProcess().require("loading " + checkpoint.source(), copied);
    found.forEach(each -> each.stored.load(each.tensor, parameters, quantized));
  }

  private record Found(StoredTensor tensor, StoredParameters stored) {}

  /// The parameters of `model` under their stored names, in the order of the list.
  public List<StoredTensor> stored(Layer model) {
    Map<String, Parameter> parameters = named(model);
    List<StoredTensor> all = new ArrayList<>();
    tensors.forEach((name, stored) -> all.add(stored.save(name, parameters)));
    return all;
  }

  /// The tensors of the parameters that `wanted` says, as [#stored].
  List<StoredTensor> stored(Layer model, Predicate<Parameter> wanted) {
    Map<String, Parameter> parameters = model.parameters();
    List<StoredTensor> some = new ArrayList<>();
    tensors.forEach((name, stored) -> {
      if (stored.parameters().stream().map(parameters::get).allMatch(wanted)) {
        some.add(stored.save(name, parameters));
      }
    });
    return some;
  }

  /// The names of the parameters that stand in each tensor.
  Map<String, List<String>> parameters() {
    Map<String, List<String>> all = new LinkedHashMap<>();
    tensors.forEach((name, stored) -> all.put(name, stored.parameters()));
    return all;
  }

  /// Whether a tensor is stored as [in, out].
  boolean isTransposed(String name) {
    StoredParameters stored = tensors.get(name);
    return stored != null && stored.transposed();
  }

  /// The prefix of the base model's names, such as `transformer.`.
  String prefix() {
    return prefix;
  }

  /// The model's parameters, each of which must stand in one tensor.
  private Map<String, Parameter> named(Layer model) {
    Map<String, Parameter> parameters = model.parameters();
    Set<String> listed = new LinkedHashSet<>();
    tensors.values().forEach(stored -> listed.addAll(stored.parameters()));
    if (!listed.equals(parameters.keySet())) {
      Set<String> unlisted = new LinkedHashSet<>(parameters.keySet());
      unlisted.removeAll(listed);
      listed.removeAll(parameters.keySet());
      throw new IllegalStateException(
          "the names must list the model's parameters: %s are not listed, %s are no parameters"
              .formatted(unlisted, listed));
    }
    return parameters;
  }

  /// The name under which the checkpoint has `name`, or null.
  private @Nullable String find(Checkpoint checkpoint, String name) {
    List<String> candidates = new ArrayList<>(List.of(name));
    if (!prefix.isEmpty() && name.startsWith(prefix)) {
      candidates.add(name.substring(prefix.length()));
    }
    for (String candidate : List.copyOf(candidates)) {
      if (candidate.endsWith(".weight")) {
        candidates.add(replaceEnd(candidate, ".weight", ".gamma"));
      } else if (candidate.endsWith(".bias")) {
        candidates.add(replaceEnd(candidate, ".bias", ".beta"));
      }
    }
    return candidates.stream().filter(checkpoint::contains).findFirst().orElse(null);
  }

  private static String replaceEnd(String name, String end, String by) {
    return name.substring(0, name.length() - end.length()) + by;
  }

  private void requireNone(
      Checkpoint checkpoint, List<String> missing, Map<String, Parameter> parameters) {
    if (missing.isEmpty()) {
      return;
    }
    String first = missing.getFirst();
    StoredParameters stored = tensors.get(first);
    Shape shape = stored == null ? Shape.of() : stored.shape(parameters);
    throw new ModelException(
        "%s: expected a tensor %s %s: not found among %d tensors%s"
            .formatted(
                checkpoint.source(),
                first,
                shape,
                checkpoint.names().size(),
                missing.size() == 1 ? "" : "; missing in all: " + missing.size()));
  }

  private void requireNoSurplus(Checkpoint checkpoint, Set<String> used) {
    boolean prefixed =
        !prefix.isEmpty() && checkpoint.names().stream().anyMatch(name -> name.startsWith(prefix));
    for (String name : checkpoint.names()) {
      // With the prefix on the base model's names, what has none belongs to another head.
      boolean otherHead = prefixed && !name.startsWith(prefix);
      String bare = prefixed && !otherHead ? name.substring(prefix.length()) : name;
      if (!used.contains(name)
          && !otherHead
          && ignored.stream().noneMatch(expression -> expression.matcher(bare).matches())) {
        throw new ModelException(
            "%s: found a tensor %s, for which the model has no place"
                .formatted(checkpoint.source(), checkpoint.tensor(name)));
      }
    }
  }
}
