/// What a user asks of a model, each in a class of its own.
@NullMarked
package dev.heed.task;

import org.jspecify.annotations.NullMarked;
