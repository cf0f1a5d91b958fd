package dev.heed.kernels.x86;

import dev.heed.kernels.vector.VectorKernels;
import dev.heed.tensor.Activation;
import dev.heed.tensor.DType;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Parallel;
import dev.heed.tensor.Precision;
import dev.heed.tensor.QuantizedLayout;
import dev.heed.tensor.ReferenceKernels;
import dev.heed.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Every operation at shapes drawn at random, against the reference, by the kernels of this module
/// and of the Vector API, with any number of threads, in memory that ends at a page that faults.
/// Usually the same few shapes; any, for minutes, by `mvn test -Pfuzz -pl kernels-x86 -am`. What
/// fails says its seed.
class FuzzedShapesTest {
  /// For so long each; 0 for [#USUAL] shapes.
  private static final double SECONDS =
      Double.parseDouble(System.getProperty("heed.fuzz.seconds", "0"));

  private static final int USUAL = 40;
  private static final long FIRST_SEED =
      Long.getLong("heed.fuzz.seed", SECONDS > 0 ? System.nanoTime() : 1);
  private static final int[] ODD = {0, 1, 13, 31, 207, 4098};
  private static final Kernels REFERENCE = new ReferenceKernels();

  private final int threads = Parallel.threads();

  @AfterEach
  void restore() {
    Parallel.setThreads(threads);
    Guarded.releaseAll();
  }

  /// What is computed; the same seed draws the same shapes and numbers again.
  enum Operation {
    MATMUL(1e-5) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int[] size = draw.sizes(3, 400_000);
        boolean a = draw.random.nextBoolean();
        boolean b = draw.random.nextBoolean();
        Tensor left = draw.special(a ? draw.of(size[1], size[0]) : draw.of(size[0], size[1]));
        Tensor right = draw.special(b ? draw.of(size[2], size[1]) : draw.of(size[1], size[2]));
        Tensor product = draw.of(size[0], size[2]);
        k.matmul(left, a, right, b, product, draw.random.nextBoolean());
        out.add(product);
      }
    },
    LINEAR(2e-5) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int[] size = draw.sizes(3, 400_000);
        linear(k, draw, size, draw.of(size[2], size[1]), out);
      }
    },
    LINEAR_BF16(2e-5) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int[] size = draw.sizes(3, 400_000);
        Tensor plain = draw.of(size[2], size[1]);
        Tensor weight =
            Tensor.over(Guarded.allocate(2 * plain.elements()), plain.shape(), DType.BF16);
        REFERENCE.convert(plain, weight);
        linear(k, draw, size, weight, out);
      }
    },
    LINEAR_QUANTIZED(2e-5) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        List<DType> types = QuantizedMatmulTest.TYPES;
        DType type = types.get(draw.random.nextInt(types.size()));
        int block = QuantizedLayout.of(type).blockColumns();
        int[] size = draw.sizes(3, 400_000);
        size[1] = Math.max(1, size[1] % 5) * block;
        size[2] = Math.max(1, size[2] % 300);
        draw.largest = size[1];
        // With tiles, more rows of a file's types are rounded otherwise: QuantizedMatmulTest.
        size[0] %= type == DType.I8 ? 60 : 32;
        linear(k, draw, size, QuantizedMatmulTest.weight(type, size[2], size[1], 1), out);
      }
    },
    ELEMENTWISE(1e-6) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int[] size = draw.sizes(2, 20_000);
        Tensor a = draw.special(draw.of(size));
        Tensor b = draw.special(draw.of(size));
        Tensor row = draw.of(size[1]);
        for (int i = 0; i < 5; i++) {
          out.add(draw.of(size));
        }
        k.add(a, b, -0.75, out.get(0));
        k.multiply(a, b, out.get(1));
        k.scale(a, 0.3, out.get(2));
        if (row.elements() > 0) {
          k.add(a, row, 2, out.get(3));
          k.multiply(a, row, out.get(4));
        }
        Tensor dropped = draw.of(size);
        k.dropout(draw.of(size), 0.4, draw.random.nextLong(), dropped);
        out.add(dropped);
      }
    },
    ACTIVATION(5e-6) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int[] size = draw.sizes(2, 20_000);
        Activation activation = draw.activation();
        Tensor x = draw.of(size);
        Tensor other = draw.of(size);
        Tensor g = draw.of(size);
        for (int i = 0; i < 5; i++) {
          out.add(draw.of(size));
        }
        k.activation(activation, x, out.get(0));
        k.activationBackward(activation, x, g, out.get(1));
        k.gated(activation, x, other, out.get(2));
        k.gatedBackward(activation, x, other, g, out.get(3), out.get(4));
      }
    },
    NORM(2e-5) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int[] size = draw.sizes(2, 20_000);
        int rows = size[0];
        int width = Math.max(1, size[1]);
        Tensor x = draw.of(rows, width);
        Tensor gain = draw.of(width);
        Tensor bias = draw.random.nextBoolean() ? draw.of(width) : null;
        Tensor g = draw.of(rows, width);
        Tensor normed = draw.of(rows, width);
        Tensor mean = draw.of(rows);
        Tensor rstd = draw.of(rows);
        k.layerNorm(x, gain, bias, 0.1, normed, mean, rstd);
        Tensor dx = draw.of(rows, width);
        Tensor dGain = draw.of(width);
        Tensor dBias = draw.of(width);
        k.layerNormBackward(x, gain, mean, rstd, g, dx, dGain, dBias);
        Tensor rms = draw.of(rows, width);
        Tensor rmsRstd = draw.of(rows);
        k.rmsNorm(x, gain, 0.1, rms, rmsRstd);
        Tensor rmsDx = draw.of(rows, width);
        Tensor rmsDGain = draw.of(width);
        k.rmsNormBackward(x, gain, rmsRstd, g, rmsDx, rmsDGain);
        out.addAll(List.of(normed, mean, rstd, dx, dGain, dBias, rms, rmsRstd, rmsDx, rmsDGain));
      }
    },
    SOFTMAX(2e-6) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int[] size = draw.sizes(2, 20_000);
        Tensor x = draw.of(size);
        Tensor p = draw.of(size);
        k.softmax(x, p);
        Tensor dx = draw.of(size);
        k.softmaxBackward(p, draw.of(size), dx);
        out.addAll(List.of(p, dx));
        if (size[1] > 0) {
          int[] targets = new int[size[0]];
          for (int i = 0; i < targets.length; i++) {
            targets[i] = draw.random.nextInt(size[1] + 1) - 1;
          }
          Tensor losses = draw.of(size[0]);
          double smoothing = draw.random.nextBoolean() ? 0 : 0.1;
          k.crossEntropy(x, Guarded.ints(targets), smoothing, losses, 0.5);
          out.addAll(List.of(x, losses));
        }
      }
    },
    TABLE(1e-5) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int[] size = draw.sizes(2, 20_000);
        int rows = 1 + draw.random.nextInt(40);
        int[] ids = new int[size[0]];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = draw.random.nextInt(rows);
        }
        Tensor table = draw.special(draw.of(rows, size[1]));
        Tensor names = Guarded.ints(ids);
        Tensor gathered = draw.of(size);
        k.gather(table, names, 0.5, gathered);
        Tensor sums = draw.of(rows, size[1]);
        k.scatterAdd(draw.of(size), names, 2, sums);
        out.addAll(List.of(gathered, sums));
      }
    },
    ROTATION(1e-6) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int heads = 1 + draw.random.nextInt(4);
        int pairs = 1 + draw.random.nextInt(70);
        int width = heads * (2 * pairs + draw.random.nextInt(4));
        int[] positions = new int[draw.random.nextInt(40)];
        for (int i = 0; i < positions.length; i++) {
          positions[i] = draw.random.nextInt(9);
        }
        Tensor x = draw.of(positions.length, width);
        Tensor turned = draw.of(positions.length, width);
        k.rotate(
            x,
            heads,
            draw.of(9, pairs),
            draw.of(9, pairs),
            Guarded.ints(positions),
            draw.random.nextBoolean(),
            draw.random.nextBoolean(),
            turned);
        out.add(turned);
      }
    },
    CELL(1e-5) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int[] size = draw.sizes(2, 5_000);
        int rows = size[0];
        int width = Math.max(1, size[1]);
        for (int parts : new int[] {4, 1, 1, 1, 4, 3, 1, 1, 3, 3}) {
          out.add(draw.of(rows, parts * width));
        }
        Tensor before = draw.of(rows, width);
        k.lstmCell(out.get(0), before, out.get(1), out.get(2));
        k.lstmCellBackward(
            out.get(0), before, out.get(1), draw.of(rows, width), out.get(3), out.get(4));
        Tensor parts = draw.of(rows, 3 * width);
        k.gruCell(out.get(5), parts, before, out.get(6));
        k.gruCellBackward(out.get(5), parts, before, out.get(7), out.get(8), out.get(9));
      }
    },
    LEARNING(1e-5) {
      @Override
      void run(Kernels k, Draw draw, List<Tensor> out) {
        int[] size = draw.sizes(2, 20_000);
        for (int i = 0; i < 3; i++) {
          out.add(draw.of(size));
        }
        REFERENCE.multiply(out.get(2), out.get(2), out.get(2));
        Tensor g = draw.of(size);
        k.adamW(out.get(0), g, out.get(1), out.get(2), 1e-2, 0.9, 0.99, 1e-8, 0.1, 3, 0.5);
        Tensor columns = draw.of(size[1]);
        k.addColumnSums(draw.of(size), columns);
        out.add(columns);
        draw.largest = Math.toIntExact(g.elements());
        Tensor all = Guarded.zeros(2);
        all.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 0, (float) k.sum(g));
        all.memory().setAtIndex(ValueLayout.JAVA_FLOAT, 1, (float) k.sumOfSquares(g));
        out.add(all);
      }
    };

    private final double tolerance;

    Operation(double tolerance) {
      this.tolerance = tolerance;
    }

    /// Adds what is computed to `out`.
    abstract void run(Kernels k, Draw draw, List<Tensor> out);

    private static void linear(Kernels k, Draw draw, int[] size, Tensor weight, List<Tensor> out) {
      Tensor bias = draw.random.nextBoolean() ? draw.of(size[2]) : null;
      Tensor residual = draw.random.nextBoolean() ? draw.of(size[0], size[2]) : null;
      @Nullable Tensor before = draw.random.nextBoolean() ? draw.of(size[0], size[2]) : null;
      Tensor result = draw.of(size[0], size[2]);
      Tensor x = draw.of(size[0], size[1]);
      k.linear(x, weight, bias, draw.activation(), residual, before, result);
      out.add(result);
      if (before != null) {
        out.add(before);
      }
    }
  }

  /// Shapes and numbers.
  private static final class Draw {
    private final SplittableRandom random;
    private int largest;

    Draw(long seed) {
      this.random = new SplittableRandom(seed);
    }

    /// So many sizes, whose product is no larger.
    int[] sizes(int count, int most) {
      int[] sizes = new int[count];
      long product = 1;
      for (int i = 0; i < count; i++) {
        int size =
            random.nextInt(3) == 0
                ? ODD[random.nextInt(ODD.length)]
                : random.nextInt(1 + random.nextInt(1 + random.nextInt(900)));
        sizes[i] = (int) Math.min(size, most / Math.max(1, product));
        product *= Math.max(1, sizes[i]);
        largest = Math.max(largest, sizes[i]);
      }
      for (int i = count - 1; i > 0; i--) { // any of them may be the large one
        int j = random.nextInt(i + 1);
        int other = sizes[j];
        sizes[j] = sizes[i];
        sizes[i] = other;
      }
      return sizes;
    }

    Tensor of(int... shape) {
      return Guarded.random(random.nextLong(), shape);
    }

    Activation activation() {
      return Activation.values()[random.nextInt(Activation.values().length)];
    }

    /// Some elements NaN or infinite, now and then.
    Tensor special(Tensor x) {
      if (x.elements() > 0 && random.nextInt(4) == 0) {
        float[] specials = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f};
        for (int i = 0; i < 3; i++) {
          long at = random.nextLong(x.elements());
          x.memory().setAtIndex(ValueLayout.JAVA_FLOAT, at, specials[random.nextInt(4)]);
        }
      }
      return x;
    }
  }

  private interface Case {
    void run(Kernels kernels, long seed, String what);
  }

  private static Set<Level> levels() {
    Set<Level> levels = EnumSet.noneOf(Level.class);
    levels.addAll(Levels.available());
    levels.addAll(Levels.withBfloat());
    return levels;
  }

  /// Draws one of the levels, threads and seeds until the time is over.
  private static void fuzz(String name, Set<Level> levels, Case drawn) {
    List<Kernels> kernels = new ArrayList<>(List.of(new VectorKernels()));
    levels.forEach(level -> kernels.add(Levels.kernels(level)));
    long end = System.nanoTime() + (long) (SECONDS * 1e9);
    long seed = FIRST_SEED;
    while (seed - FIRST_SEED < USUAL || System.nanoTime() < end) {
      SplittableRandom random = new SplittableRandom(seed);
      Parallel.setThreads(1 + random.nextInt(4));
      Kernels chosen = kernels.get(random.nextInt(kernels.size()));
      String what = "%s, -Dheed.fuzz.seed=%d, by %s".formatted(name, seed, chosen.name());
      drawn.run(chosen, seed, what);
      Guarded.releaseAll();
      seed++;
    }
  }

  @ParameterizedTest
  @EnumSource
  void anyShapeAgrees(Operation operation) {
    Set<Level> levels = levels();
    if (operation == Operation.LINEAR_QUANTIZED) {
      levels.addAll(Levels.quantized());
    }
    fuzz(
        operation.name(),
        levels,
        (kernels, seed, what) -> {
          List<Tensor> expected = new ArrayList<>();
          List<Tensor> actual = new ArrayList<>();
          Draw draw = new Draw(seed);
          operation.run(REFERENCE, draw, expected);
          operation.run(kernels, new Draw(seed), actual);
          // The rounding errors of a sum grow as the square root of its terms.
          double tolerance = operation.tolerance * Math.sqrt(1 + draw.largest / 100.0);
          for (int i = 0; i < expected.size(); i++) {
            String output = what + ", output " + i + " " + expected.get(i).shape();
            Agreement.assertClose(actual.get(i), expected.get(i), tolerance, output);
          }
        });
  }

  @Test
  void anyAttentionAgrees() {
    fuzz(
        "ATTENTION",
        levels(),
        (kernels, seed, what) -> {
          SplittableRandom random = new SplittableRandom(seed);
          int keyWidth = 1 + random.nextInt(random.nextBoolean() ? 20 : 140);
          int valueWidth = random.nextBoolean() ? keyWidth : 1 + random.nextInt(70);
          Precision precision = random.nextBoolean() ? Precision.BF16 : Precision.FP32;
          new AttentionTest.Computation(kernels, precision)
              .compare(
                  AttentionTest.arguments(random), keyWidth, valueWidth, precision + " " + what);
        });
  }
}
