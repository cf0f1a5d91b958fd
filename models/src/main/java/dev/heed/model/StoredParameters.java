package dev.heed.model;

import dev.heed.tensor.DType;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parameter;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import dev.heed.weights.PackedWeights;
import dev.heed.weights.StoredTensor;
import dev.heed.weights.StoredType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/// The parameters that stand in one stored tensor: one below the other, or side by side where it is
/// transposed.
///
/// @param transposed whether matrices are stored [in, out]; vectors have no other way
/// @param parameters their names in the model
record StoredParameters(boolean transposed, List<String> parameters) {
  private static final int TILE = 32;

  /// The shape of the stored tensor.
  Shape shape(Map<String, Parameter> model) {
    List<Parameter> parts = parts(model);
    Shape first = parts.getFirst().shape();
    if (parts.size() == 1 && !turned(parts)) {
      return first;
    }
    int rows = parts.stream().mapToInt(part -> part.shape().dimension(0)).sum();
    if (first.rank() == 1) {
      return Shape.of(rows);
    }
    return turned(parts) ? Shape.of(first.width(), rows) : Shape.of(rows, first.width());
  }

  /// Refuses a tensor that cannot be these parameters; reads none of its elements.
  void requireFit(String source, StoredTensor tensor, Map<String, Parameter> model) {
    Shape expected = shape(model);
    if (!tensor.shape().equals(expected)) {
      throw new ModelException(
          "%s: %s must have the shape %s: found %s"
              .formatted(source, tensor.name(), expected, tensor.shape()));
    }
    switch (tensor.type()) {
      case I64, I32, I16, I8, U8, BOOL ->
          throw new ModelException(
              "%s: %s must hold floating-point numbers: found %s"
                  .formatted(source, tensor.name(), tensor.type()));
      default -> {}
    }
  }

  /// Gives the parameters their elements.
  ///
  /// @param quantized whether quantised matrices stay so; else they become F32
  void load(StoredTensor tensor, Map<String, Parameter> model, boolean quantized) {
    List<Parameter> parts = parts(model);
    if (turned(parts)) {
      loadTurned(tensor, parts);
      tensor.letGo();
      return;
    }
    long first = 0;
    for (Parameter part : parts) {
      part.share(
          isPacked(tensor, part, quantized)
              ? PackedWeights.pack(tensor, first, part.shape())
              : elements(tensor, first, part.shape()));
      first += part.elements();
    }
    if (!isUsable(tensor, parts.getFirst().shape())) {
      tensor.letGo(); // it was copied
    }
  }

  /// How much memory [#load] takes; what is used where it is mapped takes none.
  long copiedBytes(StoredTensor tensor, Map<String, Parameter> model, boolean quantized) {
    List<Parameter> parts = parts(model);
    if (!turned(parts) && isUsable(tensor, parts.getFirst().shape())) {
      return 0;
    }
    long bytes = 0;
    for (Parameter part : parts) {
      bytes +=
          isPacked(tensor, part, quantized)
              ? tensor.type().bytes(part.elements())
              : DType.F32.bytes(part.shape());
    }
    return bytes;
  }

  private static boolean isPacked(StoredTensor tensor, Parameter part, boolean quantized) {
    return quantized && tensor.type().isQuantized() && part.shape().rank() == 2;
  }

  /// Whether the elements can be used where they are: F32, or where the kernels take it, BF16 of
  /// matrices (of more than a row, which may be a bias).
  private static boolean isUsable(StoredTensor tensor, Shape part) {
    boolean halves =
        tensor.type() == StoredType.BF16
            && part.rank() == 2
            && part.dimension(0) > 1
            && Kernels.active().keepsBf16();
    return (halves || tensor.type() == StoredType.F32)
        && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN
        && tensor.data().isNative()
        && tensor.data().address() % tensor.type().bytes(1) == 0;
  }

  private static Tensor elements(StoredTensor tensor, long first, Shape shape) {
    if (isUsable(tensor, shape)) {
      DType type = tensor.type() == StoredType.F32 ? DType.F32 : DType.BF16;
      long from = tensor.type().bytes(first);
      return Tensor.over(tensor.data().asSlice(from, type.bytes(shape)), shape, type);
    }
    Tensor copy = Tensor.empty(shape, DType.F32);
    tensor.copyTo(first, copy.memory());
    return copy;
  }

  private static void loadTurned(StoredTensor tensor, List<Parameter> parts) {
    int columns = tensor.shape().width();
    float[] all = tensor.toFloats(); // (in, out of all parts)
    int column = 0;
    for (Parameter part : parts) {
      Tensor turned = Tensor.empty(part.shape(), DType.F32); // (out, in)
      MemorySegment to = turned.memory();
      forEachTile(
          part.shape(),
          column,
          columns,
          (inPart, inAll) -> to.setAtIndex(ValueLayout.JAVA_FLOAT, inPart, all[inAll]));
      part.share(turned);
      column += part.shape().dimension(0);
    }
  }

  /// The stored tensor of the parameters as they are now.
  StoredTensor save(String name, Map<String, Parameter> model) {
    List<Parameter> parts = parts(model);
    Shape shape = shape(model);
    if (parts.size() == 1 && !turned(parts) && parts.getFirst().dtype() == DType.F32) {
      return new StoredTensor(name, StoredType.F32, shape, parts.getFirst().memory());
    }
    float[] all = new float[Math.toIntExact(shape.elements())];
    int done = 0;
    int column = 0;
    for (Parameter part : parts) {
      float[] values = part.toFloatArray();
      if (turned(parts)) {
        forEachTile(
            part.shape(),
            column,
            shape.width(),
            (inPart, inAll) -> all[inAll] = values[Math.toIntExact(inPart)]);
      } else {
        System.arraycopy(values, 0, all, done, values.length);
      }
      done += values.length;
      column += part.shape().dimension(0);
    }
    return StoredTensor.of(name, shape, all);
  }

  private interface Move {
    void move(long inPart, int inAll);
  }

  /// Calls `move` for every element of a part [out, in] that stands transposed from `column` on
  /// among `columns`; in tiles, because one of both is read across.
  private static void forEachTile(Shape part, int column, int columns, Move move) {
    int rows = part.dimension(0);
    int width = part.dimension(1);
    for (int r = 0; r < rows; r += TILE) {
      for (int c = 0; c < width; c += TILE) {
        for (int i = r; i < Math.min(rows, r + TILE); i++) {
          for (int j = c; j < Math.min(width, c + TILE); j++) {
            move.move((long) i * width + j, Math.addExact(j * columns, column + i));
          }
        }
      }
    }
  }

  private boolean turned(List<Parameter> parts) {
    return transposed && parts.getFirst().shape().rank() == 2;
  }

  private List<Parameter> parts(Map<String, Parameter> model) {
    return parameters.stream().map(name -> Objects.requireNonNull(model.get(name), name)).toList();
  }
}
