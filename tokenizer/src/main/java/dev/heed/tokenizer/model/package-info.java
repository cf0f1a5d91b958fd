/// The models that cut a word into tokens of a vocabulary.
@NullMarked
package dev.heed.tokenizer.model;

import org.jspecify.annotations.NullMarked;
