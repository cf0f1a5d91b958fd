/// What tests of differentiable code need.
@NullMarked
package dev.heed.tensor.testing;

import org.jspecify.annotations.NullMarked;
