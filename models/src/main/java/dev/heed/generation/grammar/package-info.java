/// Grammars that a generated text keeps to: GBNF as llama.cpp describes it, and JSON schemas.
@NullMarked
package dev.heed.generation.grammar;

import org.jspecify.annotations.NullMarked;
