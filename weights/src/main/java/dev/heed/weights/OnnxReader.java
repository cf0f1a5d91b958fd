package dev.heed.weights;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Reads the weights of a model that PyTorch exported to ONNX, under the names that they had in
/// PyTorch. The graph itself is not run.
///
/// The exporter stores the matrix of a linear layer transposed, `[in, out]`, under a name that says
/// nothing, such as `onnx::MatMul_787`. It is found through the node that uses it: the node is
/// named after the layer (`/encoder/layer.0/attention/self/query/MatMul`), or else its output is
/// added to the layer's bias, whose name was kept. [Checkpoint#tensor] gives it back as `[out, in]`
/// under the layer's name, copied anew at each call.
///
/// Source: `onnx.proto` of the ONNX project; graphs of `torch.onnx.export`. Differs: external data
/// is refused; sparse initialisers and subgraphs are not looked at.
public final class OnnxReader {
  /// Real graphs have some thousands; it bounds the memory that a hostile one takes.
  private static final int MAX_NODES = 1 << 18;

  private static final String BIAS = ".bias";
  private static final String WEIGHT = ".weight";

  private final String source;
  private final Map<String, StoredTensor> initialisers = new LinkedHashMap<>();
  private final List<MatMul> matMuls = new ArrayList<>();

  /// For every value that is added to an initialiser, the name of that initialiser.
  private final Map<String, String> biasOf = new HashMap<>();

  private final List<Add> adds = new ArrayList<>();

  private record MatMul(String node, String matrix, String output) {}

  private record Add(String left, String right) {}

  private OnnxReader(String source) {
    this.source = source;
  }

  /// Maps `file`; no tensor is read before it is used.
  ///
  /// @throws WeightsException when the file is not what it should be
  /// @throws java.io.UncheckedIOException when it cannot be read
  public static Checkpoint open(Path file) {
    return read(file.toString(), MappedFile.read(file));
  }

  /// Reads from memory.
  ///
  /// @param source the file, for messages
  static Checkpoint read(String source, MemorySegment file) {
    var model = new ProtobufReader(source, file.asReadOnly());
    OnnxReader graph = null;
    while (model.next()) {
      if (model.field() != 7) {
        model.skip();
      } else if (graph == null) {
        graph = new OnnxReader(source);
        graph.readGraph(model.message());
      } else {
        throw new WeightsException(source + ": expected one graph: found two");
      }
    }
    if (graph == null) {
      throw new WeightsException(source + ": expected an ONNX model: found no graph");
    }
    return graph.checkpoint();
  }

  private void readGraph(ProtobufReader graph) {
    int nodes = 0;
    while (graph.next()) {
      switch (graph.field()) {
        case 1 -> {
          checkCount(++nodes, "nodes");
          readNode(graph.message());
        }
        case 5 -> {
          StoredTensor tensor = OnnxTensor.read(source, graph.message());
          if (initialisers.put(tensor.name(), tensor) != null) {
            throw new WeightsException(
                source + ": expected each initialiser once: found " + tensor.name() + " twice");
          }
          checkCount(initialisers.size(), "initialisers");
        }
        default -> graph.skip();
      }
    }
  }

  private void readNode(ProtobufReader node) {
    var inputs = new ArrayList<String>();
    String output = "";
    String name = "";
    String operation = "";
    while (node.next()) {
      switch (node.field()) {
        case 1 -> {
          String input = node.string();
          // The nodes that matter have two.
          if (inputs.size() <= 2) {
            inputs.add(input);
          }
        }
        case 2 -> output = node.string();
        case 3 -> name = node.string();
        case 4 -> operation = node.string();
        default -> node.skip();
      }
    }
    if (inputs.size() != 2) {
      return;
    }
    if (operation.equals("MatMul")) {
      matMuls.add(new MatMul(name, inputs.get(1), output));
    } else if (operation.equals("Add")) {
      adds.add(new Add(inputs.get(0), inputs.get(1)));
    }
  }

  private void checkCount(int count, String what) {
    if (count > MAX_NODES) {
      throw new WeightsException(
          source + ": expected at most " + MAX_NODES + " " + what + ": found more");
    }
  }

  private Checkpoint checkpoint() {
    for (Add add : adds) {
      if (initialisers.containsKey(add.left())) {
        biasOf.putIfAbsent(add.right(), add.left());
      } else if (initialisers.containsKey(add.right())) {
        biasOf.putIfAbsent(add.left(), add.right());
      }
    }
    Map<String, Set<String>> matricesOf = new LinkedHashMap<>();
    for (MatMul matMul : matMuls) {
      StoredTensor matrix = initialisers.get(matMul.matrix());
      String layer = matrix == null || matrix.shape().rank() != 2 ? null : layerWeight(matMul);
      if (layer != null && !initialisers.containsKey(layer)) {
        matricesOf.computeIfAbsent(layer, key -> new HashSet<>()).add(matMul.matrix());
      }
    }
    // A layer with two matrices is no linear layer, whose matrix would be its weight.
    matricesOf.values().removeIf(matrices -> matrices.size() > 1);

    // A matrix that several layers share is found under each of their names.
    Map<String, List<String>> layersOf = new HashMap<>();
    matricesOf.forEach((layer, matrices) ->
        matrices.forEach(
            matrix -> layersOf.computeIfAbsent(matrix, key -> new ArrayList<>()).add(layer)));
    SequencedMap<String, Supplier<StoredTensor>> tensors = new LinkedHashMap<>();
    initialisers.forEach((name, tensor) -> {
      List<String> layers = layersOf.get(name);
      if (layers == null) {
        tensors.put(name, () -> tensor);
      } else {
        layers.forEach(
            layer -> tensors.put(layer, () -> Elements.transpose(tensor).withName(layer)));
      }
    });
    return new TensorTable(source, tensors, Map.of());
  }

  /// The name that the matrix had in PyTorch; null when it kept it, or nothing tells.
  private @Nullable String layerWeight(MatMul matMul) {
    // The exporter's own names: onnx::MatMul_787, and plain numbers before PyTorch 1.12.
    if (!matMul.matrix().startsWith("onnx::") && !matMul.matrix().matches("\\d+")) {
      return null;
    }
    String node = matMul.node();
    int last = node.lastIndexOf('/');
    if (node.startsWith("/") && last > 0) {
      return node.substring(1, last).replace('/', '.') + WEIGHT;
    }
    String bias = biasOf.get(matMul.output());
    return bias != null && bias.endsWith(BIAS)
        ? bias.substring(0, bias.length() - BIAS.length()) + WEIGHT
        : null;
  }
}
