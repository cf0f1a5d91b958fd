/// The training loop: optimizers, schedules, checkpoints that survive a kill, metrics.
@NullMarked
package dev.heed.training;

import org.jspecify.annotations.NullMarked;
