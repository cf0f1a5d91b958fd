package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Results have the same bits for any number of threads, for concurrent callers, interpreted and
/// compiled.
class SameBitsTest {
  private static final int ROWS = 67;
  private static final int WIDTH = 44;
  private static final int MANY = 70_001;
  private final int threads = Parallel.threads();

  @AfterEach
  void asManyThreadsAsBefore() {
    Parallel.setThreads(threads);
  }

  static List<Arguments> kernels() {
    List<Arguments> kernels = new ArrayList<>();
    runs().forEach((name, run) -> kernels.add(Arguments.of(name, run)));
    return kernels;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("kernels")
  void aKernelGivesTheSameBitsForAnyNumberOfThreads(String kernel, LongSupplier run) {
    Parallel.setThreads(1);
    long expected = run.getAsLong();
    for (int count : new int[] {2, 3, 8}) {
      Parallel.setThreads(count);
      assertThat(run.getAsLong()).as("%s, %d threads", kernel, count).isEqualTo(expected);
    }
  }

  @Test
  void trainingGivesTheSameBitsForAnyNumberOfThreads() {
    Parallel.setThreads(1);
    String expected = TrainingRun.hash(32, 100, 2);
    for (int count : new int[] {2, 3, 8}) {
      Parallel.setThreads(count);
      assertThat(TrainingRun.hash(32, 100, 2)).as("%d threads", count).isEqualTo(expected);
    }
  }

  @Test
  void trainingGivesTheSameBitsForConcurrentCallers() throws Exception {
    String expected = TrainingRun.hash(16, 30, 2);
    List<Future<String>> all = new ArrayList<>();
    try (ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 8; i++) {
        all.add(callers.submit(() -> TrainingRun.hash(16, 30, 2)));
      }
    }
    for (Future<String> one : all) {
      assertThat(one.get()).isEqualTo(expected);
    }
  }

  @Test
  void trainingGivesTheSameBitsInterpretedAndCompiled() throws Exception {
    String here = TrainingRun.hash(8, 12, 2);
    String access = "--enable-native-access=ALL-UNNAMED";
    List<String> interpreted = List.of("-Xint", access);
    assertThat(hashOf(interpreted)).isEqualTo(here);
    // Everything of ours compiled by C2 before its first use.
    List<String> compiled =
        List.of(
            "-Xcomp",
            "-XX:-TieredCompilation",
            "-XX:CompileCommand=quiet",
            "-XX:CompileCommand=compileonly,dev.heed.tensor.*::*",
            access);
    assertThat(hashOf(compiled)).isEqualTo(here);
  }

  private static String hashOf(List<String> flags) throws Exception {
    return ForkedJvm.run(flags, TrainingRun.class, "8", "12", "2").out().strip();
  }

  /// Every kernel at odd sizes that are cut into several tasks; each gives the hash of its outputs.
  private static Map<String, LongSupplier> runs() {
    Map<String, LongSupplier> runs = new LinkedHashMap<>();
    Kernels kernels = Kernels.active();
    Tensor x = random(1, ROWS, WIDTH);
    Tensor g = random(2, ROWS, WIDTH);
    Tensor weight = random(3, 53, WIDTH);
    Tensor bias = random(4, 53);
    Tensor residual = random(5, ROWS, 53);
    Tensor gain = random(6, WIDTH);
    Tensor shift = random(7, WIDTH);
    for (boolean a : new boolean[] {false, true}) {
      for (boolean b : new boolean[] {false, true}) {
        runs.put(
            "matmul %s %s".formatted(a, b),
            () -> {
              Tensor left = a ? random(8, 61, ROWS) : random(8, ROWS, 61);
              Tensor right = b ? random(9, WIDTH, 61) : random(9, 61, WIDTH);
              Tensor out = g.copy();
              kernels.matmul(left, a, right, b, out, true);
              return Bits.hash(out);
            });
      }
    }
    runs.put(
        "cells",
        () -> {
          Tensor gates = random(20, ROWS, 4 * WIDTH);
          Tensor cells = empty(ROWS, WIDTH);
          Tensor states = empty(ROWS, WIDTH);
          kernels.lstmCell(gates, x, cells, states);
          Tensor carried = g.copy();
          Tensor back = empty(ROWS, 4 * WIDTH);
          kernels.lstmCellBackward(gates, x, cells, g, carried, back);
          long lstm = Bits.hash(Bits.hash(Bits.hash(Bits.hash(states), cells), carried), back);
          Tensor parts = random(21, ROWS, 3 * WIDTH);
          Tensor reset = random(22, ROWS, 3 * WIDTH);
          kernels.gruCell(reset, parts, x, states);
          Tensor hidden = g.copy();
          Tensor ofGates = empty(ROWS, 3 * WIDTH);
          Tensor ofParts = empty(ROWS, 3 * WIDTH);
          kernels.gruCellBackward(reset, parts, x, hidden, ofGates, ofParts);
          return Bits.hash(Bits.hash(Bits.hash(Bits.hash(lstm, states), hidden), ofGates), ofParts);
        });
    for (Activation activation : Activation.values()) {
      runs.put(
          "linear " + activation,
          () -> {
            Tensor out = empty(ROWS, 53);
            Tensor before = empty(ROWS, 53);
            kernels.linear(x, weight, bias, activation, residual, before, out);
            return Bits.hash(Bits.hash(out), before);
          });
      runs.put(
          "activation " + activation,
          () -> {
            Tensor many = random(10, MANY);
            Tensor out = empty(MANY);
            kernels.activation(activation, many, out);
            Tensor back = empty(MANY);
            kernels.activationBackward(activation, many, random(11, MANY), back);
            return Bits.hash(Bits.hash(out), back);
          });
      runs.put(
          "gated " + activation,
          () -> {
            Tensor gate = random(10, MANY);
            Tensor up = random(11, MANY);
            Tensor out = empty(MANY);
            kernels.gated(activation, gate, up, out);
            Tensor dGate = empty(MANY);
            Tensor dUp = empty(MANY);
            kernels.gatedBackward(activation, gate, up, random(12, MANY), dGate, dUp);
            return Bits.hash(Bits.hash(Bits.hash(out), dGate), dUp);
          });
    }
    runs.put(
        "addColumnSums",
        () -> {
          Tensor sums = random(13, 97);
          kernels.addColumnSums(random(14, 1501, 97), sums);
          return Bits.hash(sums);
        });
    runs.put("attention", () -> attention(kernels));
    for (boolean halves : new boolean[] {false, true}) {
      runs.put(
          "rotate " + halves,
          () -> {
            int[] at = new int[601];
            for (int i = 0; i < at.length; i++) {
              at[i] = i % 50;
            }
            Tensor out = empty(601, WIDTH);
            Tensor table = random(15, 50, 4);
            Tensor positions = Tensor.of(at, at.length);
            kernels.rotate(
                random(16, 601, WIDTH), 4, table, random(17, 50, 4), positions, halves, false, out);
            return Bits.hash(out);
          });
    }
    runs.put(
        "layerNorm",
        () -> {
          Tensor out = empty(ROWS, WIDTH);
          Tensor mean = empty(ROWS);
          Tensor rstd = empty(ROWS);
          kernels.layerNorm(x, gain, shift, 1e-5, out, mean, rstd);
          Tensor gx = empty(ROWS, WIDTH);
          Tensor gGain = gain.copy();
          Tensor gShift = shift.copy();
          kernels.layerNormBackward(x, gain, mean, rstd, g, gx, gGain, gShift);
          return Bits.hash(Bits.hash(Bits.hash(Bits.hash(out), gx), gGain), gShift);
        });
    runs.put(
        "rmsNorm",
        () -> {
          Tensor out = empty(ROWS, WIDTH);
          Tensor rstd = empty(ROWS);
          kernels.rmsNorm(x, gain, 1e-6, out, rstd);
          Tensor gx = empty(ROWS, WIDTH);
          Tensor gGain = gain.copy();
          kernels.rmsNormBackward(x, gain, rstd, g, gx, gGain);
          return Bits.hash(Bits.hash(Bits.hash(out), gx), gGain);
        });
    runs.put(
        "add, multiply, scale",
        () -> {
          Tensor a = random(18, 501, WIDTH);
          Tensor out = empty(501, WIDTH);
          kernels.add(a, gain, 0.3, out);
          long hash = Bits.hash(out);
          kernels.multiply(a, shift, out);
          hash = Bits.hash(hash, out);
          kernels.scale(a, 0.7, out);
          return Bits.hash(hash, out);
        });
    runs.put(
        "dropout",
        () -> {
          Tensor out = empty(301, WIDTH);
          kernels.dropout(random(19, 301, WIDTH), 0.3, 99, out);
          return Bits.hash(out);
        });
    runs.put(
        "softmax",
        () -> {
          Tensor out = empty(ROWS, WIDTH);
          kernels.softmax(x, out);
          Tensor gx = empty(ROWS, WIDTH);
          kernels.softmaxBackward(out, g, gx);
          return Bits.hash(Bits.hash(out), gx);
        });
    runs.put(
        "crossEntropy",
        () -> {
          Tensor logits = random(20, 97, 211);
          Tensor losses = empty(97);
          kernels.crossEntropy(logits, ids(97, 211), 0.1, losses, 0.5);
          return Bits.hash(Bits.hash(logits), losses);
        });
    runs.put(
        "gather and scatterAdd",
        () -> {
          Tensor table = random(21, 97, WIDTH);
          Tensor rows = empty(1501, WIDTH);
          kernels.gather(table, ids(1501, 97), 1.5, rows);
          kernels.scatterAdd(rows, ids(1501, 97), 1.5, table);
          return Bits.hash(Bits.hash(rows), table);
        });
    runs.put(
        "sums",
        () -> {
          Tensor many = random(22, MANY);
          return Bits.hash(kernels.sum(many), kernels.sumOfSquares(many));
        });
    runs.put(
        "adamW",
        () -> {
          Tensor parameter = random(23, 9001);
          Tensor mean = random(24, 9001);
          Tensor variance = Operations.multiply(mean, mean);
          kernels.adamW(
              parameter, random(25, 9001), mean, variance, 0.01, 0.9, 0.99, 1e-8, 0.1, 3, 0.5);
          return Bits.hash(Bits.hash(Bits.hash(parameter), mean), variance);
        });
    runs.put(
        "convert",
        () -> {
          Tensor out = Tensor.empty(Shape.of(MANY), DType.BF16);
          kernels.convert(random(26, MANY), out);
          return Bits.hash(out);
        });
    return runs;
  }

  private static long attention(Kernels kernels) {
    Sequences sequences = Sequences.ofLengths(17, 0, 1, 41, 8);
    Tensor q = random(30, 67, 24);
    Tensor k = random(31, 67, 12);
    Tensor v = random(32, 67, 10);
    Tensor bias = random(33, 4, 101);
    AttentionArguments a =
        new AttentionArguments(
            4,
            2,
            sequences,
            sequences,
            0.4,
            30,
            3,
            null,
            null,
            bias,
            0.2,
            CounterRandom.key(1, 1, 1));
    Tensor out = empty(67, 20);
    Tensor logSumExp = empty(67, 4);
    kernels.attention(q, k, v, a, out, logSumExp);
    Tensor gq = empty(67, 24);
    Tensor gk = empty(67, 12);
    Tensor gv = empty(67, 10);
    Tensor gBias = bias.copy();
    kernels.attentionBackward(q, k, v, a, out, logSumExp, random(34, 67, 20), gq, gk, gv, gBias);
    Tensor weights = empty(4, 41, 41);
    kernels.attentionWeights(q, k, a, logSumExp, 3, weights);
    long hash = Bits.hash(out);
    for (Tensor each : List.of(logSumExp, gq, gk, gv, gBias, weights)) {
      hash = Bits.hash(hash, each);
    }
    return hash;
  }

  private static Tensor ids(int count, int bound) {
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = CounterRandom.below(bound, 40, i);
    }
    return Tensor.of(ids, count);
  }

  private static Tensor empty(int... shape) {
    return Tensor.empty(Shape.of(shape), DType.F32);
  }

  private static Tensor random(long seed, int... shape) {
    Tensor tensor = empty(shape);
    Elements to = Elements.of(tensor);
    for (long i = 0; i < tensor.elements(); i++) {
      to.set(i, CounterRandom.normal(seed, i));
    }
    return tensor;
  }
}
