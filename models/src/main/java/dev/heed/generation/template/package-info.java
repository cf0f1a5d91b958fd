/// Chat templates: the part of Jinja in which models say how a conversation is laid out.
@NullMarked
package dev.heed.generation.template;

import org.jspecify.annotations.NullMarked;
