/// What every layer shares. The letters of shapes and local names, everywhere in Heed:
///
/// | letter | is |
/// |---|---|
/// | B | batch: the number of sequences |
/// | N | token rows: all sequences of a batch packed one after the other, without padding |
/// | T | query length |
/// | S | key length |
/// | D | model width |
/// | H | query heads |
/// | K | key/value heads |
/// | Dh | head width |
/// | F | feed-forward width |
/// | V | vocabulary |
///
/// A tensor of token rows is [N, D] with [dev.heed.tensor.Sequences] that say where each sequence
/// starts, or [B, T, D] when all sequences have the same length.
@NullMarked
package dev.heed.nn;

import org.jspecify.annotations.NullMarked;
