/// How vocabularies are learnt from text.
@NullMarked
package dev.heed.tokenizer.train;

import org.jspecify.annotations.NullMarked;
