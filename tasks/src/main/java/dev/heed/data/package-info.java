/// Datasets and batches.
@NullMarked
package dev.heed.data;

import org.jspecify.annotations.NullMarked;
