/// Llama and the families that are built like it: SmolLM2, Mistral, Qwen2, Qwen3, Gemma 3.
@NullMarked
package dev.heed.model.llama;

import org.jspecify.annotations.NullMarked;
