/// T5 and Flan-T5: every task as text to text.
@NullMarked
package dev.heed.model.t5;

import org.jspecify.annotations.NullMarked;
