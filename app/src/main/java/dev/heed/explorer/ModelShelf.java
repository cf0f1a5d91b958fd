package dev.heed.explorer;

import java.nio.file.Path;
import java.util.List;

/// The models that the page may open. It names them; where they lie it neither says nor knows.
public interface ModelShelf {
  /// Their names now, the one that opens first before the others.
  List<String> names();

  /// Where the model of a name of [#names] lies.
  Path path(String name);
}
