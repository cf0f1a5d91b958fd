package dev.heed.weights;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/// A GGUF file: tensors, and everything else that a model needs, such as its sizes
/// (`llama.block_count`), its vocabulary (`tokenizer.ggml.tokens`) and its chat template.
public final class GgufFile implements Checkpoint {
  private final String source;
  private final Map<String, GgufValue> values;
  private final TensorTable tensors;

  GgufFile(String source, Map<String, GgufValue> values, TensorTable tensors) {
    this.source = source;
    this.values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    this.tensors = tensors;
  }

  @Override
  public String source() {
    return source;
  }

  @Override
  public SequencedSet<String> names() {
    return tensors.names();
  }

  @Override
  public boolean contains(String name) {
    return tensors.contains(name);
  }

  @Override
  public StoredTensor tensor(String name) {
    return tensors.tensor(name);
  }

  /// The values as texts; of arrays their length and type.
  @Override
  public Map<String, String> metadata() {
    Map<String, String> texts = new LinkedHashMap<>();
    values.forEach((key, value) -> texts.put(key, value.toString()));
    return Collections.unmodifiableMap(texts);
  }

  /// All values by key, in the order of the file.
  public Map<String, GgufValue> values() {
    return values;
  }

  /// The text under `key`.
  ///
  /// @throws WeightsException when there is none
  public String text(String key) {
    if (values.get(key) instanceof GgufValue.Text(String value)) {
      return value;
    }
    throw wrong(key, "a text");
  }

  /// The integer under `key`.
  ///
  /// @throws WeightsException when there is none
  public long integer(String key) {
    if (values.get(key) instanceof GgufValue.Whole(GgufValue.Type type, long value)
        && (type != GgufValue.Type.U64 || value >= 0)) {
      return value;
    }
    throw wrong(key, "an integer of at most 2^63 - 1");
  }

  /// The number under `key`, stored as an integer or not.
  ///
  /// @throws WeightsException when there is none
  public double real(String key) {
    return values.get(key) instanceof GgufValue.Real(GgufValue.Type _, double value)
        ? value
        : integer(key, "a number");
  }

  private long integer(String key, String expected) {
    if (values.get(key) instanceof GgufValue.Whole) {
      return integer(key);
    }
    throw wrong(key, expected);
  }

  /// The truth value under `key`.
  ///
  /// @throws WeightsException when there is none
  public boolean flag(String key) {
    if (values.get(key) instanceof GgufValue.Flag(boolean value)) {
      return value;
    }
    throw wrong(key, "a truth value");
  }

  /// The array under `key`, whose elements must be of `type`.
  ///
  /// @throws WeightsException when there is none
  public GgufArray array(String key, GgufValue.Type type) {
    if (values.get(key) instanceof GgufArray array && array.elementType() == type) {
      return array;
    }
    throw wrong(key, "an array of " + type);
  }

  /// Whether there is a value under `key`.
  public boolean has(String key) {
    return values.containsKey(key);
  }

  private WeightsException wrong(String key, String expected) {
    @Nullable GgufValue value = values.get(key);
    return new WeightsException(
        "%s: expected %s under %s: found %s"
            .formatted(source, expected, key, value == null ? "nothing" : value.type()));
  }
}
