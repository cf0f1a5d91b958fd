package dev.heed.explorer;

import java.util.Map;

/// The training of the small models that some views need.
public interface Preparation {
  /// Begins, unless it runs or all models are there.
  void start();

  /// How it goes: `state` is `missing`, `running`, `done` or `failed`; `message` says more, `share`
  /// is what is done of it, 0 to 1.
  Map<String, Object> state();
}
