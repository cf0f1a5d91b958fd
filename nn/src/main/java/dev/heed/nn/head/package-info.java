/// What stands on top of the blocks: how tokens' vectors become one, and answers. The letters of
/// shapes are those of [dev.heed.nn].
@NullMarked
package dev.heed.nn.head;

import org.jspecify.annotations.NullMarked;
