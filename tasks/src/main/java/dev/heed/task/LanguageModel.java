package dev.heed.task;

import dev.heed.generation.NextWords;
import dev.heed.generation.Sampling;
import dev.heed.generation.TextGenerator;
import dev.heed.model.CausalModel;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.gpt2.Gpt2;
import dev.heed.nn.Trace;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.StreamingDecoder;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// A language model with its tokenizer: goes on with a text, says which words may come next, and
/// shows what it attends to.
public final class LanguageModel {
  private final Gpt2 model;
  private final Tokenizer tokenizer;

  LanguageModel(Gpt2 model, Tokenizer tokenizer) {
    this.model = model;
    this.tokenizer = tokenizer;
  }

  /// Opens a model's directory in Hugging Face's layout.
  ///
  /// @throws ModelException if its architecture is not known, or the files do not fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static LanguageModel load(Path directory) {
    try {
      return new LanguageModel(
          ModelDirectory.open(directory, Gpt2.class), Tokenizer.load(directory));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Writes a directory that Hugging Face's `GPT2LMHeadModel` and its fast tokenizer open.
  public void save(Path directory) {
    try {
      Files.createDirectories(directory);
      tokenizer.save(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    model.save(directory); // its config.json is what makes the directory a model
  }

  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /// The model inside.
  public CausalModel model() {
    return model;
  }

  /// The tokens of a prompt; the end-of-text token for an empty one, since something must come
  /// before the first.
  public int[] encode(String prompt) {
    int[] ids = tokenizer.encode(prompt).ids();
    return ids.length == 0 ? new int[] {model.endOfText()} : ids;
  }

  /// The `count` most probable words after `prompt`, with their probabilities.
  ///
  /// @throws IllegalArgumentException if the prompt is too long for the model
  public List<NextWords.Word> nextWords(String prompt, int count) {
    // A space at the end belongs to the next word's first token.
    return nextWords(encode(prompt.stripTrailing()), count);
  }

  /// The `count` most probable words after these token ids, as they are.
  public List<NextWords.Word> nextWords(int[] prompt, int count) {
    return new NextWords(model, tokenizer).of(prompt, count);
  }

  /// Goes on after `prompt`; `piece` hears each piece of the new text as it is made.
  ///
  /// @throws IllegalArgumentException if the prompt is too long for the model
  public Completion stream(
      String prompt, int maximumTokens, Sampling sampling, Consumer<String> piece) {
    return stream(encode(prompt), maximumTokens, sampling, piece);
  }

  /// Like [#stream(String, int, Sampling, Consumer)] after these token ids, as they are.
  public Completion stream(
      int[] prompt, int maximumTokens, Sampling sampling, Consumer<String> piece) {
    StreamingDecoder decoder = tokenizer.streamingDecoder();
    StringBuilder text = new StringBuilder();
    Consumer<String> both =
        part -> {
          if (!part.isEmpty()) {
            text.append(part);
            piece.accept(part);
          }
        };
    TextGenerator.Generated generated =
        new TextGenerator(model, sampling)
            .generate(prompt, maximumTokens, id -> both.accept(decoder.next(id)));
    both.accept(decoder.finish());
    return new Completion(text.toString(), generated);
  }

  /// Goes on after `prompt`.
  public Completion complete(String prompt, int maximumTokens, Sampling sampling) {
    return stream(prompt, maximumTokens, sampling, piece -> {});
  }

  /// What came after a prompt.
  ///
  /// @param text the new text
  /// @param generated its tokens, and why it ended
  public record Completion(String text, TextGenerator.Generated generated) {}

  /// What was computed for a text.
  ///
  /// @param tokens the tokens as the vocabulary writes them
  /// @param values `hidden_states.0` … [T, D], `attentions.0` … [H, T, T]
  public record Traced(List<String> tokens, Map<String, Tensor> values) {}

  /// Runs the model on `text` and shows everything on the way.
  public Traced trace(String text) {
    int[] ids = encode(text);
    var traced =
        Trace.of(() -> model.apply(Tensor.of(ids, ids.length), Sequences.ofLengths(ids.length)));
    List<String> tokens =
        Arrays.stream(ids).mapToObj(id -> tokenizer.decode(new int[] {id}, false)).toList();
    return new Traced(tokens, traced.values());
  }
}
