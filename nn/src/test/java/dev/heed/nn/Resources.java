package dev.heed.nn;

import dev.heed.tensor.DType;
import dev.heed.tensor.Tensor;
import dev.heed.weights.Checkpoint;
import dev.heed.weights.StoredTensor;
import dev.heed.weights.StoredType;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;

/// The golden files of this module's tests.
public final class Resources {
  private Resources() {}

  /// The checkpoint at a path of the class path.
  public static Checkpoint open(String path) {
    URL url = Objects.requireNonNull(Resources.class.getResource("/" + path), path);
    try {
      return Checkpoint.open(Path.of(url.toURI()));
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /// A stored tensor in this type; whole numbers stay I32.
  public static Tensor tensor(StoredTensor stored, DType dtype) {
    int[] shape = stored.shape().dimensions();
    double[] values = stored.toDoubles();
    if (stored.type() == StoredType.I32) {
      int[] ids = new int[values.length];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = (int) values[i];
      }
      return Tensor.of(ids, shape);
    }
    return Tensor.of(values, shape).to(dtype);
  }
}
