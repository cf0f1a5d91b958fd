package dev.heed.weights;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;

/// Writes safetensors files, byte for byte as the reference implementation does: widest types
/// first, then by name, so that every tensor is aligned to its element's size.
public final class SafetensorsWriter {
  private SafetensorsWriter() {}

  /// Writes `tensors` to `file`. The file appears whole or not at all: it is written beside its
  /// place, forced to the disk and then moved, replacing what was there.
  ///
  /// @param metadata such as `format` = `pt`, which Hugging Face's libraries ask for
  /// @throws IllegalArgumentException when two tensors have one name, or one cannot be stored so
  /// @throws java.io.UncheckedIOException when the file cannot be written
  public static void write(
      Path file, Collection<StoredTensor> tensors, Map<String, String> metadata) {
    List<StoredTensor> ordered = inFileOrder(tensors);
    byte[] header = header(ordered, metadata);
    AtomicFile.write(
        file,
        output -> {
          output.write(
              ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).flip());
          output.write(ByteBuffer.wrap(header));
          for (StoredTensor tensor : ordered) {
            output.write(tensor.data());
          }
        });
  }

  private static List<StoredTensor> inFileOrder(Collection<StoredTensor> tensors) {
    Set<String> names = new HashSet<>();
    for (StoredTensor tensor : tensors) {
      if (tensor.name().equals("__metadata__") || !names.add(tensor.name())) {
        throw new IllegalArgumentException(
            "expected each tensor's name once, and none __metadata__: received " + tensor.name());
      }
    }
    List<StoredTensor> ordered = new ArrayList<>(tensors);
    ordered.sort(
        Comparator.comparingInt((StoredTensor tensor) -> -rank(tensor.type()))
            .thenComparing(tensor -> tensor.name().getBytes(UTF_8), Arrays::compareUnsigned));
    return ordered;
  }

  /// The reference implementation's order of types.
  private static int rank(StoredType type) {
    return switch (type) {
      case BOOL -> 0;
      case U8 -> 1;
      case I8 -> 2;
      case I16 -> 3;
      case F16 -> 4;
      case BF16 -> 5;
      case I32 -> 6;
      case F32 -> 7;
      case F64 -> 8;
      case I64 -> 9;
      case Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q4_K, Q5_K, Q6_K ->
          throw new IllegalArgumentException(
              "safetensors files hold no quantised tensors: received " + type);
    };
  }

  private static byte[] header(List<StoredTensor> ordered, Map<String, String> metadata) {
    var bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = Json.FACTORY.createGenerator(ObjectWriteContext.empty(), bytes)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectPropertyStart("__metadata__");
        new TreeMap<>(metadata).forEach(json::writeStringProperty);
        json.writeEndObject();
      }
      long offset = 0;
      for (StoredTensor tensor : ordered) {
        json.writeObjectPropertyStart(tensor.name());
        json.writeStringProperty("dtype", tensor.type().name());
        json.writeArrayPropertyStart("shape");
        for (int extent : tensor.shape().dimensions()) {
          json.writeNumber(extent);
        }
        json.writeEndArray();
        json.writeArrayPropertyStart("data_offsets");
        json.writeNumber(offset);
        offset += tensor.data().byteSize();
        json.writeNumber(offset);
        json.writeEndArray();
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    while (bytes.size() % 8 != 0) {
      bytes.write(' ');
    }
    return bytes.toByteArray();
  }
}
