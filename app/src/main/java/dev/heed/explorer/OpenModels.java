package dev.heed.explorer;

import dev.heed.task.ExploredModel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/// The models that are open: the last few that were asked for.
final class OpenModels {
  private static final int MOST = 4;

  private final ModelShelf shelf;
  private final Map<String, FutureTask<ExploredModel>> open = new LinkedHashMap<>(16, 0.75f, true);

  OpenModels(ModelShelf shelf) {
    this.shelf = shelf;
  }

  ModelShelf shelf() {
    return shelf;
  }

  /// The model of this name, opened if it is not yet; the first one for an empty name.
  ///
  /// @throws NoSuchElementException if the shelf has none
  ExploredModel get(String name) {
    String known = name(name);
    FutureTask<ExploredModel> task = task(known);
    task.run(); // once; others wait below, and those of other models do not
    try {
      return task.get();
    } catch (ExecutionException e) {
      forget(known, task);
      throw e.getCause() instanceof RuntimeException failure
          ? failure
          : new IllegalStateException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("interrupted");
    }
  }

  private synchronized FutureTask<ExploredModel> task(String name) {
    FutureTask<ExploredModel> task =
        open.computeIfAbsent(
            name, none -> new FutureTask<>(() -> ExploredModel.open(shelf.path(name))));
    if (open.size() > MOST) {
      open.remove(open.keySet().iterator().next());
    }
    return task;
  }

  private synchronized void forget(String name, FutureTask<ExploredModel> failed) {
    open.remove(name, failed);
  }

  /// The name that is meant.
  String name(String name) {
    if (name.isEmpty()) {
      return shelf.names().getFirst();
    }
    if (!shelf.names().contains(name)) {
      throw new NoSuchElementException("no model of this name: " + name);
    }
    return name;
  }
}
