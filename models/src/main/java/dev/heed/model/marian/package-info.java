/// Marian, the translation models of OPUS-MT.
@NullMarked
package dev.heed.model.marian;

import org.jspecify.annotations.NullMarked;
