/// What came before the Transformer: layers that read a text token by token and carry a state
/// along. Letters beyond those of [dev.heed.nn]: I the width of the input, H here the width of the
/// state.
@NullMarked
package dev.heed.nn.recurrent;

import org.jspecify.annotations.NullMarked;
