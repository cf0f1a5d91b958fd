package dev.heed.task;

import dev.heed.nn.Layer;
import dev.heed.nn.attention.AttentionHeads;
import java.util.ArrayList;
import java.util.List;

/// An attention head that is taken out of a model.
///
/// @param layer its block, from 0
/// @param head its number in the block, from 0
public record PrunedHead(int layer, int head) {
  /// Reads `LAYER.HEAD`, such as `0.3`.
  ///
  /// @throws IllegalArgumentException if it is something else
  public static PrunedHead of(String text) {
    if (!text.matches("[0-9]{1,4}\\.[0-9]{1,4}")) {
      throw new IllegalArgumentException(
          "a head to prune must be LAYER.HEAD, such as 0.3: received " + text);
    }
    String[] parts = text.split("\\.", 2);
    return new PrunedHead(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
  }

  /// Takes heads out of a model; they stay out while it trains.
  ///
  /// @throws IllegalArgumentException if it has no such block or head
  static void prune(Layer model, List<PrunedHead> pruned) {
    List<AttentionHeads> blocks = new ArrayList<>();
    model
        .layers()
        .forEach((name, layer) -> {
          if (name.matches("(.*\\.)?layers\\.[0-9]+\\.attention")
              && layer instanceof AttentionHeads attention) {
            blocks.add(attention);
          }
        });
    for (PrunedHead one : pruned) {
      if (one.layer >= blocks.size() || one.head >= blocks.get(one.layer).heads()) {
        throw new IllegalArgumentException(
            "a head to prune must be of a block in 0…%d and a head in 0…%d: received %d.%d"
                .formatted(
                    blocks.size() - 1,
                    blocks.isEmpty() ? -1 : blocks.getFirst().heads() - 1,
                    one.layer,
                    one.head));
      }
      blocks.get(one.layer).prune(one.head);
    }
  }
}
