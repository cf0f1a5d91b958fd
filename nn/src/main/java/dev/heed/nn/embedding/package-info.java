/// From token ids to vectors, and where a token stands. The letters of shapes are those of
/// [dev.heed.nn].
@NullMarked
package dev.heed.nn.embedding;

import org.jspecify.annotations.NullMarked;
