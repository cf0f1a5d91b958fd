package dev.heed.explorer;

import dev.heed.task.ExploredModel;
import dev.heed.task.ExploredRun;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;

/// The last runs, which the page asks about piece by piece.
final class RunStore {
  private static final int MOST = 6;

  private final Map<String, Kept> runs = new LinkedHashMap<>(16, 0.75f, true);
  private long last;

  /// A run and the model that made it.
  record Kept(String id, ExploredModel model, ExploredRun run) {}

  synchronized Kept keep(ExploredModel model, ExploredRun run) {
    Kept kept = new Kept(Long.toString(++last), model, run);
    runs.put(kept.id, kept);
    if (runs.size() > MOST) {
      runs.remove(runs.keySet().iterator().next());
    }
    return kept;
  }

  /// @throws NoSuchElementException if it is no longer kept
  synchronized Kept get(String id) {
    Kept kept = runs.get(id);
    if (kept == null) {
      throw new NoSuchElementException("this run is no longer kept: run the text again");
    }
    return kept;
  }
}
