/// Regular expressions as tokenizer files write them (Oniguruma's syntax), matched in bounded time.
@NullMarked
package dev.heed.tokenizer.regex;

import org.jspecify.annotations.NullMarked;
