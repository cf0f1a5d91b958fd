package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MemoryTest {
  @ParameterizedTest
  @ValueSource(strings = {"operations", "threads", "models"})
  void memoryStaysFlatInASmallHeapThoughNothingIsClosed(String work) throws Exception {
    // The heap is resident from the start, so what grows would be memory off the heap.
    List<String> flags =
        List.of(
            "-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "--enable-native-access=ALL-UNNAMED");
    assertFlat(ForkedJvm.run(flags, SmallHeap.class, work));
  }

  @Test
  void memoryStaysFlatWhereNativeAccessIsDenied() throws Exception {
    List<String> flags =
        List.of("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "--illegal-native-access=deny");
    ForkedJvm.Answer answer = ForkedJvm.run(flags, SmallHeap.class, "operations");
    assertFlat(answer);
    assertThat(answer.err()).isEmpty();
  }

  private static void assertFlat(ForkedJvm.Answer answer) {
    List<String> reports = answer.out().lines().toList();
    assertThat(reports).hasSize(5);
    for (String report : reports) {
      assertThat(megabytes(report, 0)).as("in use: %s", reports).isLessThan(200);
    }
    long grown = megabytes(reports.getLast(), 1) - megabytes(reports.getFirst(), 1);
    assertThat(grown).as("growth of resident memory: %s", reports).isLessThan(100);
  }

  private static long megabytes(String report, int column) {
    return Long.parseLong(report.split(" ", -1)[column]);
  }

  @Test
  void sizeClassesWasteAtMostAQuarter() {
    long last = 0;
    for (long bytes = 1; bytes < 1L << 40; bytes += 1 + bytes / 37) {
      long size = Memory.roundUp(bytes);
      assertThat(size).isGreaterThanOrEqualTo(bytes).isGreaterThanOrEqualTo(last);
      assertThat(size % 64).isZero();
      assertThat(size).isLessThanOrEqualTo(Math.max(bytes + bytes / 4, bytes + 63));
      last = size;
    }
  }

  @Test
  void segmentsOfManyThreadsDoNotOverlap() throws Exception {
    for (boolean virtual : new boolean[] {false, true}) {
      List<Future<Void>> all = new ArrayList<>();
      try (ExecutorService threads =
          virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(8)) {
        for (int i = 0; i < 32; i++) {
          byte mine = (byte) (i + 1);
          all.add(threads.submit(() -> fillAndVerify(mine)));
        }
      }
      for (Future<Void> one : all) {
        one.get();
      }
    }
  }

  private static Void fillAndVerify(byte mine) {
    for (int round = 0; round < 5; round++) {
      List<MemorySegment> segments = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        int bytes = CounterRandom.below(i % 10 == 0 ? 50_000 : 3000, mine, round * 40 + i);
        MemorySegment segment = Memory.allocate(bytes);
        if (segment.byteSize() != bytes || segment.address() % 64 != 0) {
          throw new AssertionError("expected " + bytes + " aligned bytes, received " + segment);
        }
        segments.add(segment.fill((byte) (mine + i * 5)));
      }
      for (int i = 0; i < segments.size(); i++) {
        for (byte one : segments.get(i).toArray(ValueLayout.JAVA_BYTE)) {
          if (one != (byte) (mine + i * 5)) {
            throw new AssertionError("something else was written into " + segments.get(i));
          }
        }
      }
    }
    return null;
  }

  @Test
  void whatIsUnreachableIsGivenBack() throws InterruptedException {
    long before = Memory.liveBytes();
    Tensor[] held = {Tensor.zeros(Shape.of(3 << 20), DType.F32)};
    assertThat(Memory.liveBytes()).isGreaterThan(0);
    held[0] = Tensor.zeros(Shape.of(1), DType.F32);
    long limit = before + (4 << 20);
    for (int i = 0; i < 200 && Memory.liveBytes() > limit; i++) {
      System.gc();
      Thread.sleep(10);
    }
    assertThat(Memory.liveBytes()).isLessThanOrEqualTo(limit);
    assertThat(held[0].item()).isZero();
  }

  @Test
  void aViewKeepsTheMemoryOfWhatItViews() {
    Tensor view = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).rows(1, 2);
    for (int i = 0; i < 5; i++) {
      System.gc();
      for (int j = 0; j < 5000; j++) {
        Operations.fill(Tensor.empty(Shape.of(4), DType.F32), -1);
      }
    }
    assertThat(view.toFloatArray()).containsExactly(3, 4);
  }

  @ParameterizedTest
  @ValueSource(strings = {"--illegal-native-access=deny", "--enable-native-access=ALL-UNNAMED"})
  void trainingGivesTheSameBitsWithAndWithoutNativeAccess(String flag)
      throws IOException, InterruptedException {
    String here = TrainingRun.hash(8, 12, 3);
    ForkedJvm.Answer there = ForkedJvm.run(List.of(flag), TrainingRun.class, "8", "12", "3");
    assertThat(there.out().strip()).isEqualTo(here);
    assertThat(there.err()).isEmpty();
  }
}
