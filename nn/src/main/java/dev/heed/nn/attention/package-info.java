/// Attention: the mathematics, the masks, and many heads of it. The letters of shapes are those of
/// [dev.heed.nn].
@NullMarked
package dev.heed.nn.attention;

import org.jspecify.annotations.NullMarked;
