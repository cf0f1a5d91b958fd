/// From tokens back to text.
@NullMarked
package dev.heed.tokenizer.decode;

import org.jspecify.annotations.NullMarked;
