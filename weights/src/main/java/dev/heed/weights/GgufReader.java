package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.heed.tensor.Shape;
import dev.heed.weights.GgufValue.Type;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;

/// Reads GGUF files of versions 2 and 3: values by key, then what tensors there are, then the
/// tensors.
///
/// Source: `docs/gguf.md` of ggml. Differs: files in big-endian order, arrays of arrays, and the
/// types that [StoredType] lacks are refused. Shapes come outermost first, as everywhere in Heed;
/// the file has them the other way.
public final class GgufReader {
  static final int MAGIC = 0x46554747;
  static final String ALIGNMENT = "general.alignment";
  static final int DEFAULT_ALIGNMENT = 32;
  private static final int MAX_RANK = 4;
  private static final int MAX_VALUES = 1 << 16;
  private static final int MAX_TENSORS = 1 << 18;

  /// A vocabulary's tokens are shorter, a chat template longer.
  private static final int MAX_TEXT = 1 << 24;

  private static final int MAX_NAME = 1 << 16;

  private final String source;
  private final MemorySegment file;
  private long position;

  /// A tensor of the file's directory.
  private record Entry(String name, StoredType type, Shape shape, long offset) {}

  private GgufReader(String source, MemorySegment file) {
    this.source = source;
    this.file = file;
  }

  /// Maps `file`; no tensor is read before it is used.
  ///
  /// @throws WeightsException when the file is not what it should be
  /// @throws java.io.UncheckedIOException when it cannot be read
  public static GgufFile open(Path file) {
    return read(file.toString(), MappedFile.read(file));
  }

  /// Reads from memory.
  ///
  /// @param source the file, for messages
  static GgufFile read(String source, MemorySegment file) {
    return new GgufReader(source, file.asReadOnly()).read();
  }

  private GgufFile read() {
    int magic = (int) number(4, "the magic number");
    if (magic != MAGIC) {
      throw wrong("a GGUF file", "one that begins with " + Integer.toHexString(magic));
    }
    long version = number(4, "the version");
    if (version != 2 && version != 3) {
      throw wrong("version 2 or 3, little-endian", Long.toString(version));
    }
    int tensorCount = count("tensors", MAX_TENSORS);
    int valueCount = count("values", MAX_VALUES);
    Map<String, GgufValue> values = new LinkedHashMap<>();
    for (int i = 0; i < valueCount; i++) {
      String key = text("a key", MAX_NAME);
      if (values.put(key, value(key)) != null) {
        throw wrong("each key once", key + " twice");
      }
    }
    List<Entry> entries = new ArrayList<>();
    for (int i = 0; i < tensorCount; i++) {
      entries.add(entry());
    }
    return new GgufFile(source, values, tensors(entries, alignment(values)));
  }

  private GgufValue value(String key) {
    Type type = valueType(key);
    return type == Type.ARRAY ? array(key) : scalar(key, type);
  }

  private GgufValue scalar(String key, Type type) {
    if (type == Type.TEXT) {
      return new GgufValue.Text(text(key, MAX_TEXT));
    }
    long bits = number(type.bytes(), key);
    return switch (type) {
      case F32 -> new GgufValue.Real(type, Float.intBitsToFloat((int) bits));
      case F64 -> new GgufValue.Real(type, Double.longBitsToDouble(bits));
      case BOOL -> new GgufValue.Flag(flag(key, bits));
      case U8, I8, U16, I16, U32, I32, U64, I64 -> new GgufValue.Whole(type, type.extend(bits));
      case TEXT, ARRAY -> throw new AssertionError("read elsewhere: " + type);
    };
  }

  private boolean flag(String key, long bits) {
    if (bits != 0 && bits != 1) {
      throw wrong("0 or 1 for " + key, Long.toString(bits));
    }
    return bits == 1;
  }

  private GgufArray array(String key) {
    Type type = valueType(key);
    if (type == Type.ARRAY) {
      throw wrong("no array of arrays under " + key, "one");
    }
    // A text takes 8 bytes at least.
    int smallest = type == Type.TEXT ? 8 : type.bytes();
    long left = file.byteSize() - position - Math.min(8, file.byteSize() - position);
    int length = count("elements of " + key, Math.min(Integer.MAX_VALUE - 8, left / smallest));
    long begin = position;
    if (type == Type.TEXT) {
      for (int i = 0; i < length; i++) {
        advance(length(key, MAX_TEXT), key);
      }
    } else {
      advance((long) length * type.bytes(), key);
    }
    return new GgufArray(type, length, file.asSlice(begin, position - begin));
  }

  private Type valueType(String key) {
    long number = number(4, "the type of " + key);
    Type[] types = Type.values();
    if (number >= types.length) {
      throw wrong("a type from 0 to " + (types.length - 1) + " for " + key, Long.toString(number));
    }
    return types[(int) number];
  }

  private int alignment(Map<String, GgufValue> values) {
    GgufValue value = values.get(ALIGNMENT);
    if (value == null) {
      return DEFAULT_ALIGNMENT;
    }
    if (value instanceof GgufValue.Whole(Type type, long alignment)
        && type == Type.U32
        && alignment <= 1 << 20
        && Long.bitCount(alignment) == 1) {
      return (int) alignment;
    }
    throw wrong("a power of two of at most 2^20 under " + ALIGNMENT, value.toString());
  }

  private Entry entry() {
    String name = text("the name of a tensor", MAX_NAME);
    String where = source + ": " + name;
    long rank = number(4, "the rank of " + name);
    if (rank > MAX_RANK) {
      throw wrong("at most " + MAX_RANK + " dimensions of " + name, Long.toString(rank));
    }
    long[] extents = new long[(int) rank];
    for (int i = extents.length - 1; i >= 0; i--) {
      extents[i] = number(8, "the shape of " + name);
    }
    Shape shape = StoredShapes.of(where, extents);
    int number = (int) number(4, "the type of " + name);
    StoredType type = GgmlTypes.type(number);
    if (type == null) {
      throw wrong("a type of tensor that Heed reads for " + name, "ggml's type " + number);
    }
    if (shape.width() % type.blockElements() != 0) {
      throw wrong(
          "%s with rows of whole blocks of %d for %s".formatted(name, type.blockElements(), type),
          shape.toString());
    }
    return new Entry(name, type, shape, number(8, "the offset of " + name));
  }

  private TensorTable tensors(List<Entry> entries, int alignment) {
    // A file without tensors may end here, without the padding.
    long begin = Math.min(aligned(position, alignment), file.byteSize());
    MemorySegment data = file.asSlice(begin);
    SequencedMap<String, Supplier<StoredTensor>> tensors = new LinkedHashMap<>();
    for (Entry entry : entries) {
      long bytes = entry.type().bytes(entry.shape().elements());
      if (entry.offset() < 0
          || entry.offset() % alignment != 0
          || entry.offset() > data.byteSize()
          || bytes > data.byteSize() - entry.offset()) {
        throw wrong(
            "%s at a multiple of %d within %d bytes"
                .formatted(entry.name(), alignment, data.byteSize()),
            bytes + " bytes at " + Long.toUnsignedString(entry.offset()));
      }
      var tensor =
          new StoredTensor(
              entry.name(), entry.type(), entry.shape(), data.asSlice(entry.offset(), bytes));
      if (tensors.put(entry.name(), () -> tensor) != null) {
        throw wrong("each tensor once", entry.name() + " twice");
      }
    }
    checkLayout(entries, alignment);
    return new TensorTable(source, tensors, Map.of());
  }

  /// One tensor after the other, with nothing but padding between them.
  private void checkLayout(List<Entry> entries, int alignment) {
    List<Entry> ordered = new ArrayList<>(entries);
    ordered.sort(
        Comparator.comparingLong(Entry::offset)
            .thenComparingLong(entry -> entry.shape().elements()));
    long end = 0;
    for (Entry entry : ordered) {
      if (entry.offset() != end) {
        throw wrong(
            entry.name() + " at " + end + ", where the tensor before it ends",
            "it at " + entry.offset());
      }
      end = aligned(end + entry.type().bytes(entry.shape().elements()), alignment);
    }
  }

  static long aligned(long position, int alignment) {
    return (position + alignment - 1) / alignment * alignment;
  }

  private int count(String what, long limit) {
    long count = number(8, "the number of " + what);
    if (count < 0 || count > limit) {
      throw wrong("at most " + limit + " " + what, Long.toUnsignedString(count));
    }
    return (int) count;
  }

  private String text(String what, int limit) {
    int bytes = length(what, limit);
    long begin = position;
    advance(bytes, what);
    return new String(file.asSlice(begin, bytes).toArray(JAVA_BYTE), UTF_8);
  }

  private int length(String what, int limit) {
    long length = number(8, what);
    if (length < 0 || length > limit) {
      throw wrong(
          "a text of at most " + limit + " bytes for " + what, Long.toUnsignedString(length));
    }
    return (int) length;
  }

  /// An unsigned number.
  private long number(int bytes, String what) {
    long at = position;
    advance(bytes, what);
    return switch (bytes) {
      case 1 -> Byte.toUnsignedLong(file.get(JAVA_BYTE, at));
      case 2 -> Short.toUnsignedLong(file.get(Elements.SHORT, at));
      case 4 -> Integer.toUnsignedLong(file.get(Elements.INT, at));
      default -> file.get(Elements.LONG, at);
    };
  }

  private void advance(long bytes, String what) {
    if (bytes > file.byteSize() - position) {
      throw wrong(
          "%d bytes for %s at %d".formatted(bytes, what, position),
          "a file of " + file.byteSize() + " bytes");
    }
    position += bytes;
  }

  private WeightsException wrong(String expected, String found) {
    return new WeightsException(source + ": expected " + expected + ": found " + found);
  }
}
