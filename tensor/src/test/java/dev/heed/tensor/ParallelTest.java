package dev.heed.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300) // a lost wake-up would wait for ever
class ParallelTest {
  private final int threads = Parallel.threads();

  @AfterEach
  void asManyThreadsAsBefore() {
    Parallel.setThreads(threads);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 8})
  void everyTaskRunsOnce(int count) {
    Parallel.setThreads(count);
    assertThat(Parallel.threads()).isEqualTo(count);
    for (int tasks : new int[] {0, 1, 2, 3, 7, 100, 5000}) {
      AtomicIntegerArray runs = new AtomicIntegerArray(tasks);
      Parallel.run(tasks, runs::incrementAndGet);
      for (int i = 0; i < tasks; i++) {
        assertThat(runs.get(i)).isEqualTo(1);
      }
    }
  }

  @Test
  void aVirtualThreadDoesNotComputeOnItsCarrier() throws Exception {
    Parallel.setThreads(2);
    AtomicInteger onVirtualThreads = new AtomicInteger();
    AtomicInteger sum = new AtomicInteger();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      callers.add(
          Thread.startVirtualThread(() ->
              Parallel.run(
                  5,
                  task -> {
                    onVirtualThreads.addAndGet(Thread.currentThread().isVirtual() ? 1 : 0);
                    sum.addAndGet(task);
                  })));
    }
    for (Thread caller : callers) {
      caller.join();
    }
    assertThat(onVirtualThreads).hasValue(0);
    assertThat(sum).hasValue(64 * 10);
  }

  @Test
  void aVirtualThreadReceivesTheFailureOfItsTask() throws Exception {
    AtomicReference<Throwable> received = new AtomicReference<>();
    Thread.startVirtualThread(
            () -> {
              try {
                Parallel.run(
                    2,
                    task -> {
                      throw new IllegalStateException("task " + task);
                    });
              } catch (IllegalStateException e) {
                received.set(e);
              }
            })
        .join();
    assertThat(received.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageMatching("task [01]");
  }

  @Test
  void allThreadsTakePart() throws InterruptedException {
    Parallel.setThreads(3);
    CountDownLatch together = new CountDownLatch(3);
    Set<String> names = ConcurrentHashMap.newKeySet();
    Parallel.run(
        3,
        task -> {
          names.add(Thread.currentThread().getName());
          together.countDown();
          await(together); // returns only if the three run at the same time
        });
    assertThat(names).hasSize(3).contains("heed-1", "heed-2");
  }

  @Test
  void wakesThreadsThatHaveParked() throws InterruptedException {
    Parallel.setThreads(2);
    for (int round = 0; round < 20; round++) {
      Thread.sleep(2); // well beyond the 50 µs that a thread spins
      CountDownLatch together = new CountDownLatch(2);
      Parallel.run(
          2,
          task -> {
            together.countDown();
            await(together);
          });
      assertThat(together.getCount()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void anExceptionReachesTheCallerAndTheNextRunWorks(int count) {
    Parallel.setThreads(count);
    for (int bad : new int[] {0, 57, 99}) {
      assertThatThrownBy(() ->
              Parallel.run(
                  100,
                  task -> {
                    if (task == bad) {
                      throw new UnsupportedOperationException("task " + task);
                    }
                  }))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessage("task " + bad);
      assertThatThrownBy(() ->
              Parallel.run(
                  100,
                  task -> {
                    throw new StackOverflowError();
                  }))
          .isInstanceOf(StackOverflowError.class);
      AtomicInteger runs = new AtomicInteger();
      Parallel.run(100, task -> runs.incrementAndGet());
      assertThat(runs).hasValue(100);
    }
  }

  @Test
  void noTaskRunsAfterTheCallerHasItsException() {
    Parallel.setThreads(4);
    for (int round = 0; round < 50; round++) {
      AtomicBoolean returned = new AtomicBoolean();
      AtomicBoolean late = new AtomicBoolean();
      assertThatThrownBy(() ->
              Parallel.run(
                  64,
                  task -> {
                    if (task == 3) {
                      throw new UnsupportedOperationException();
                    }
                    Thread.onSpinWait();
                    if (returned.get()) {
                      late.set(true);
                    }
                  }))
          .isInstanceOf(UnsupportedOperationException.class);
      returned.set(true);
      assertThat(late).isFalse();
    }
  }

  @Test
  void aTaskMayRunTasksOfItsOwn() {
    Parallel.setThreads(3);
    AtomicIntegerArray runs = new AtomicIntegerArray(20 * 30);
    Parallel.run(
        20,
        outer ->
            Parallel.run(
                30, inner -> Parallel.run(1, last -> runs.incrementAndGet(outer * 30 + inner))));
    for (int i = 0; i < runs.length(); i++) {
      assertThat(runs.get(i)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void manyThreadsMayRunTasksAtTheSameTime(boolean virtual) throws Exception {
    Parallel.setThreads(3);
    List<Future<Integer>> all = new ArrayList<>();
    try (ExecutorService callers =
        virtual ? Executors.newVirtualThreadPerTaskExecutor() : Executors.newFixedThreadPool(16)) {
      for (int i = 0; i < 200; i++) {
        all.add(
            callers.submit(() -> {
              int[] squares = new int[50];
              Parallel.run(50, task -> squares[task] = task * task);
              int sum = 0;
              for (int square : squares) {
                sum += square;
              }
              return sum;
            }));
      }
    }
    for (Future<Integer> one : all) {
      assertThat(one.get()).isEqualTo(40425);
    }
  }

  @Test
  void whatTasksWroteIsSeenByTheCaller() {
    Parallel.setThreads(4);
    int[] plain = new int[64];
    for (int round = 1; round <= 500; round++) {
      int value = round;
      Parallel.run(64, task -> plain[task] = value);
      for (int task = 0; task < 64; task++) {
        if (plain[task] != round) {
          throw new AssertionError("task %d of round %d is lost".formatted(task, round));
        }
      }
    }
    assertThat(plain).containsOnly(500);
  }

  @Test
  void theNumberOfThreadsMayChangeWhileOthersRunTasks() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService callers = Executors.newFixedThreadPool(3)) {
      List<Future<Integer>> all = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        all.add(
            callers.submit(() -> {
              int rounds = 0;
              while (!done.get()) {
                AtomicInteger runs = new AtomicInteger();
                Parallel.run(40, task -> runs.incrementAndGet());
                if (runs.get() != 40) {
                  throw new AssertionError("40 tasks ran " + runs.get() + " times");
                }
                rounds++;
              }
              return rounds;
            }));
      }
      for (int i = 0; i < 20; i++) {
        Parallel.setThreads(1 + i % 5);
      }
      done.set(true);
      for (Future<Integer> one : all) {
        assertThat(one.get()).isNotNegative();
      }
    }
  }

  @Test
  void threadsThatAreNoLongerWantedEnd() throws InterruptedException {
    Parallel.setThreads(9);
    Parallel.setThreads(1);
    for (int i = 0; i < 500 && running() > 0; i++) {
      Thread.sleep(5);
    }
    assertThat(running()).isZero();
  }

  private static long running() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("heed-"))
        .count();
  }

  @Test
  void refusesToComputeWithNoThread() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Parallel.setThreads(0))
        .withMessage("threads must be 1 or more: received 0");
  }

  @Test
  void theSystemPropertySetsTheNumberOfThreads() throws IOException, InterruptedException {
    ForkedJvm.Answer answer = ForkedJvm.run(List.of("-Dheed.threads=5"), PrintThreads.class);
    assertThat(answer.out().strip()).isEqualTo("5");
  }

  /// Prints how many threads compute.
  static final class PrintThreads {
    public static void main(String[] arguments) {
      System.out.println(Parallel.threads());
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
