/// Normalisation: what makes different spellings of a text the same before it is cut.
@NullMarked
package dev.heed.tokenizer.normalizer;

import org.jspecify.annotations.NullMarked;
