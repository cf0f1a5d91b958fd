package dev.heed.task;

import dev.heed.training.Trainer;

/// How a training on texts went.
///
/// @param history its steps and evaluations
/// @param cut how many of the texts were longer than the model takes, and so were cut
public record TrainingOutcome(Trainer.History history, int cut) {}
