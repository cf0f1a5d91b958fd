/// Text as tokenizers need it: Unicode properties by table, and text that remembers where each
/// character came from.
@NullMarked
package dev.heed.tokenizer.text;

import org.jspecify.annotations.NullMarked;
