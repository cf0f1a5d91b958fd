package dev.heed.explorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ComputationsTest {
  private final AtomicLong clock = new AtomicLong();
  private final Computations computations = new Computations(clock::get);

  /// What is computed at once.
  private String at(String model, String page, String answer) {
    return computations.compute(model, page, "run", cancelled -> answer);
  }

  /// Computes until nobody waits.
  private static String untilCancelled(BooleanSupplier cancelled, CountDownLatch begun) {
    begun.countDown();
    while (!cancelled.getAsBoolean()) {
      Thread.onSpinWait();
    }
    throw new CancellationException("noticed");
  }

  @Test
  void oneComputesOnAModelAndTheOthersWaitButNotThoseOfAnotherModel() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> first =
          threads.submit(() ->
              computations.compute(
                  "m",
                  "a",
                  "run",
                  cancelled -> {
                    begun.countDown();
                    await(go);
                    order.add("first");
                    return "1";
                  }));
      begun.await();
      Future<String> second =
          threads.submit(() ->
              computations.compute(
                  "m",
                  "b",
                  "run",
                  cancelled -> {
                    order.add("second");
                    return "2";
                  }));
      assertThat(at("other", "c", "3")).isEqualTo("3");
      go.countDown();
      assertThat(first.get()).isEqualTo("1");
      assertThat(second.get()).isEqualTo("2");
    }
    assertThat(order).containsExactly("first", "second");
    assertThat(computations.waiting("m")).isZero();
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new CancellationException();
    }
  }

  @Test
  void theComputationOfAClosedPageEndsAndSoDoOnesThatWait() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> running =
          threads.submit(() ->
              computations.compute("m", "a", "run", cancelled -> untilCancelled(cancelled, begun)));
      begun.await();
      Future<String> waiting =
          threads.submit(() -> computations.compute("m", "a", "roles", cancelled -> "never"));
      while (computations.waiting("m") < 2) {
        Thread.onSpinWait();
      }
      computations.left("a");
      for (Future<String> one : List.of(running, waiting)) {
        assertThatThrownBy(() -> one.get(10, TimeUnit.SECONDS))
            .isInstanceOf(ExecutionException.class)
            .hasCauseInstanceOf(CancellationException.class);
      }
    }
    assertThat(at("m", "b", "free")).isEqualTo("free");
  }

  @Test
  void aNewerRequestForTheSameReplacesAnOlderOne() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> old =
          threads.submit(() ->
              computations.compute("m", "a", "run", cancelled -> untilCancelled(cancelled, begun)));
      begun.await();
      assertThat(at("m", "a", "new")).isEqualTo("new");
      assertThatThrownBy(old::get).hasCauseInstanceOf(CancellationException.class);
    }
  }

  @Test
  void aPageThatIsNotHeardOfIsTakenForClosed() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<String> lost =
          threads.submit(() ->
              computations.compute("m", "a", "run", cancelled -> untilCancelled(cancelled, begun)));
      begun.await();
      clock.addAndGet(TimeUnit.SECONDS.toNanos(60));
      computations.seen("a");
      clock.addAndGet(TimeUnit.SECONDS.toNanos(60));
      assertThat(lost.isDone()).isFalse();
      clock.addAndGet(TimeUnit.SECONDS.toNanos(60));
      assertThatThrownBy(lost::get).hasCauseInstanceOf(CancellationException.class);
    }
  }
}
