package dev.heed.task;

import dev.heed.nn.Layer;

/// The parameters of a model that are not frozen, under their names: what a training changes, and
/// so all that its checkpoints need to hold.
final class LearningParameters extends Layer {
  LearningParameters(Layer model) {
    model
        .parameters()
        .forEach((name, parameter) -> {
          if (!parameter.isFrozen()) {
            parameter(name, parameter);
          }
        });
  }
}
