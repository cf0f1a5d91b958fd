package dev.heed.task;

import dev.heed.generation.BeamSearch;
import dev.heed.generation.BeamSettings;
import dev.heed.generation.CausalBeams;
import dev.heed.generation.GenerationConfig;
import dev.heed.generation.KnownText;
import dev.heed.generation.NextWords;
import dev.heed.generation.Sampling;
import dev.heed.generation.StopStrings;
import dev.heed.generation.TextGenerator;
import dev.heed.generation.TokenConstraint;
import dev.heed.generation.grammar.Grammar;
import dev.heed.generation.template.ChatTemplate;
import dev.heed.model.CausalModel;
import dev.heed.model.GgufExport;
import dev.heed.model.GgufModel;
import dev.heed.model.Lora;
import dev.heed.model.ModelDirectory;
import dev.heed.model.ModelException;
import dev.heed.model.llama.Llama;
import dev.heed.nn.Trace;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.StreamingDecoder;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A language model with its tokenizer: goes on with a text, says which words may come next, and
/// shows what it attends to.
public final class LanguageModel {
  private final CausalModel model;
  private final @Nullable Lora lora;
  private final @Nullable Tokenizer tokenizer;
  private final GenerationConfig generation;

  /// @param lora the update that the model has and is saved as; null for a whole model
  LanguageModel(CausalModel model, @Nullable Lora lora, @Nullable Tokenizer tokenizer) {
    this(model, lora, tokenizer, GenerationConfig.of(endTokens(model)));
  }

  private LanguageModel(
      CausalModel model,
      @Nullable Lora lora,
      @Nullable Tokenizer tokenizer,
      GenerationConfig generation) {
    this.model = model;
    this.lora = lora;
    this.tokenizer = tokenizer;
    this.generation = generation;
  }

  private static Set<Integer> endTokens(CausalModel model) {
    if (model instanceof Llama llama) {
      return Set.copyOf(llama.configuration().endTokens());
    }
    return model.endOfText() < 0 ? Set.of() : Set.of(model.endOfText());
  }

  /// Opens a model's directory in Hugging Face's layout, or a `.gguf` file, whose quantised weights
  /// stay so and meet activations of 8 bits.
  ///
  /// @throws ModelException if its architecture is not known, or the files do not fit together
  /// @throws UncheckedIOException if a file is missing or cannot be read
  public static LanguageModel load(Path path) {
    return load(path, true);
  }

  /// The same, quantised weights turned into F32: slower and larger, with no further rounding.
  public static LanguageModel loadExact(Path path) {
    return load(path, false);
  }

  private static LanguageModel load(Path path, boolean quantized) {
    try {
      if (path.toString().endsWith(".gguf") && !Files.isDirectory(path)) {
        GgufModel file = GgufModel.open(path);
        return new LanguageModel(file.model(quantized), null, file.tokenizer());
      }
      CausalModel model;
      if (Lora.isIn(path) && !Files.isDirectory(Lora.base(path))) {
        model = GgufModel.open(Lora.base(path)).model(quantized);
        Lora.read(path, model);
      } else {
        model = ModelDirectory.open(path, CausalModel.class);
      }
      return new LanguageModel(
          model, null, tokenizer(path), GenerationConfig.read(path, endTokens(model)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The directory's tokenizer; null where there is none, since token ids need none.
  private static @Nullable Tokenizer tokenizer(Path directory) throws IOException {
    try {
      return Tokenizer.load(directory);
    } catch (NoSuchFileException e) {
      return Lora.isIn(directory) ? tokenizer(Lora.base(directory)) : null;
    }
  }

  /// Writes a directory that Hugging Face's class of the family and its fast tokenizer open.
  public void save(Path directory) {
    try {
      Files.createDirectories(directory);
      tokenizer().save(directory);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    // A config.json is what makes the directory a model: it comes last.
    if (lora == null) {
      model.save(directory);
    } else {
      lora.save(directory);
    }
  }

  /// The model as a GGUF file says it, which llama.cpp opens too.
  ///
  /// @param name what the file calls the model
  /// @throws ModelException if GGUF files have no words for the model
  /// @throws UncheckedIOException if they have none for the tokenizer
  public GgufExport toGguf(String name) {
    List<Integer> ends = new ArrayList<>(generation.rules().endTokens());
    ends.sort(
        Comparator.comparing((Integer id) -> id != model.endOfText()).thenComparing(id -> id));
    try {
      return GgufExport.of(model, tokenizer(), name, ends);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The tokenizer.
  ///
  /// @throws IllegalStateException if the model came without one
  public Tokenizer tokenizer() {
    if (tokenizer == null) {
      throw new IllegalStateException(
          "the model has no tokenizer beside it: give token ids instead of text");
    }
    return tokenizer;
  }

  /// Whether there is a tokenizer.
  public boolean hasTokenizer() {
    return tokenizer != null;
  }

  /// What the model's makers say of how it is to be used.
  public GenerationConfig generation() {
    return generation;
  }

  /// The model inside.
  public CausalModel model() {
    return model;
  }

  /// The tokens of a prompt; the end-of-text token for an empty one, since something must come
  /// before the first.
  public int[] encode(String prompt) {
    int[] ids = tokenizer().encode(prompt).ids();
    return ids.length == 0 && model.endOfText() >= 0 ? new int[] {model.endOfText()} : ids;
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
    return new NextWords(model, tokenizer()).of(prompt, count);
  }

  /// Goes on after `prompt` up to the text's end or the model's longest text; `piece` hears each
  /// piece of the new text as it is made.
  ///
  /// @throws IllegalArgumentException if the prompt is too long for the model
  public Completion stream(String prompt, Sampling sampling, Consumer<String> piece) {
    return stream(encode(prompt), Request.of(Integer.MAX_VALUE, sampling), piece);
  }

  /// The same with at most `maximumTokens` new tokens.
  public Completion stream(
      String prompt, int maximumTokens, Sampling sampling, Consumer<String> piece) {
    return stream(encode(prompt), Request.of(maximumTokens, sampling), piece);
  }

  /// What is asked of a completion.
  ///
  /// @param maximumTokens the most new tokens
  /// @param sampling how each is chosen
  /// @param stop strings before which the new text ends
  /// @param alternatives how many of the most probable tokens are told with each token
  /// @param constraint what the new text must look like; null for anything
  /// @param cancelled asked after each token; whether to end here
  public record Request(
      int maximumTokens,
      Sampling sampling,
      List<String> stop,
      int alternatives,
      @Nullable TokenConstraint constraint,
      BooleanSupplier cancelled) {
    /// Nothing but tokens.
    public static Request of(int maximumTokens, Sampling sampling) {
      return new Request(maximumTokens, sampling, List.of(), 0, null, () -> false);
    }

    /// The same, ending before any of these strings.
    public Request withStop(List<String> stop) {
      return new Request(maximumTokens, sampling, stop, alternatives, constraint, cancelled);
    }

    /// The same, telling this many alternatives to each token.
    public Request withAlternatives(int alternatives) {
      return new Request(maximumTokens, sampling, stop, alternatives, constraint, cancelled);
    }

    /// The same, ending when told to.
    public Request withCancelled(BooleanSupplier cancelled) {
      return new Request(maximumTokens, sampling, stop, alternatives, constraint, cancelled);
    }

    /// The same, keeping to a grammar ([#constraint]) or the like; null for anything.
    public Request withConstraint(@Nullable TokenConstraint constraint) {
      return new Request(maximumTokens, sampling, stop, alternatives, constraint, cancelled);
    }
  }

  /// Makes new texts keep to a grammar. What is asked for with it may be asked for again.
  ///
  /// @throws IllegalStateException if the model came without a tokenizer
  public TokenConstraint constraint(Grammar grammar) {
    return grammar.over(tokenizer(), model.vocabulary());
  }

  /// Goes on after these token ids, as they are.
  ///
  /// @throws IllegalArgumentException if there are none, or too many for the model
  public Completion stream(int[] prompt, Request request, Consumer<String> piece) {
    return stream(prompt, request, new KnownText(model), piece);
  }

  Completion stream(int[] prompt, Request request, KnownText known, Consumer<String> piece) {
    Answer answer = new Answer(prompt, request, known, piece);
    TextGenerator.Turn turn = answer.turn();
    return answer.completion(
        turn.generator().generate(prompt, turn.maximumTokens(), turn.known(), turn.goesOn()));
  }

  /// Goes on after several texts at once, each of which comes out as it would alone, up to the
  /// rounding of sums: together they take less time, because each step reads the weights once.
  ///
  /// @throws IllegalArgumentException if one has no tokens, or too many for the model
  public List<Completion> completeAll(List<int[]> prompts, Request request) {
    return streamAll(
        prompts.stream()
            .map(prompt -> new Answer(prompt, request, new KnownText(model), piece -> {}))
            .toList());
  }

  List<Completion> streamAll(List<Answer> answers) {
    List<TextGenerator.Generated> generated =
        TextGenerator.together(answers.stream().map(Answer::turn).toList());
    List<Completion> all = new ArrayList<>();
    for (int i = 0; i < generated.size(); i++) {
      all.add(answers.get(i).completion(generated.get(i)));
    }
    return all;
  }

  /// A new text on its way: its tokens become pieces of text, up to a stop string.
  final class Answer {
    private final int[] prompt;
    private final Request request;
    private final KnownText known;
    private final Consumer<String> piece;
    private final @Nullable StreamingDecoder decoder;
    private final StopStrings stop;
    private final StringBuilder text = new StringBuilder();

    Answer(int[] prompt, Request request, KnownText known, Consumer<String> piece) {
      this.prompt = prompt;
      this.request = request;
      this.known = known;
      this.piece = piece;
      this.decoder = tokenizer == null ? null : tokenizer.streamingDecoder(prompt);
      this.stop = new StopStrings(request.stop);
    }

    TextGenerator.Turn turn() {
      TextGenerator generator =
          new TextGenerator(
              model,
              request.sampling,
              generation.rules(),
              request.constraint,
              request.alternatives);
      return new TextGenerator.Turn(
          generator,
          prompt,
          request.maximumTokens,
          known,
          id -> {
            if (decoder != null) {
              add(stop.next(decoder.next(id)));
            }
            return !stop.reached() && !request.cancelled.getAsBoolean();
          });
    }

    private void add(String part) {
      if (!part.isEmpty()) {
        text.append(part);
        piece.accept(part);
      }
    }

    Completion completion(TextGenerator.Generated generated) {
      if (decoder != null) {
        add(stop.next(decoder.finish()));
      }
      add(stop.finish());
      return new Completion(text.toString(), generated);
    }
  }

  /// Goes on after `prompt`.
  public Completion complete(String prompt, int maximumTokens, Sampling sampling) {
    return stream(prompt, maximumTokens, sampling, piece -> {});
  }

  /// Looks for the most probable ways to go on after these token ids, as they are; the best first.
  ///
  /// @param maximumTokens the most new tokens, the one that ends a text included
  /// @throws IllegalArgumentException if there are no ids, or too many for the model
  public List<BeamSearch.Found> search(int[] prompt, int maximumTokens, BeamSettings beams) {
    return new CausalBeams(model).generate(prompt, maximumTokens, beams, generation.rules());
  }

  /// A conversation of its own, laid out by the model's chat template.
  ///
  /// @throws IllegalStateException if the model came without tokenizer or chat template
  /// @throws dev.heed.generation.template.TemplateException if Heed cannot read the template
  public Conversation conversation() {
    String template = tokenizer().config().chatTemplate();
    if (template == null) {
      throw new IllegalStateException(
          "the model has no chat template: it was not trained to converse; heed complete goes on"
              + " with a text");
    }
    return new Conversation(this, ChatTemplate.of(template));
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
        Arrays.stream(ids).mapToObj(id -> tokenizer().decode(new int[] {id}, false)).toList();
    return new Traced(tokens, traced.values());
  }
}
