package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.heed.weights.GgufValue.Type;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/// Writes GGUF files of version 3.
///
/// Source: `docs/gguf.md` of ggml; byte for byte what its Python package writes.
public final class GgufWriter {
  private static final int VERSION = 3;
  private static final int ALIGNMENT = GgufReader.DEFAULT_ALIGNMENT;

  private final ByteArrayOutputStream header = new ByteArrayOutputStream();

  private GgufWriter() {}

  /// Writes `values` and `tensors`, in their order, to `file`. The file appears whole or not at
  /// all, as with [SafetensorsWriter].
  ///
  /// @throws IllegalArgumentException when two tensors have one name, or the format has no place
  ///   for one's type or rank
  /// @throws java.io.UncheckedIOException when the file cannot be written
  public static void write(
      Path file, Map<String, GgufValue> values, Collection<StoredTensor> tensors) {
    var writer = new GgufWriter();
    writer.writeHeader(values, tensors);
    AtomicFile.write(
        file,
        output -> {
          output.write(ByteBuffer.wrap(writer.header.toByteArray()));
          for (StoredTensor tensor : tensors) {
            output.write(tensor.data());
            output.write(ByteBuffer.allocate(padding(tensor.data().byteSize())));
          }
        });
  }

  private void writeHeader(Map<String, GgufValue> values, Collection<StoredTensor> tensors) {
    GgufValue alignment = values.get(GgufReader.ALIGNMENT);
    if (alignment != null && !alignment.equals(GgufValue.u32(ALIGNMENT))) {
      throw new IllegalArgumentException(
          "the alignment must be the usual %d: received %s".formatted(ALIGNMENT, alignment));
    }
    number(GgufReader.MAGIC, 4);
    number(VERSION, 4);
    number(tensors.size(), 8);
    number(values.size(), 8);
    values.forEach((key, value) -> {
      text(key);
      value(value);
    });
    Set<String> names = new HashSet<>();
    long offset = 0;
    for (StoredTensor tensor : tensors) {
      if (!names.add(tensor.name()) || tensor.shape().rank() > 4) {
        throw new IllegalArgumentException(
            "expected each name once, and at most 4 dimensions: received " + tensor);
      }
      text(tensor.name());
      number(tensor.shape().rank(), 4);
      int[] extents = tensor.shape().dimensions();
      for (int i = extents.length - 1; i >= 0; i--) {
        number(extents[i], 8);
      }
      number(GgmlTypes.number(tensor.type()), 4);
      number(offset, 8);
      offset += tensor.data().byteSize() + padding(tensor.data().byteSize());
    }
    header.writeBytes(new byte[padding(header.size())]);
  }

  private void value(GgufValue value) {
    number(value.type().ordinal(), 4);
    switch (value) {
      case GgufValue.Whole(Type type, long number) -> number(number, type.bytes());
      case GgufValue.Real(Type type, double number) ->
          number(
              type == Type.F32
                  ? Float.floatToRawIntBits((float) number)
                  : Double.doubleToRawLongBits(number),
              type.bytes());
      case GgufValue.Flag(boolean flag) -> number(flag ? 1 : 0, 1);
      case GgufValue.Text(String text) -> text(text);
      case GgufArray array -> {
        number(array.elementType().ordinal(), 4);
        number(array.length(), 8);
        header.writeBytes(array.bytes().toArray(JAVA_BYTE));
      }
    }
  }

  private void text(String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    number(utf8.length, 8);
    header.writeBytes(utf8);
  }

  private void number(long value, int bytes) {
    byte[] all = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
    header.write(all, 0, bytes);
  }

  private static int padding(long size) {
    return (int) (GgufReader.aligned(size, ALIGNMENT) - size);
  }
}
