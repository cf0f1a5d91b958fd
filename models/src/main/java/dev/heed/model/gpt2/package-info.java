/// GPT-2: the decoder-only language model.
@NullMarked
package dev.heed.model.gpt2;

import org.jspecify.annotations.NullMarked;
