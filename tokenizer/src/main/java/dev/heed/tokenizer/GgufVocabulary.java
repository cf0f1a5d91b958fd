package dev.heed.tokenizer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A tokenizer as the values `tokenizer.ggml.*` of a GGUF file describe it.
///
/// @param model `gpt2` for byte-level byte-pair encoding, `llama` for SentencePiece's
/// @param splitting how text is cut into words (`tokenizer.ggml.pre`); null for the model's default
/// @param tokens the tokens by id
/// @param kinds the kind of each: 1 usual, 2 unknown, 3 control, 4 defined by the user, 5 unused, 6
///   a byte
/// @param scores of SentencePiece's tokens; empty otherwise
/// @param merges `left right` of byte-level encoding, the most frequent first; empty otherwise
/// @param beginOfText the id of the token that begins a text, −1 for none
/// @param endOfText the id of the token that ends one, −1 for none
/// @param unknown the id of the token for what is not known, −1 for none
/// @param padding the id of the token that fills up a batch, −1 for none
/// @param addsBegin whether a text gets the first of them
/// @param addsEnd whether a text gets the second of them
/// @param addsSpace whether SentencePiece puts a space before a text
/// @param chatTemplate the template of a conversation, null for none
public record GgufVocabulary(
    String model,
    @Nullable String splitting,
    List<String> tokens,
    int[] kinds,
    float[] scores,
    List<String> merges,
    int beginOfText,
    int endOfText,
    int unknown,
    int padding,
    boolean addsBegin,
    boolean addsEnd,
    boolean addsSpace,
    @Nullable String chatTemplate) {}
