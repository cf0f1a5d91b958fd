/// Models of the Hugging Face hub: those that lie in its cache, and fetching others into it.
@NullMarked
package dev.heed.hub;

import org.jspecify.annotations.NullMarked;
