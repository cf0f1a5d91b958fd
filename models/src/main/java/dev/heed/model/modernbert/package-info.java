/// ModernBERT.
@NullMarked
package dev.heed.model.modernbert;

import org.jspecify.annotations.NullMarked;
