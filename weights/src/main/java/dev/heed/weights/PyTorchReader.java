package dev.heed.weights;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.heed.tensor.Shape;
import dev.heed.weights.PickledTensors.Storage;
import dev.heed.weights.PickledTensors.StridedTensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.Supplier;

/// Reads `pytorch_model.bin`: what `torch.save(model.state_dict())` writes since PyTorch 1.6, a zip
/// archive with a pickle and a file for each storage.
///
/// Only a dictionary of tensors is read; a pickle that names anything else is refused, and nothing
/// in it is executed. A tensor that is not row-major is copied at each call of [Checkpoint#tensor].
///
/// Source: `torch/serialization.py` of PyTorch. Differs: files from before PyTorch 1.6, sparse and
/// quantised tensors, and whole models are refused.
public final class PyTorchReader {
  private static final String PICKLE = "/data.pkl";

  private final String source;
  private final String folder;
  private final Map<String, MemorySegment> entries;

  private PyTorchReader(String source, String folder, Map<String, MemorySegment> entries) {
    this.source = source;
    this.folder = folder;
    this.entries = entries;
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
    if (file.byteSize() > 2 && (file.get(Elements.SHORT, 0) & 0xff) == 0x80) {
      throw new WeightsException(
          source
              + ": expected a zip archive: found a file of a PyTorch before 1.6, or one saved"
              + " in its form; loading and saving it with torch makes an archive of it");
    }
    Map<String, MemorySegment> entries = StoredZip.entries(source, file.asReadOnly());
    List<String> pickles = entries.keySet().stream().filter(n -> n.endsWith(PICKLE)).toList();
    if (pickles.size() != 1) {
      throw new WeightsException(
          source + ": expected one data.pkl in the archive: found " + pickles.size());
    }
    String pickle = pickles.getFirst();
    String folder = pickle.substring(0, pickle.length() - PICKLE.length());
    MemorySegment order = entries.get(folder + "/byteorder");
    if (order != null && order.mismatch(MemorySegment.ofArray("little".getBytes(US_ASCII))) != -1) {
      throw new WeightsException(source + ": expected the byte order little: found another");
    }
    var reader = new PyTorchReader(source, folder, entries);
    SequencedMap<String, Supplier<StoredTensor>> tensors = new LinkedHashMap<>();
    PickledTensors.read(source, Objects.requireNonNull(entries.get(pickle)))
        .forEach((name, tensor) -> tensors.put(name, reader.supplier(name, tensor)));
    return new TensorTable(source, tensors, Map.of());
  }

  private Supplier<StoredTensor> supplier(String name, StridedTensor tensor) {
    Storage storage = tensor.storage();
    StoredType type = storage.type();
    String where = source + ": " + name;
    MemorySegment data = entries.get(folder + "/data/" + storage.key());
    if (data == null) {
      throw wrong(where, "the storage " + storage.key() + " in the archive", "none");
    }
    if (storage.elements() < 0
        || storage.elements() > data.byteSize() / type.blockBytes()
        || storage.elements() * type.blockBytes() != data.byteSize()) {
      throw wrong(
          where,
          storage.elements() + " elements of " + type + " in the storage " + storage.key(),
          data.byteSize() + " bytes");
    }
    Shape shape = StoredShapes.of(where, tensor.extents());
    checkReach(where, tensor, shape);
    long first = tensor.offset() * type.blockBytes();
    if (isRowMajor(tensor)) {
      var stored =
          new StoredTensor(name, type, shape, data.asSlice(first, type.bytes(shape.elements())));
      return () -> stored;
    }
    return () -> rowMajor(name, shape, tensor, data);
  }

  /// Every element must lie in the storage, and no more elements than the storage has: else a few
  /// bytes, looked at with a stride of 0, would ask for any amount of memory.
  private static void checkReach(String where, StridedTensor tensor, Shape shape) {
    long elements = tensor.storage().elements();
    long[] strides = tensor.strides();
    boolean inside =
        strides.length == shape.rank()
            && tensor.offset() >= 0
            && tensor.offset() <= elements
            && shape.elements() <= elements - tensor.offset();
    long last = tensor.offset();
    for (int axis = 0; inside && shape.elements() > 0 && axis < strides.length; axis++) {
      long steps = shape.dimension(axis) - 1;
      long left = elements - 1 - last;
      inside = strides[axis] >= 0 && (steps == 0 || strides[axis] <= left / steps);
      last += inside ? steps * strides[axis] : 0;
    }
    if (!inside) {
      throw wrong(
          where,
          shape + " inside its storage of " + elements + " elements",
          "it from " + tensor.offset() + " by strides " + Arrays.toString(strides));
    }
  }

  private static boolean isRowMajor(StridedTensor tensor) {
    long expected = 1;
    for (int axis = tensor.extents().length - 1; axis >= 0; axis--) {
      long extent = tensor.extents()[axis];
      // The stride along a single step is never used.
      if (extent > 1 && tensor.strides()[axis] != expected) {
        return Arrays.stream(tensor.extents()).anyMatch(e -> e == 0);
      }
      expected *= extent;
    }
    return true;
  }

  private static StoredTensor rowMajor(
      String name, Shape shape, StridedTensor tensor, MemorySegment data) {
    StoredType type = tensor.storage().type();
    MemorySegment target = StoredTensor.allocate(type.bytes(shape.elements()));
    int rank = shape.rank();
    long[] strides = tensor.strides();
    int[] index = new int[rank];
    long from = tensor.offset();
    for (long to = 0; to < shape.elements(); to++) {
      Elements.copyElement(type.blockBytes(), data, from, target, to);
      // The next index, as an odometer counts.
      for (int axis = rank - 1; axis >= 0; axis--) {
        from += strides[axis];
        if (++index[axis] < shape.dimension(axis)) {
          break;
        }
        from -= strides[axis] * index[axis];
        index[axis] = 0;
      }
    }
    return new StoredTensor(name, type, shape, target.asReadOnly());
  }

  private static WeightsException wrong(String where, String expected, String found) {
    return new WeightsException(where + ": expected " + expected + ": found " + found);
  }
}
