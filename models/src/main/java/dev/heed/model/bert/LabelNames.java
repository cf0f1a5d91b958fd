package dev.heed.model.bert;

import dev.heed.model.ConfigFile;
import dev.heed.model.ModelException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The labels of a head, as `id2label` in a `config.json` numbers them.
final class LabelNames {
  private static final int MOST = 1 << 20;

  private LabelNames() {}

  /// The labels in the order of their numbers: `LABEL_0`, `LABEL_1` where the file has none.
  ///
  /// @throws ModelException if the numbers are not 0, 1, 2, …
  static List<String> of(ConfigFile file) {
    int count = file.integer("num_labels", 2);
    if (file.value("id2label").orElse(null) instanceof Map<?, ?> numbered) {
      List<String> labels = new ArrayList<>();
      for (int i = 0; i < numbered.size(); i++) {
        if (!(numbered.get(Integer.toString(i)) instanceof String label)) {
          throw new ModelException(
              "%s: id2label must number %d labels from 0 on: nothing for %d"
                  .formatted(file.name(), numbered.size(), i));
        }
        labels.add(label);
      }
      return List.copyOf(labels);
    }
    if (count < 1 || count > MOST) {
      throw new ModelException(
          "%s: num_labels must be in 1…%d: received %d".formatted(file.name(), MOST, count));
    }
    List<String> labels = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      labels.add("LABEL_" + i);
    }
    return List.copyOf(labels);
  }

  /// What a `config.json` says of labels.
  static Map<String, @Nullable Object> toFile(List<String> labels) {
    Map<String, @Nullable Object> byNumber = new LinkedHashMap<>();
    Map<String, @Nullable Object> byName = new LinkedHashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      byNumber.put(Integer.toString(i), labels.get(i));
      byName.put(labels.get(i), i);
    }
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    values.put("id2label", byNumber);
    values.put("label2id", byName);
    return values;
  }
}
