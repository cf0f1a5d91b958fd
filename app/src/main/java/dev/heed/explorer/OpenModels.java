package dev.heed.explorer;

import dev.heed.task.ExploredModel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;

/// The models that are open: the last few that were asked for.
final class OpenModels {
  private static final int MOST = 4;

  private final ModelShelf shelf;
  private final Map<String, ExploredModel> open = new LinkedHashMap<>(16, 0.75f, true);

  OpenModels(ModelShelf shelf) {
    this.shelf = shelf;
  }

  ModelShelf shelf() {
    return shelf;
  }

  /// The model of this name, opened if it is not yet; the first one for an empty name.
  ///
  /// @throws NoSuchElementException if the shelf has none
  synchronized ExploredModel get(String name) {
    String known = name(name);
    ExploredModel model = open.get(known);
    if (model == null) {
      model = ExploredModel.open(shelf.path(known));
      open.put(known, model);
      if (open.size() > MOST) {
        open.remove(open.keySet().iterator().next());
      }
    }
    return model;
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
