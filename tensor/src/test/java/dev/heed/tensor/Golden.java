package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The tensors of one golden file, which `tools/goldens/tensor_operations.py` wrote. This module
/// cannot use `weights`, which uses it: so a reader of its own, for trusted files with flat
/// headers.
final class Golden {
  private static final Pattern ENTRY =
      Pattern.compile(
          "\"([^\"]+)\":\\{\"dtype\":\"(\\w+)\",\"shape\":\\[([\\d,]*)\\],"
              + "\"data_offsets\":\\[(\\d+),(\\d+)\\]\\}");

  private final String name;
  private final Map<String, Tensor> tensors = new HashMap<>();

  private Golden(String name) {
    this.name = name;
  }

  /// Reads `goldens/NAME.safetensors`.
  static Golden read(String name) {
    Golden golden = new Golden(name);
    ByteBuffer file = ByteBuffer.wrap(bytes(name)).order(ByteOrder.LITTLE_ENDIAN);
    int header = Math.toIntExact(file.getLong(0));
    String json = new String(file.array(), 8, header, StandardCharsets.UTF_8);
    Matcher entry = ENTRY.matcher(json);
    while (entry.find()) {
      DType dtype = DType.valueOf(entry.group(2));
      String[] extents = entry.group(3).isEmpty() ? new String[0] : entry.group(3).split(",", -1);
      int[] shape = new int[extents.length];
      for (int i = 0; i < shape.length; i++) {
        shape[i] = Integer.parseInt(extents[i]);
      }
      int from = Integer.parseInt(entry.group(4));
      Tensor tensor = Tensor.empty(Shape.of(shape), dtype);
      assertThat(Integer.parseInt(entry.group(5)) - from).isEqualTo(tensor.memory().byteSize());
      MemorySegment.copy(
          MemorySegment.ofArray(file.array()),
          ValueLayout.JAVA_BYTE,
          8L + header + from,
          tensor.memory(),
          ValueLayout.JAVA_BYTE,
          0,
          tensor.memory().byteSize());
      golden.tensors.put(entry.group(1), tensor);
    }
    return golden;
  }

  /// The names of all golden files.
  static List<String> names() {
    URL folder = Golden.class.getResource("/goldens");
    if (folder == null) {
      throw new AssertionError("no goldens");
    }
    try (Stream<Path> files = Files.list(Path.of(folder.toURI()))) {
      return files.map(file -> file.getFileName().toString().replace(".safetensors", "")).toList();
    } catch (IOException | URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  private static byte[] bytes(String name) {
    try (InputStream file = Golden.class.getResourceAsStream("/goldens/" + name + ".safetensors")) {
      if (file == null) {
        throw new AssertionError("no golden " + name);
      }
      return file.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// A tensor as it is stored.
  Tensor get(String key) {
    Tensor tensor = tensors.get(key);
    if (tensor == null) {
      throw new AssertionError("golden " + name + " has no " + key + ": " + tensors.keySet());
    }
    return tensor;
  }

  /// An input of the operation: in this type and requiring a gradient, or I32.
  Tensor input(String key, DType dtype) {
    Tensor stored = get("in." + key);
    return stored.dtype() == DType.I32 ? stored : stored.to(dtype).requireGradient(true);
  }

  /// Whether PyTorch computed a gradient of this input.
  boolean learns(String key, DType dtype) {
    return tensors.containsKey(label(dtype) + "." + key);
  }

  /// Holds `received` against the stored tensor: 1e-12 in F64 and 1e-5 in F32, relative to the
  /// largest number in it.
  void holds(String key, Tensor received) {
    Tensor expected = get(label(received.dtype()) + "." + key);
    assertThat(received.shape()).as("shape of %s of %s", key, name).isEqualTo(expected.shape());
    double[] wanted = expected.toDoubleArray();
    double[] given = received.toDoubleArray();
    double largest = 1e-3;
    for (double value : wanted) {
      largest = Math.max(largest, Math.abs(value));
    }
    double tolerance = largest * (received.dtype() == DType.F64 ? 1e-12 : 1e-5);
    for (int i = 0; i < wanted.length; i++) {
      if (!(Math.abs(wanted[i] - given[i]) <= tolerance)) {
        throw new AssertionError(
            "%s of %s at element %d: expected %s ± %s, received %s"
                .formatted(key, name, i, wanted[i], tolerance, given[i]));
      }
    }
  }

  private static String label(DType dtype) {
    return dtype == DType.F64 ? "f64" : "f32";
  }
}
