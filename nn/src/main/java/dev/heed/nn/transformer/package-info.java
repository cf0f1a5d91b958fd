/// Encoder and decoder blocks and their stacks, as the 2017 paper describes them. The letters of
/// shapes are those of [dev.heed.nn].
@NullMarked
package dev.heed.nn.transformer;

import org.jspecify.annotations.NullMarked;
