/// Normalisation of each token's vector. The letters of shapes are those of [dev.heed.nn].
@NullMarked
package dev.heed.nn.norm;

import org.jspecify.annotations.NullMarked;
