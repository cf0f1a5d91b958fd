package dev.heed.weights;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The numbers by which GGUF files name the types of tensors.
///
/// Source: `enum ggml_type` of ggml.
final class GgmlTypes {
  private static final Map<Integer, StoredType> TYPES =
      Map.ofEntries(
          Map.entry(0, StoredType.F32),
          Map.entry(1, StoredType.F16),
          Map.entry(2, StoredType.Q4_0),
          Map.entry(3, StoredType.Q4_1),
          Map.entry(6, StoredType.Q5_0),
          Map.entry(7, StoredType.Q5_1),
          Map.entry(8, StoredType.Q8_0),
          Map.entry(12, StoredType.Q4_K),
          Map.entry(13, StoredType.Q5_K),
          Map.entry(14, StoredType.Q6_K),
          Map.entry(24, StoredType.I8),
          Map.entry(25, StoredType.I16),
          Map.entry(26, StoredType.I32),
          Map.entry(27, StoredType.I64),
          Map.entry(28, StoredType.F64),
          Map.entry(30, StoredType.BF16));

  private GgmlTypes() {}

  /// The type of this number, null where there is none that Heed reads.
  static @Nullable StoredType type(int number) {
    return TYPES.get(number);
  }

  /// The number of `type`.
  ///
  /// @throws IllegalArgumentException when GGUF files do not know the type
  static int number(StoredType type) {
    for (Map.Entry<Integer, StoredType> entry : TYPES.entrySet()) {
      if (entry.getValue() == type) {
        return entry.getKey();
      }
    }
    throw new IllegalArgumentException("GGUF files hold no tensors of " + type);
  }
}
