/// Pre-tokenization: where one word of a text ends and the next begins.
@NullMarked
package dev.heed.tokenizer.split;

import org.jspecify.annotations.NullMarked;
