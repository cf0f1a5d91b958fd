package dev.heed.task;

import dev.heed.generation.GenerationConfig;
import dev.heed.generation.MostProbable;
import dev.heed.model.CausalModel;
import dev.heed.model.GgufModel;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.SequenceToSequenceModel;
import dev.heed.model.TextEncoder;
import dev.heed.model.bert.EncoderHead;
import dev.heed.nn.Layer;
import dev.heed.nn.Trace;
import dev.heed.nn.attention.ObservedAttention;
import dev.heed.task.ExploredRun.Choice;
import dev.heed.task.ExploredRun.Outcome;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.FusedOperations.Attended;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Encoding;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A model of any family, opened to be looked at: it runs a text and keeps everything on the way.
/// Looking changes no bit of what it computes.
///
/// Immutable; any number of threads may use one at once.
public final class ExploredModel {
  private static final int BEST = 10;
  private static final int BEST_OF_LAYER = 5;

  private final Layer model;
  private final Tokenizer tokenizer;
  private final @Nullable Translator translator;

  /// What a model can say besides its attention.
  public enum Kind {
    /// An encoder without a head: vectors.
    ENCODER,
    /// An encoder that says which label a text has.
    CLASSIFIER,
    /// An encoder that says which label each token has.
    TAGGER,
    /// An encoder that guesses masked tokens.
    MASKED,
    /// A language model: it says which token comes next.
    DECODER,
    /// It makes a target from a source.
    ENCODER_DECODER
  }

  private ExploredModel(Layer model, Tokenizer tokenizer, @Nullable Translator translator) {
    this.model = model;
    this.tokenizer = tokenizer;
    this.translator = translator;
  }

  /// Opens a model's directory in Hugging Face's layout, or a `.gguf` file.
  ///
  /// @throws ModelException if its architecture is not known, or the files do not fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static ExploredModel open(Path path) {
    try {
      if (path.toString().endsWith(".gguf") && !Files.isDirectory(path)) {
        GgufModel file = GgufModel.open(path);
        return new ExploredModel((Layer) file.model(false), file.tokenizer(), null);
      }
      Layer model = ModelDirectory.open(path, Layer.class);
      Tokenizer tokenizer = Tokenizer.load(path);
      if (!(model instanceof SequenceToSequenceModel both)) {
        return new ExploredModel(model, tokenizer, null);
      }
      GenerationConfig generation = GenerationConfig.read(path, Set.of(both.endToken()));
      Translator translator = new Translator(both, tokenizer, generation);
      return new ExploredModel(model, tokenizer, translator);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// What it can say.
  public Kind kind() {
    return switch (model) {
      case CausalModel causal -> Kind.DECODER;
      case SequenceToSequenceModel both -> Kind.ENCODER_DECODER;
      case EncoderHead head when head.labels().isEmpty() -> Kind.MASKED;
      case EncoderHead head -> head.ofWholeText() ? Kind.CLASSIFIER : Kind.TAGGER;
      case TextEncoder encoder -> Kind.ENCODER;
      default -> throw unknown();
    };
  }

  /// The model itself: its parameters by name.
  public Layer layer() {
    return model;
  }

  /// Its tokenizer.
  public Tokenizer tokenizer() {
    return tokenizer;
  }

  /// The most tokens of a text.
  public int maximumLength() {
    return switch (model) {
      case CausalModel causal -> causal.maximumLength();
      case TextEncoder encoder -> encoder.maximumLength();
      case SequenceToSequenceModel both -> both.maximumLength();
      case EncoderHead head -> head.encoder().maximumLength();
      default -> throw unknown();
    };
  }

  /// The tokens of a text, without computing anything.
  ///
  /// @throws TextLengthException if it has none or more than the model takes
  public ExploredText tokens(String text) {
    Encoding encoding = tokenizer.encode(text);
    if (encoding.size() < 1 || encoding.size() > maximumLength()) {
      throw new TextLengthException(maximumLength(), encoding.size());
    }
    return ExploredText.of(encoding, text);
  }

  /// Runs the model on a text.
  ///
  /// @param target of an encoder-decoder model, what its decoder is given; empty or null for the
  ///   model's own translation
  /// @param ablation what is taken away
  /// @param cancelled asked before each attention; whether nobody waits any more
  /// @throws TextLengthException if the text has no token or more than the model takes
  /// @throws CancellationException if `cancelled` said so
  public ExploredRun run(
      String text, @Nullable String target, Ablation ablation, BooleanSupplier cancelled) {
    ExploredText source = tokens(text);
    ExploredText made = translator == null ? null : target(translator, text, target);
    Capture capture = new Capture(ablation, cancelled);
    return Inference.run(() ->
        ObservedAttention.observing(
            capture,
            () ->
                made == null
                    ? run(source, capture)
                    : run((SequenceToSequenceModel) model, source, made, capture)));
  }

  /// The start token and then the target, which is the model's own where none is given.
  private ExploredText target(Translator made, String text, @Nullable String target) {
    String given = target == null ? "" : target;
    boolean own = given.isBlank();
    String result = own ? made.translate(text).text() : given;
    Encoding encoding = tokenizer.encode(result);
    // Each place of the decoder foresees the token after it.
    int start = made.model().startToken();
    ExploredText all =
        ExploredText.of(encoding, result)
            .behind(new ExploredText.Token(start, "▸", "▸", 0, 0, true));
    if (own && all.tokens().size() > maximumLength()) {
      return all.first(maximumLength()); // a bad model does not end
    }
    if (all.tokens().size() > maximumLength()) {
      throw new TextLengthException(maximumLength(), all.tokens().size());
    }
    return all;
  }

  private ExploredRun run(ExploredText source, Capture capture) {
    int[] ids = source.ids();
    Tensor input = Tensor.of(ids, ids.length);
    Sequences one = Sequences.ofLengths(ids.length);
    Trace.Traced<Tensor> traced =
        Trace.of(() ->
            switch (model) {
              case CausalModel causal -> causal.apply(input, one);
              case TextEncoder encoder -> encoder.apply(input, one);
              case EncoderHead head -> head.encoder().apply(input, one);
              default -> throw unknown();
            });
    Map<String, List<Tensor>> hidden = hidden(traced.values());
    Tensor last = traced.result();
    List<Outcome> outcomes = List.of();
    List<Outcome> layers = new ArrayList<>();
    float[] next = {};
    if (model instanceof CausalModel causal) {
      next = causal.logits(last.rows(ids.length - 1, ids.length)).toFloatArray();
      outcomes = List.of(new Outcome("next", best(next, BEST, this::word)));
      List<Tensor> states = hidden.getOrDefault("hidden_states", List.of());
      for (int layer = 0; layer < states.size(); layer++) {
        Tensor row = states.get(layer).rows(ids.length - 1, ids.length);
        boolean normed = layer == states.size() - 1;
        float[] logits = causal.logits(normed ? row : causal.finalNorm(row)).toFloatArray();
        layers.add(new Outcome(Integer.toString(layer), best(logits, BEST_OF_LAYER, this::word)));
      }
    } else if (model instanceof EncoderHead head) {
      outcomes = outcomes(head, last, one, source);
    }
    return new ExploredRun(
        source, null, capture.layers, hidden, mean(last), next, outcomes, layers);
  }

  private ExploredRun run(
      SequenceToSequenceModel both, ExploredText source, ExploredText target, Capture capture) {
    int[] ids = source.ids();
    int[] given = target.ids();
    Sequences sources = Sequences.ofLengths(ids.length);
    Map<String, List<Tensor>> hidden = new LinkedHashMap<>();
    Trace.Traced<Tensor> encoded = Trace.of(() -> both.encode(Tensor.of(ids, ids.length), sources));
    hidden.putAll(hidden(encoded.values()));
    Trace.Traced<Tensor> decoded =
        Trace.of(() ->
            both.decode(
                Tensor.of(given, given.length),
                Sequences.ofLengths(given.length),
                encoded.result(),
                sources));
    hidden.putAll(hidden(decoded.values()));
    Tensor logits = both.logits(decoded.result()); // (T, V)
    return new ExploredRun(
        source,
        target,
        capture.layers,
        hidden,
        mean(encoded.result()),
        new float[0],
        rows(logits, target, IntStream.range(0, given.length).toArray(), this::word),
        List.of());
  }

  private List<Outcome> outcomes(
      EncoderHead head, Tensor last, Sequences one, ExploredText source) {
    Tensor logits = head.logits(last, one);
    IntFunction<String> names = head.labels().isEmpty() ? this::word : head.labels()::get;
    if (head.ofWholeText()) {
      float[] all = logits.toFloatArray();
      return List.of(new Outcome("text", best(all, BEST, names)));
    }
    int[] places = IntStream.range(0, source.tokens().size()).toArray();
    return rows(logits, source, places, names);
  }

  private static List<Outcome> rows(
      Tensor logits, ExploredText text, int[] places, IntFunction<String> names) {
    List<Outcome> rows = new ArrayList<>();
    for (int place : places) {
      float[] row = logits.rows(place, place + 1).toFloatArray();
      rows.add(new Outcome(text.tokens().get(place).shown(), best(row, BEST_OF_LAYER, names)));
    }
    return rows;
  }

  /// The most probable of a row of logits.
  private static List<Choice> best(float[] logits, int most, IntFunction<String> names) {
    int[] ids = MostProbable.of(logits, most);
    double sum = 0;
    for (float logit : logits) {
      sum += Math.exp(logit - logits[ids[0]]);
    }
    double all = sum;
    return Arrays.stream(ids)
        .mapToObj(
            id -> new Choice(id, names.apply(id), Math.exp(logits[id] - logits[ids[0]]) / all))
        .toList();
  }

  /// The most probable next tokens of all, for a page that draws them: at most `most`.
  public List<Choice> best(float[] logits, int most) {
    return best(logits, most, this::word);
  }

  /// A token as a reader wants to see it.
  public String word(int id) {
    String text = tokenizer.decode(new int[] {id}, false);
    return text.isEmpty() ? String.valueOf(tokenizer.token(id)) : text;
  }

  private static float[] mean(Tensor rows) {
    int width = rows.shape().width();
    float[] all = rows.toFloatArray();
    float[] mean = new float[width];
    for (int i = 0; i < all.length; i++) {
      mean[i % width] += all[i] * width / all.length;
    }
    return mean;
  }

  private static Map<String, List<Tensor>> hidden(Map<String, Tensor> values) {
    Map<String, List<Tensor>> hidden = new LinkedHashMap<>();
    values.forEach((name, value) -> {
      String kind = name.substring(0, name.lastIndexOf('.'));
      if (kind.endsWith("hidden_states")) {
        hidden.computeIfAbsent(kind, none -> new ArrayList<>()).add(value);
      }
    });
    return hidden;
  }

  private ModelException unknown() {
    return new ModelException(
        "expected an encoder, a language model or an encoder-decoder model: received "
            + model.getClass());
  }

  /// Keeps what attention computes, and takes away what an ablation says.
  private static final class Capture implements ObservedAttention.Observer {
    private final Map<String, List<CapturedAttention>> layers = new LinkedHashMap<>();
    private final Ablation ablation;
    private final BooleanSupplier cancelled;

    Capture(Ablation ablation, BooleanSupplier cancelled) {
      this.ablation = ablation;
      this.cancelled = cancelled;
    }

    @Override
    public AttentionArguments arguments(String kind, AttentionArguments arguments) {
      if (cancelled.getAsBoolean()) {
        throw new CancellationException("nobody waits for this run any more");
      }
      if (ablation.hiddenTokens().isEmpty() || kind.startsWith("decoder")) {
        return arguments;
      }
      Tensor known = arguments.keyMask();
      int[] keys = new int[arguments.keys().rows()];
      if (known == null) {
        Arrays.fill(keys, 1);
      } else {
        keys = known.toIntArray();
      }
      for (int hidden : ablation.hiddenTokens()) {
        if (hidden < keys.length) {
          keys[hidden] = 0;
        }
      }
      return arguments.seeing(arguments.left(), arguments.right(), Tensor.of(keys, keys.length));
    }

    @Override
    public Tensor attended(
        String kind,
        Tensor q,
        Tensor k,
        Tensor v,
        AttentionArguments arguments,
        Attended attended) {
      List<CapturedAttention> known = layers.computeIfAbsent(kind, none -> new ArrayList<>());
      int layer = known.size();
      known.add(new CapturedAttention(q, k, v, arguments, attended));
      Tensor out = attended.out();
      int width = out.shape().width() / arguments.heads();
      float[] changed = null;
      for (Ablation.Head head : ablation.heads()) {
        if (head.kind().equals(kind) && head.layer() == layer && head.head() < arguments.heads()) {
          changed = changed == null ? out.toFloatArray() : changed;
          for (int t = 0; t < out.shape().rows(); t++) {
            int from = t * out.shape().width() + head.head() * width;
            Arrays.fill(changed, from, from + width, 0);
          }
        }
      }
      return changed == null ? out : Tensor.of(changed, out.shape().dimensions());
    }
  }
}
