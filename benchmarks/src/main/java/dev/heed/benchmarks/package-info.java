/// Heed's side of the comparisons with other engines.
@NullMarked
package dev.heed.benchmarks;

import org.jspecify.annotations.NullMarked;
