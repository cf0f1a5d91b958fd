/// What all model families share: their configuration files.
@NullMarked
package dev.heed.model;

import org.jspecify.annotations.NullMarked;
