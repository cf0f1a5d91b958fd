package dev.heed.kernels.vector;

import dev.heed.tensor.Kernels;
import java.util.Locale;

/// Offers [VectorKernels] where the JVM was started with the Vector API's module.
///
/// This class names none of the module's: it loads where the module is absent, too.
public final class VectorKernelsProvider implements Kernels.Provider {
  private static final String MODULE = "jdk.incubator.vector";

  /// For the service loader.
  public VectorKernelsProvider() {}

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public int priority() {
    return 50;
  }

  @Override
  public Kernels.Offer offer() {
    if (ModuleLayer.boot().findModule(MODULE).isEmpty()) {
      return new Kernels.Offer(
          null, "the Vector API is not there; java --add-modules " + MODULE + " makes Heed faster");
    }
    int bits = 8 * Lanes.BYTES;
    String architecture = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    boolean x86 = architecture.equals("amd64") || architecture.equals("x86_64");
    if (bits < 128 || (x86 && bits < 256)) {
      // Without the instruction, fma is computed in software, a thousand times slower.
      return new Kernels.Offer(
          null,
          "needs vectors of 128 bits and fused multiply-add: found "
              + bits
              + " bits on "
              + architecture);
    }
    return new Kernels.Offer(new VectorKernels(), bits + " bits on " + architecture);
  }
}
