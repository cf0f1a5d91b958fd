package dev.heed.generation;

import dev.heed.model.CausalModel;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Kernels;
import dev.heed.tensor.Shape;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// Makes a text longer, one token at a time.
///
/// @param model the language model
/// @param sampling how each token is chosen
/// @param rules which tokens may come
/// @param constraint what the whole new text must look like; null for anything
/// @param alternatives how many of the most probable tokens are told with each token
public record TextGenerator(
    CausalModel model,
    Sampling sampling,
    GenerationRules rules,
    @Nullable TokenConstraint constraint,
    int alternatives) {
  public TextGenerator {
    if (alternatives < 0) {
      throw new IllegalArgumentException(
          "alternatives must be 0 or more: received " + alternatives);
    }
  }

  /// Any tokens, until the model's end of text.
  public TextGenerator(CausalModel model, Sampling sampling) {
    this(model, sampling, GenerationRules.endingWith(Set.of(model.endOfText())), null, 0);
  }

  /// Why a text ended.
  public enum Ending {
    /// The model said so.
    END_OF_TEXT,
    /// The caller said so.
    STOPPED,
    /// As many tokens as were asked for.
    MAXIMUM_TOKENS,
    /// The model's longest text.
    MODEL_LENGTH
  }

  /// A token that might have come.
  ///
  /// @param logProbability the natural logarithm of its probability under the model
  public record Alternative(int id, double logProbability) {}

  /// New tokens.
  ///
  /// @param ids the new tokens, without the end-of-text token
  /// @param logProbabilities the natural logarithm of each one's probability under the model,
  ///   before temperature and the other limits
  /// @param alternatives for each new token the most probable ones in its place, the most probable
  ///   first; empty where none were asked for
  public record Generated(
      int[] ids, double[] logProbabilities, List<List<Alternative>> alternatives, Ending ending) {}

  /// Goes on after `prompt`, at least one token long.
  ///
  /// @param goesOn hears every new token as soon as it is chosen, and says whether more may come
  /// @throws IllegalArgumentException if the prompt is empty or longer than the model's longest
  ///   text, or `maximumTokens` negative
  public Generated generate(int[] prompt, int maximumTokens, IntPredicate goesOn) {
    return generate(prompt, maximumTokens, new KnownText(model), goesOn);
  }

  /// The same, making use of what is known of an earlier text that began like this one; afterwards
  /// `known` knows this one.
  public Generated generate(int[] prompt, int maximumTokens, KnownText known, IntPredicate goesOn) {
    Text text = new Text(new Turn(this, prompt, maximumTokens, known, goesOn));
    while (text.open()) {
      text.accept(known.nextLogits(text.ids, text.length));
    }
    return text.generated();
  }

  /// One of several texts that are made at once.
  ///
  /// @param goesOn hears every new token as soon as it is chosen, and says whether more may come
  public record Turn(
      TextGenerator generator,
      int[] prompt,
      int maximumTokens,
      KnownText known,
      IntPredicate goesOn) {}

  /// Makes several texts at once: each new token of all of them is one computation, which reads the
  /// model's weights once. Each text is what it is alone, up to the rounding of sums.
  ///
  /// @throws IllegalArgumentException if the models differ, or as for one text
  public static List<Generated> together(List<Turn> turns) {
    List<Text> texts = turns.stream().map(Text::new).toList();
    while (true) {
      List<Text> open = texts.stream().filter(Text::open).toList();
      if (open.isEmpty()) {
        return texts.stream().map(Text::generated).toList();
      }
      List<float[]> logits =
          KnownText.nextLogits(
              open.stream().map(text -> text.turn.known).toList(),
              open.stream().map(text -> Arrays.copyOf(text.ids, text.length)).toList());
      for (int i = 0; i < open.size(); i++) {
        open.get(i).accept(logits.get(i));
      }
    }
  }

  /// A text on its way.
  private static final class Text {
    private final Turn turn;
    private final int longest;
    private final TokenConstraint.@Nullable State state;
    private final List<List<Alternative>> others = new ArrayList<>();
    private int[] ids;
    private double[] logProbabilities;
    private int length;
    private @Nullable Ending ending;

    Text(Turn turn) {
      this.turn = turn;
      int[] prompt = turn.prompt;
      CausalModel model = turn.generator.model;
      if (prompt.length == 0 || prompt.length > model.maximumLength()) {
        throw new IllegalArgumentException(
            "a prompt must have 1…%d tokens: received %d"
                .formatted(model.maximumLength(), prompt.length));
      }
      if (turn.maximumTokens < 0) {
        throw new IllegalArgumentException(
            "maximumTokens must be 0 or more: received " + turn.maximumTokens);
      }
      longest =
          (int) Math.min((long) prompt.length + turn.maximumTokens, model.maximumLength() + 1L);
      ids = Arrays.copyOf(prompt, Math.min(longest, prompt.length + 256));
      logProbabilities = new double[ids.length];
      length = prompt.length;
      TokenConstraint constraint = turn.generator.constraint;
      state = constraint == null ? null : constraint.start();
    }

    boolean open() {
      return ending == null && length < longest;
    }

    /// Chooses the next token.
    void accept(float[] logits) {
      TextGenerator generator = turn.generator;
      GenerationRules rules = generator.rules;
      int prompt = turn.prompt.length;
      float[] allowed = logits.clone();
      generator.sampling.penalties().apply(allowed, ids, prompt, length);
      rules.apply(allowed, ids, prompt, length, length + 1 == longest);
      if (state != null) {
        state.restrict(allowed, rules.endTokens(), longest - length);
      }
      int next = generator.sampling.choose(allowed, length);
      if (rules.endTokens().contains(next) || allowed[next] == Float.NEGATIVE_INFINITY) {
        ending = Ending.END_OF_TEXT;
        return;
      }
      if (length == ids.length) {
        ids = Arrays.copyOf(ids, (int) Math.min(longest, 2L * length));
        logProbabilities = Arrays.copyOf(logProbabilities, ids.length);
      }
      double normalizer = logSumExp(logits);
      logProbabilities[length] = logits[next] - normalizer;
      if (generator.alternatives > 0) {
        others.add(generator.mostProbable(logits, normalizer));
      }
      if (state != null) {
        state.accept(next);
      }
      ids[length++] = next;
      if (!turn.goesOn.test(next)) {
        ending = Ending.STOPPED;
      }
    }

    Generated generated() {
      int prompt = turn.prompt.length;
      Ending why = ending;
      if (why == null) {
        boolean full = longest < prompt + (long) turn.maximumTokens;
        why = full ? Ending.MODEL_LENGTH : Ending.MAXIMUM_TOKENS;
      }
      return new Generated(
          Arrays.copyOfRange(ids, prompt, length),
          Arrays.copyOfRange(logProbabilities, prompt, length),
          List.copyOf(others),
          why);
    }
  }

  private List<Alternative> mostProbable(float[] logits, double normalizer) {
    return Arrays.stream(MostProbable.of(logits, alternatives))
        .mapToObj(id -> new Alternative(id, logits[id] - normalizer))
        .toList();
  }

  /// ln Σ exp of the logits, by the kernels: a large vocabulary would take longer than a token.
  static double logSumExp(float[] logits) {
    return logSumExp(logits, 1)[0];
  }

  /// The same of each of so many rows.
  static double[] logSumExp(float[] logits, int rows) {
    int width = logits.length / rows;
    int[] best = new int[rows];
    for (int row = 0; row < rows; row++) {
      int first = row * width;
      for (int i = 1; i < width; i++) {
        if (logits[first + i] > logits[first + best[row]]) {
          best[row] = i;
        }
      }
    }
    return Inference.run(() -> {
      Tensor all = Tensor.of(logits, rows, width);
      Tensor losses = Tensor.empty(Shape.of(rows, 1), all.dtype());
      Kernels.active().crossEntropy(all, Tensor.of(best, rows), 0, losses, 0);
      double[] sums = losses.toDoubleArray();
      for (int row = 0; row < rows; row++) {
        sums[row] += logits[row * width + best[row]];
      }
      return sums;
    });
  }
}
