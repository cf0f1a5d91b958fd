package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import dev.heed.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Reads one `TensorProto`: an initialiser of an ONNX graph.
///
/// Source: `onnx.proto` of the ONNX project, version 1.
final class OnnxTensor {
  private static final int EXTERNAL = 1;

  private final String source;
  private final ProtobufReader fields;
  private long[] extents = new long[0];
  private String name = "";
  private int dataType;
  private int location;

  /// The one field that holds the elements, and its number.
  private @Nullable MemorySegment data;

  private int dataField;

  private OnnxTensor(String source, ProtobufReader fields) {
    this.source = source;
    this.fields = fields;
  }

  static StoredTensor read(String source, ProtobufReader fields) {
    var tensor = new OnnxTensor(source, fields);
    tensor.readFields();
    return tensor.stored();
  }

  private void readFields() {
    while (fields.next()) {
      switch (fields.field()) {
        case 1 -> readExtents();
        case 2 -> dataType = (int) fields.varint();
        case 4, 5, 7, 9, 10 -> {
          if (data != null) {
            throw wrong("its elements in one piece", "several");
          }
          dataField = fields.field();
          data = fields.bytes();
        }
        case 8 -> name = fields.string();
        case 14 -> location = (int) fields.varint();
        default -> fields.skip();
      }
    }
  }

  private void readExtents() {
    if (!fields.isLengthDelimited()) {
      addExtent(fields.varint());
      return;
    }
    ProtobufReader packed = fields.message();
    while (packed.hasMore()) {
      addExtent(packed.rawVarint());
    }
  }

  private void addExtent(long extent) {
    if (extents.length == StoredShapes.MAX_RANK) {
      throw wrong("at most " + StoredShapes.MAX_RANK + " dimensions", "more");
    }
    extents = Arrays.copyOf(extents, extents.length + 1);
    extents[extents.length - 1] = extent;
  }

  private StoredTensor stored() {
    if (location == EXTERNAL) {
      throw wrong("its elements inside the file", "external data, which is not read");
    }
    StoredType type = type();
    Shape shape = StoredShapes.of(where(), extents);
    MemorySegment bytes = data == null ? MemorySegment.ofArray(new byte[0]) : data;
    boolean asItIs =
        data == null
            || dataField == 9
            || dataField == 4 && type == StoredType.F32
            || dataField == 10 && type == StoredType.F64;
    boolean asNumbers =
        dataField == 7 && type == StoredType.I64
            || dataField == 5
                && switch (type) {
                  case I32, I16, I8, U8, BOOL, F16, BF16 -> true;
                  case F32, F64, I64, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K -> false;
                };
    if (!asItIs && !asNumbers) {
      throw wrong("elements of " + type, "them in field " + dataField);
    }
    if (asNumbers) {
      return new StoredTensor(name, type, shape, numbers(type, shape, bytes));
    }
    if (bytes.byteSize() != type.bytes(shape.elements())) {
      throw wrong(
          type.bytes(shape.elements()) + " bytes for " + type + " " + shape,
          String.valueOf(bytes.byteSize()));
    }
    return new StoredTensor(name, type, shape, bytes);
  }

  private StoredType type() {
    return switch (dataType) {
      case 1 -> StoredType.F32;
      case 2 -> StoredType.U8;
      case 3 -> StoredType.I8;
      case 5 -> StoredType.I16;
      case 6 -> StoredType.I32;
      case 7 -> StoredType.I64;
      case 9 -> StoredType.BOOL;
      case 10 -> StoredType.F16;
      case 11 -> StoredType.F64;
      case 16 -> StoredType.BF16;
      default ->
          throw wrong("a data_type of 1, 2, 3, 5, 6, 7, 9, 10, 11 or 16", String.valueOf(dataType));
    };
  }

  /// Elements that are stored as numbers of variable length: the bits of a type of at most 64.
  private MemorySegment numbers(StoredType type, Shape shape, MemorySegment packed) {
    // Each takes a byte at least, so that a small file cannot ask for much memory.
    if (shape.elements() > packed.byteSize()) {
      throw wrong(shape.elements() + " elements", "at most " + packed.byteSize());
    }
    MemorySegment elements = StoredTensor.allocate(type.bytes(shape.elements()));
    var reader = new ProtobufReader(source, packed);
    for (long i = 0; i < shape.elements(); i++) {
      if (!reader.hasMore()) {
        throw wrong(shape.elements() + " elements", String.valueOf(i));
      }
      long bits = reader.rawVarint();
      for (int b = 0; b < type.blockBytes(); b++) {
        elements.set(JAVA_BYTE, i * type.blockBytes() + b, (byte) (bits >>> 8 * b));
      }
    }
    if (reader.hasMore()) {
      throw wrong(shape.elements() + " elements", "more");
    }
    return elements.asReadOnly();
  }

  private String where() {
    return source + ": " + (name.isEmpty() ? "an initialiser without a name" : name);
  }

  private WeightsException wrong(String expected, String found) {
    return new WeightsException(where() + ": expected " + expected + ": found " + found);
  }
}
