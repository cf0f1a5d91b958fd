package dev.heed.weights;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.function.Supplier;

/// A checkpoint whose tensors are known by name.
///
/// @param source the file, for messages
/// @param tensors a supplier each, because some formats must copy what they store otherwise
record TensorTable(
    String source,
    SequencedMap<String, Supplier<StoredTensor>> tensors,
    Map<String, String> metadata)
    implements Checkpoint {
  private static final int SUGGESTIONS = 3;

  TensorTable {
    tensors = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  @Override
  public SequencedSet<String> names() {
    return tensors.sequencedKeySet();
  }

  @Override
  public boolean contains(String name) {
    return tensors.containsKey(name);
  }

  @Override
  public StoredTensor tensor(String name) {
    Supplier<StoredTensor> tensor = tensors.get(name);
    if (tensor == null) {
      throw new WeightsException(
          source
              + ": expected a tensor named "
              + name
              + ": found "
              + tensors.size()
              + " others"
              + suggestions(name));
    }
    return tensor.get();
  }

  /// The names that share the longest ending with `name`: prefixes are what differs in practice.
  private String suggestions(String name) {
    List<String> nearest = new ArrayList<>(tensors.keySet());
    nearest.sort(Comparator.comparingInt((String other) -> -commonEnding(name, other)));
    if (nearest.isEmpty()) {
      return "";
    }
    return ", such as "
        + String.join(", ", nearest.subList(0, Math.min(SUGGESTIONS, nearest.size())));
  }

  private static int commonEnding(String a, String b) {
    int length = 0;
    while (length < a.length()
        && length < b.length()
        && a.charAt(a.length() - 1 - length) == b.charAt(b.length() - 1 - length)) {
      length++;
    }
    return length;
  }
}
