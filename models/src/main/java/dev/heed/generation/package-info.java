/// From a language model's logits to text.
@NullMarked
package dev.heed.generation;

import org.jspecify.annotations.NullMarked;
