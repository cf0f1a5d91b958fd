package dev.heed.model.gpt2;

import dev.heed.model.ModelException;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// Between Heed's parameters and the names under which Hugging Face stores a GPT-2.
///
/// Its linear layers are stored transposed, [in, out], with query, key and value side by side in
/// `c_attn`.
final class Gpt2Weights {
  private static final String PREFIX = "transformer.";
  private static final List<String> PARTS = List.of("query", "key", "value");

  /// One stored tensor: its name, the parameters that stand in it side by side, and whether
  /// transposed.
  private record Entry(String name, List<String> parameters, boolean transposed) {}

  private Gpt2Weights() {}

  private static List<Entry> entries(int layers) {
    List<Entry> entries = new ArrayList<>();
    entries.add(new Entry("wte.weight", List.of("embedding.weight"), false));
    entries.add(new Entry("wpe.weight", List.of("positions.weight"), false));
    for (int i = 0; i < layers; i++) {
      String to = "h." + i + ".";
      String from = "blocks.layers." + i + ".";
      for (String kind : List.of("weight", "bias")) {
        boolean matrix = kind.equals("weight");
        entries.add(
            new Entry(to + "ln_1." + kind, List.of(from + "attention_norm." + kind), false));
        entries.add(
            new Entry(
                to + "attn.c_attn." + kind,
                PARTS.stream().map(part -> from + "attention." + part + "." + kind).toList(),
                matrix));
        entries.add(
            new Entry(
                to + "attn.c_proj." + kind, List.of(from + "attention.output." + kind), matrix));
        entries.add(
            new Entry(to + "ln_2." + kind, List.of(from + "feed_forward_norm." + kind), false));
        entries.add(
            new Entry(
                to + "mlp.c_fc." + kind, List.of(from + "feed_forward.inner." + kind), matrix));
        entries.add(
            new Entry(
                to + "mlp.c_proj." + kind, List.of(from + "feed_forward.outer." + kind), matrix));
      }
    }
    entries.add(new Entry("ln_f.weight", List.of("blocks.final_norm.weight"), false));
    entries.add(new Entry("ln_f.bias", List.of("blocks.final_norm.bias"), false));
    return entries;
  }

  static List<StoredTensor> stored(Gpt2 model) {
    Map<String, Parameter> parameters = model.parameters();
    List<StoredTensor> stored = new ArrayList<>();
    for (Entry entry : entries(model.configuration().layers())) {
      List<Parameter> parts =
          entry.parameters.stream().map(name -> required(parameters, name)).toList();
      stored.add(
          StoredTensor.of(
              PREFIX + entry.name, shape(entry, parts), sideBySide(parts, entry.transposed)));
    }
    return stored;
  }

  static void load(Gpt2 model, Checkpoint checkpoint) {
    Map<String, Parameter> parameters = model.parameters();
    for (Entry entry : entries(model.configuration().layers())) {
      String name = checkpoint.contains(PREFIX + entry.name) ? PREFIX + entry.name : entry.name;
      if (!checkpoint.contains(name)) {
        throw new ModelException(
            "the weights must hold %s%s: not found among %d tensors"
                .formatted(PREFIX, entry.name, checkpoint.names().size()));
      }
      StoredTensor stored = checkpoint.tensor(name);
      List<Parameter> parts =
          entry.parameters.stream().map(part -> required(parameters, part)).toList();
      Shape expected = shape(entry, parts);
      if (!stored.shape().equals(expected)) {
        throw new ModelException(
            "%s must have the shape %s: found %s".formatted(name, expected, stored.shape()));
      }
      apart(stored.toFloats(), parts, entry.transposed);
    }
  }

  private static Parameter required(Map<String, Parameter> parameters, String name) {
    return Objects.requireNonNull(parameters.get(name), name);
  }

  private static Shape shape(Entry entry, List<Parameter> parts) {
    int rows = parts.stream().mapToInt(part -> part.shape().dimension(0)).sum();
    if (parts.getFirst().shape().rank() == 1) {
      return Shape.of(rows);
    }
    int width = parts.getFirst().shape().width();
    return entry.transposed ? Shape.of(width, rows) : Shape.of(rows, width);
  }

  private static float[] sideBySide(List<Parameter> parts, boolean transposed) {
    int total = (int) parts.stream().mapToLong(Tensor::elements).sum();
    float[] all = new float[total];
    forEach(parts, transposed, total, (part, from, to) -> all[to] = part[from], false);
    return all;
  }

  private static void apart(float[] all, List<Parameter> parts, boolean transposed) {
    forEach(parts, transposed, all.length, (part, from, to) -> part[from] = all[to], true);
  }

  private interface Move {
    void move(float[] part, int inPart, int inAll);
  }

  /// Calls `move` for every element of every part with its place among all.
  private static void forEach(
      List<Parameter> parts, boolean transposed, int total, Move move, boolean write) {
    int width = parts.getFirst().shape().rank() == 1 ? 1 : parts.getFirst().shape().width();
    int allRows = total / width;
    int row = 0;
    for (Parameter parameter : parts) {
      float[] values = parameter.toFloatArray();
      int rows = values.length / width;
      for (int i = 0; i < rows; i++) {
        for (int j = 0; j < width; j++) {
          int place = transposed ? j * allRows + row + i : (row + i) * width + j;
          move.move(values, i * width + j, place);
        }
      }
      if (write) {
        parameter.copyFrom(Tensor.of(values, parameter.shape().dimensions()));
      }
      row += rows;
    }
  }
}
