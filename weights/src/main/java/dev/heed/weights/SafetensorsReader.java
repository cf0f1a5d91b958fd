package dev.heed.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.function.Supplier;

/// Reads safetensors files: 8 bytes that give the length of a JSON header, the header, the data.
///
/// Source: the format description of the safetensors project. Differs: unsigned integers of more
/// than 8 bits and the 8-bit floating-point types are refused.
public final class SafetensorsReader {
  /// What the reference implementation accepts.
  private static final long MAX_HEADER = 100_000_000;

  private static final int LENGTH_BYTES = 8;

  private SafetensorsReader() {}

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
    if (file.byteSize() < LENGTH_BYTES) {
      throw new WeightsException(
          source
              + ": expected 8 bytes with the length of the header: found a file of "
              + file.byteSize()
              + " bytes");
    }
    long length = file.get(Elements.LONG, 0);
    long limit = Math.min(MAX_HEADER, file.byteSize() - LENGTH_BYTES);
    if (length < 2 || length > limit) {
      throw new WeightsException(
          source
              + ": expected a header of 2 to "
              + limit
              + " bytes: found a length of "
              + Long.toUnsignedString(length));
    }
    byte[] json = file.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
    SafetensorsHeader header = SafetensorsHeader.parse(source, json);
    MemorySegment data = file.asSlice(LENGTH_BYTES + length).asReadOnly();
    checkLayout(source, header.entries(), data.byteSize());

    SequencedMap<String, Supplier<StoredTensor>> tensors = new LinkedHashMap<>();
    for (SafetensorsHeader.Entry entry : header.entries()) {
      var tensor =
          new StoredTensor(
              entry.name(),
              entry.type(),
              entry.shape(),
              data.asSlice(entry.begin(), entry.end() - entry.begin()));
      tensors.put(entry.name(), () -> tensor);
    }
    return new TensorTable(source, tensors, header.metadata());
  }

  /// The tensors must cover the data, in any order, without overlaps and without holes.
  private static void checkLayout(
      String source, List<SafetensorsHeader.Entry> entries, long dataBytes) {
    var ordered = new ArrayList<>(entries);
    ordered.sort((a, b) ->
        a.begin() == b.begin()
            ? Long.compare(a.end(), b.end())
            : Long.compare(a.begin(), b.begin()));
    long covered = 0;
    for (SafetensorsHeader.Entry entry : ordered) {
      String where = source + ": " + entry.name();
      // First: a later tensor's offsets are compared with this one's end.
      if (entry.begin() > entry.end() || entry.end() > dataBytes) {
        throw new WeightsException(
            where
                + ": expected data_offsets within the file's "
                + dataBytes
                + " bytes of data: found "
                + entry.begin()
                + " to "
                + entry.end());
      }
      if (entry.begin() != covered) {
        throw new WeightsException(
            where
                + ": expected its data to begin at "
                + covered
                + ", where "
                + (covered == 0 ? "the data begins" : "the tensor before it ends")
                + ": found "
                + entry.begin());
      }
      long expected = entry.type().bytes(entry.shape().elements());
      if (entry.end() - entry.begin() != expected) {
        throw new WeightsException(
            where
                + ": expected "
                + expected
                + " bytes for "
                + entry.type()
                + " "
                + entry.shape()
                + ": found "
                + (entry.end() - entry.begin()));
      }
      covered = entry.end();
    }
    if (covered != dataBytes) {
      throw new WeightsException(
          source
              + ": expected "
              + covered
              + " bytes of data, where the last tensor ends: found "
              + dataBytes);
    }
  }
}
