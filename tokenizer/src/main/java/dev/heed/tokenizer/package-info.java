/// From text to token ids and back, and the training of tokenizers.
///
/// Start at [Tokenizer]. Offsets are UTF-16 units of the text that was given.
@NullMarked
package dev.heed.tokenizer;

import org.jspecify.annotations.NullMarked;
