/// BERT and the encoders made after it.
@NullMarked
package dev.heed.model.bert;

import org.jspecify.annotations.NullMarked;
