package dev.heed.weights;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Reads the pickle in a PyTorch archive, which must be a dictionary of tensors by name. A pickle
/// is a program for a stack machine that may call anything; this one knows the instructions and the
/// few functions that such a dictionary needs, computes what they would, and refuses the rest.
///
/// Source: `pickletools` of Python (protocol 2); `torch/_utils.py` and `torch/serialization.py`.
final class PickledTensors {
  /// A tensor takes some 40 instructions; it bounds the memory that a hostile pickle takes.
  private static final int MAX_INSTRUCTIONS = 1 << 21;

  private static final long MAX_BYTES = 64L << 20;

  /// A file of the archive, `elements` numbers long.
  record Storage(StoredType type, String key, long elements) {}

  /// Where in a storage a tensor's elements lie.
  record StridedTensor(Storage storage, long offset, long[] extents, long[] strides) {}

  /// A tuple: a fixed list.
  private record Tuple(List<Object> items) {}

  /// What the pickle may name.
  private sealed interface Global {}

  private record StorageClass(StoredType type) implements Global {}

  private enum Function implements Global {
    ORDERED_DICT,
    REBUILD_TENSOR,
    REBUILD_PARAMETER
  }

  private enum Marker {
    MARK,
    NONE
  }

  private static final Map<String, Global> ALLOWED =
      Map.ofEntries(
          Map.entry("collections OrderedDict", Function.ORDERED_DICT),
          Map.entry("torch._utils _rebuild_tensor_v2", Function.REBUILD_TENSOR),
          Map.entry("torch._utils _rebuild_parameter", Function.REBUILD_PARAMETER),
          Map.entry("torch DoubleStorage", new StorageClass(StoredType.F64)),
          Map.entry("torch FloatStorage", new StorageClass(StoredType.F32)),
          Map.entry("torch HalfStorage", new StorageClass(StoredType.F16)),
          Map.entry("torch BFloat16Storage", new StorageClass(StoredType.BF16)),
          Map.entry("torch LongStorage", new StorageClass(StoredType.I64)),
          Map.entry("torch IntStorage", new StorageClass(StoredType.I32)),
          Map.entry("torch ShortStorage", new StorageClass(StoredType.I16)),
          Map.entry("torch CharStorage", new StorageClass(StoredType.I8)),
          Map.entry("torch ByteStorage", new StorageClass(StoredType.U8)),
          Map.entry("torch BoolStorage", new StorageClass(StoredType.BOOL)));

  private final String source;
  private final MemorySegment pickle;
  private final List<Object> stack = new ArrayList<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private long position;

  private PickledTensors(String source, MemorySegment pickle) {
    this.source = source;
    this.pickle = pickle;
  }

  /// The tensors by name, in the order of the pickle.
  ///
  /// @param source the file, for messages
  static Map<String, StridedTensor> read(String source, MemorySegment pickle) {
    if (pickle.byteSize() > MAX_BYTES) {
      throw new WeightsException(
          source
              + ": expected a pickle of at most "
              + MAX_BYTES
              + " bytes: found "
              + pickle.byteSize());
    }
    var reader = new PickledTensors(source, pickle);
    Object root = reader.run();
    if (!(root instanceof Map<?, ?> dictionary)) {
      throw reader.wrong("a dictionary of tensors", describe(root));
    }
    Map<String, StridedTensor> tensors = new LinkedHashMap<>();
    dictionary.forEach((name, value) -> {
      if (!(name instanceof String text) || !(value instanceof StridedTensor tensor)) {
        throw reader.wrong("tensors by name", name + " = " + describe(value));
      }
      tensors.put(text, tensor);
    });
    return tensors;
  }

  private Object run() {
    for (int count = 0; count < MAX_INSTRUCTIONS; count++) {
      int instruction = u8();
      if (instruction == '.') {
        return pop();
      }
      execute(instruction);
    }
    throw wrong("at most " + MAX_INSTRUCTIONS + " instructions", "more");
  }

  private void execute(int instruction) {
    switch (instruction) {
      case 0x80 -> protocol(u8());
      case '}' -> stack.add(new LinkedHashMap<>());
      case ']' -> stack.add(new ArrayList<>());
      case ')' -> stack.add(new Tuple(List.of()));
      case '(' -> stack.add(Marker.MARK);
      case 'N' -> stack.add(Marker.NONE);
      case 0x88 -> stack.add(true);
      case 0x89 -> stack.add(false);
      case 'K' -> stack.add((long) u8());
      case 'M' -> stack.add(u8() | (long) u8() << 8);
      case 'J' -> stack.add((long) (int) number(4));
      case 0x8a -> stack.add(longNumber());
      case 'G' -> stack.add(Double.longBitsToDouble(Long.reverseBytes(number(8))));
      case 'X' -> stack.add(text(number(4)));
      case 'q' -> remember(u8());
      case 'r' -> remember(number(4));
      case 'h' -> recall(u8());
      case 'j' -> recall(number(4));
      case 'c' -> stack.add(global());
      case 0x85 -> stack.add(new Tuple(popLast(1)));
      case 0x86 -> stack.add(new Tuple(popLast(2)));
      case 0x87 -> stack.add(new Tuple(popLast(3)));
      case 't' -> stack.add(new Tuple(popToMark()));
      case 'a' -> append(popLast(1));
      case 'e' -> append(popToMark());
      case 's' -> setItems(popLast(2));
      case 'u' -> setItems(popToMark());
      case 'Q' -> stack.add(storage(pop()));
      case 'R' -> reduce();
      case 'b' -> build();
      default ->
          throw wrong(
              "an instruction that a dictionary of tensors needs",
              "0x%02x at %d".formatted(instruction, position - 1));
    }
  }

  private void protocol(int version) {
    if (version != 2) {
      throw wrong("pickle protocol 2", String.valueOf(version));
    }
  }

  private Global global() {
    String name = line() + " " + line();
    Global global = ALLOWED.get(name);
    if (global == null) {
      throw wrong("a state dictionary, which holds tensors and calls nothing else", name);
    }
    return global;
  }

  private void remember(long key) {
    Object top = pop();
    stack.add(top);
    memo.put(key, top);
  }

  private void recall(long key) {
    Object value = memo.get(key);
    if (value == null) {
      throw wrong("a value remembered as " + key, "none");
    }
    stack.add(value);
  }

  @SuppressWarnings("unchecked") // Only `]` makes lists.
  private void append(List<Object> items) {
    if (!(peek() instanceof List<?> list)) {
      throw wrong("a list to append to", describe(peek()));
    }
    ((List<Object>) list).addAll(items);
  }

  @SuppressWarnings("unchecked") // Only `}` and OrderedDict make maps.
  private void setItems(List<Object> items) {
    if (!(peek() instanceof Map<?, ?> map) || items.size() % 2 != 0) {
      throw wrong("pairs and a dictionary to set them in", describe(peek()));
    }
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      // Lists and dictionaries have no place here, and a list inside itself has no hash.
      if (!(key instanceof String || key instanceof Long)) {
        throw wrong("a text or a number as a key", describe(key));
      }
      if (((Map<Object, Object>) map).put(key, items.get(i + 1)) != null) {
        throw wrong("each key once", key + " twice");
      }
    }
  }

  /// Files of the archive are named by the tuple `("storage", class, key, device, elements)`.
  private Storage storage(Object id) {
    if (id instanceof Tuple(List<Object> items)
        && items.size() == 5
        && items.get(0).equals("storage")
        && items.get(1) instanceof StorageClass(StoredType type)
        && items.get(2) instanceof String key
        && items.get(4) instanceof Long elements) {
      return new Storage(type, key, elements);
    }
    throw wrong("the name of a storage", describe(id));
  }

  private void reduce() {
    List<Object> call = popLast(2);
    if (!(call.get(0) instanceof Function function)
        || !(call.get(1) instanceof Tuple(List<Object> arguments))) {
      throw wrong("a function and its arguments", describe(call.get(0)));
    }
    stack.add(
        switch (function) {
          case ORDERED_DICT -> orderedDict(arguments);
          case REBUILD_TENSOR -> tensor(arguments);
          case REBUILD_PARAMETER -> parameter(arguments);
        });
  }

  private Object orderedDict(List<Object> arguments) {
    if (!arguments.isEmpty()) {
      throw wrong("an empty OrderedDict", arguments.size() + " arguments");
    }
    return new LinkedHashMap<>();
  }

  /// `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, backward_hooks)`; a seventh
  /// argument holds what is no number.
  private Object tensor(List<Object> arguments) {
    if ((arguments.size() == 6 || arguments.size() == 7)
        && arguments.get(0) instanceof Storage storage
        && arguments.get(1) instanceof Long offset
        && arguments.get(2) instanceof Tuple(List<Object> extents)
        && arguments.get(3) instanceof Tuple(List<Object> strides)) {
      return new StridedTensor(storage, offset, numbers(extents), numbers(strides));
    }
    throw wrong("the arguments of a tensor", arguments.size() + " others");
  }

  /// `_rebuild_parameter(tensor, requires_grad, backward_hooks)`
  private Object parameter(List<Object> arguments) {
    if (arguments.size() == 3 && arguments.get(0) instanceof StridedTensor tensor) {
      return tensor;
    }
    throw wrong("the arguments of a parameter", arguments.size() + " others");
  }

  /// A state dictionary carries its modules' versions as an attribute, which nobody needs.
  private void build() {
    Object state = pop();
    if (!(peek() instanceof Map<?, ?>) || !(state instanceof Map<?, ?>)) {
      throw wrong("attributes of a dictionary", describe(peek()));
    }
  }

  private long[] numbers(List<Object> items) {
    long[] numbers = new long[items.size()];
    for (int i = 0; i < numbers.length; i++) {
      if (!(items.get(i) instanceof Long number)) {
        throw wrong("a number", describe(items.get(i)));
      }
      numbers[i] = number;
    }
    return numbers;
  }

  private Object peek() {
    if (stack.isEmpty()) {
      throw wrong("a value on the stack", "none");
    }
    return stack.getLast();
  }

  private Object pop() {
    Object top = peek();
    if (top == Marker.MARK) {
      throw wrong("a value on the stack", "a mark");
    }
    stack.removeLast();
    return top;
  }

  private List<Object> popLast(int count) {
    Object[] values = new Object[count];
    for (int i = count - 1; i >= 0; i--) {
      values[i] = pop();
    }
    return List.of(values);
  }

  private List<Object> popToMark() {
    int mark = stack.lastIndexOf(Marker.MARK);
    if (mark < 0) {
      throw wrong("a mark on the stack", "none");
    }
    List<Object> above = stack.subList(mark + 1, stack.size());
    List<Object> values = List.copyOf(above);
    above.clear();
    stack.removeLast();
    return values;
  }

  private int u8() {
    return (int) number(1);
  }

  /// An unsigned number of 1, 4 or 8 bytes, the lowest first.
  private long number(int bytes) {
    MemorySegment from = take(bytes);
    return switch (bytes) {
      case 1 -> Byte.toUnsignedLong(from.get(JAVA_BYTE, 0));
      case 4 -> Integer.toUnsignedLong(from.get(Elements.INT, 0));
      default -> from.get(Elements.LONG, 0);
    };
  }

  private long longNumber() {
    int bytes = u8();
    if (bytes > 8) {
      throw wrong("a number of at most 8 bytes", bytes + " bytes");
    }
    long value = 0;
    for (int i = 0; i < bytes; i++) {
      value |= (long) u8() << 8 * i;
    }
    int unused = 64 - 8 * bytes;
    return bytes == 0 ? 0 : value << unused >> unused;
  }

  private String text(long bytes) {
    return new String(take(bytes).toArray(JAVA_BYTE), UTF_8);
  }

  private String line() {
    long begin = position;
    while (u8() != '\n') {
      if (position - begin > 200) {
        throw wrong("a name of at most 200 bytes", "more");
      }
    }
    return new String(pickle.asSlice(begin, position - 1 - begin).toArray(JAVA_BYTE), UTF_8);
  }

  private MemorySegment take(long bytes) {
    if (bytes > pickle.byteSize() - position) {
      throw wrong(bytes + " more bytes", String.valueOf(pickle.byteSize() - position));
    }
    MemorySegment taken = pickle.asSlice(position, bytes);
    position += bytes;
    return taken;
  }

  /// Never the contents: a list may hold itself.
  private static String describe(Object value) {
    return switch (value) {
      case String text -> "the text \"" + text.substring(0, Math.min(40, text.length())) + "\"";
      case Long number -> "the number " + number;
      case Map<?, ?> map -> "a dictionary of " + map.size();
      case List<?> list -> "a list of " + list.size();
      case Tuple(List<Object> items) -> "a tuple of " + items.size();
      default -> value.getClass().getSimpleName();
    };
  }

  private WeightsException wrong(String expected, String found) {
    return new WeightsException(source + ": data.pkl: expected " + expected + ": found " + found);
  }
}
