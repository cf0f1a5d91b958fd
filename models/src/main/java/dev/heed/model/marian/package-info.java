/// Marian, the translation models of OPUS-MT, and BART.
@NullMarked
package dev.heed.model.marian;

import org.jspecify.annotations.NullMarked;
