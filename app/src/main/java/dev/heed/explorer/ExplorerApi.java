package dev.heed.explorer;

import dev.heed.model.ConfigFile;
import dev.heed.task.Ablation;
import dev.heed.task.CapturedAttention;
import dev.heed.task.ExploredModel;
import dev.heed.task.ExploredRun;
import dev.heed.task.HeadFigures;
import dev.heed.task.PositionPicture;
import dev.heed.task.WordInContext;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;

/// What the page asks for. Small things go as JSON, matrices as bytes; a text comes as the body of
/// a request, everything else as a parameter that is a number or a name.
final class ExplorerApi implements HttpService {
  /// The most characters of a text.
  static final int LONGEST_TEXT = 20_000;

  /// The most bytes of a request. A body up to here is read whole even if its text is too long: an
  /// answer to a client that still sends may be lost with its connection.
  static final int LARGEST_BODY = 1 << 20;

  private static final int MOST_SENTENCES = 8;
  private static final int MOST_POSITIONS = 128;
  private static final int MOST_TOKENS_DRAWN = 200;
  private static final String SEPARATOR = "\u001e";

  private final OpenModels models;
  private final Computations computations;
  private final TrainingRuns trainings;
  private final Preparation preparation;
  private final KnownSentences sentences = new KnownSentences();
  private final RunStore runs = new RunStore();

  ExplorerApi(
      OpenModels models,
      Computations computations,
      TrainingRuns trainings,
      Preparation preparation) {
    this.models = models;
    this.computations = computations;
    this.trainings = trainings;
    this.preparation = preparation;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/models", (request, response) -> json(response, list()))
        .get("/model", this::model)
        .post("/run", this::run)
        .get("/thumbnails", this::thumbnails)
        .get("/head", this::head)
        .get("/row", this::row)
        .get("/anatomy", this::anatomy)
        .get("/figures", this::figures)
        .post("/roles", this::roles)
        .get("/logits", this::logits)
        .get("/choices", this::choices)
        .post("/context", this::context)
        .get("/positions", this::positions)
        .get("/training", (request, response) -> json(response, Map.of("runs", trainings.names())))
        .get("/metrics", this::metrics)
        .get("/preparation", (request, response) -> json(response, preparation.state()))
        .post("/preparation", this::prepare)
        .post(
            "/alive",
            (request, response) -> {
              computations.seen(page(request));
              response.send();
            })
        .post(
            "/leave",
            (request, response) -> {
              computations.left(page(request));
              response.send();
            });
  }

  private Map<String, Object> list() {
    return Map.of("models", models.shelf().names());
  }

  private void model(ServerRequest request, ServerResponse response) {
    String name = models.name(text(request, "model"));
    json(response, Answers.model(name, models.get(name)));
  }

  private void run(ServerRequest request, ServerResponse response) throws IOException {
    String[] texts = body(request).split(SEPARATOR, 2);
    String name = models.name(text(request, "model"));
    Ablation ablation = new Ablation(heads(request), numbers(text(request, "hide")));
    String purpose = ablation.isNone() ? "run" : "ablation";
    String target = texts.length > 1 ? texts[1] : "";
    RunStore.Kept kept =
        computations.compute(
            name,
            page(request),
            purpose,
            cancelled -> {
              ExploredModel model = models.get(name);
              return runs.keep(model, model.run(texts[0], target, ablation, cancelled));
            });
    json(response, Answers.run(kept.id(), name, kept.run()));
  }

  /// `kind:layer:head`, separated by commas.
  private static Set<Ablation.Head> heads(ServerRequest request) {
    Set<Ablation.Head> heads = new HashSet<>();
    for (String one : text(request, "off").split(",", -1)) {
      if (!one.isEmpty()) {
        String[] parts = one.split(":", -1);
        if (parts.length != 3) {
          throw new IllegalArgumentException("off must be kind:layer:head: received " + one);
        }
        heads.add(new Ablation.Head(parts[0], integer(parts[1]), integer(parts[2])));
      }
    }
    return heads;
  }

  private static Set<Integer> numbers(String list) {
    Set<Integer> numbers = new HashSet<>();
    for (String one : list.split(",", -1)) {
      if (!one.isEmpty()) {
        numbers.add(integer(one));
      }
    }
    return numbers;
  }

  private void thumbnails(ServerRequest request, ServerResponse response) {
    ExploredRun run = runs.get(text(request, "run")).run();
    String kind = text(request, "kind");
    bytes(
        response,
        WeightBytes.thumbnails(run, kind, queries(request, run, kind), keys(request, run, kind)));
  }

  private static Units queries(ServerRequest request, ExploredRun run, String kind) {
    return Units.of(run.queries(kind), flag(request, "words"), flag(request, "special"));
  }

  private static Units keys(ServerRequest request, ExploredRun run, String kind) {
    return Units.of(run.keys(kind), flag(request, "words"), flag(request, "special"));
  }

  private static CapturedAttention layer(ServerRequest request, ExploredRun run) {
    List<CapturedAttention> layers =
        run.attentions().getOrDefault(text(request, "kind"), List.of());
    return layers.get(below(request, "layer", layers.size()));
  }

  private void head(ServerRequest request, ServerResponse response) {
    ExploredRun run = runs.get(text(request, "run")).run();
    String kind = text(request, "kind");
    CapturedAttention layer = layer(request, run);
    MemorySegment weights = weights(request, layer);
    bytes(
        response,
        WeightBytes.of(
            Units.between(
                queries(request, run, kind), keys(request, run, kind), weights, layer.keys())));
  }

  private static MemorySegment weights(ServerRequest request, CapturedAttention layer) {
    return MemorySegment.ofArray(layer.weights(below(request, "head", layer.heads())));
  }

  private void row(ServerRequest request, ServerResponse response) {
    ExploredRun run = runs.get(text(request, "run")).run();
    String kind = text(request, "kind");
    CapturedAttention layer = layer(request, run);
    Units queries = queries(request, run, kind);
    int[] query = queries.tokens().get(below(request, "query", queries.size()));
    float[] row = Units.row(query, keys(request, run, kind), weights(request, layer), layer.keys());
    bytes(response, Binary.of(row.length).floats(row).bytes());
  }

  private void anatomy(ServerRequest request, ServerResponse response) {
    ExploredRun run = runs.get(text(request, "run")).run();
    CapturedAttention layer = layer(request, run);
    int head = below(request, "head", layer.heads());
    bytes(response, Answers.anatomy(layer.anatomy(head, below(request, "query", layer.queries()))));
  }

  private void figures(ServerRequest request, ServerResponse response) {
    ExploredRun run = runs.get(text(request, "run")).run();
    String kind = text(request, "kind");
    if (!run.attentions().containsKey(kind)) {
      throw new IllegalArgumentException("no attention of this kind: received " + kind);
    }
    json(response, Map.of("heads", Answers.figures(HeadFigures.of(run, kind))));
  }

  private void roles(ServerRequest request, ServerResponse response) {
    String name = models.name(text(request, "model"));
    String kind = text(request, "kind");
    Map<String, Object> answer =
        computations.compute(
            name,
            page(request),
            "roles",
            cancelled -> {
              List<ExploredRun> all = new ArrayList<>();
              ExploredModel model = models.get(name);
              for (String sentence : fitting(model, sentences.some())) {
                all.add(model.run(sentence, null, Ablation.NONE, cancelled));
              }
              if (!all.getFirst().attentions().containsKey(kind)) {
                throw new IllegalArgumentException("no attention of this kind: received " + kind);
              }
              return Map.of(
                  "heads", Answers.figures(HeadFigures.over(all, kind)), "texts", all.size());
            });
    json(response, answer);
  }

  private void logits(ServerRequest request, ServerResponse response) {
    float[] logits = runs.get(text(request, "run")).run().logits();
    bytes(response, Binary.of(logits.length).floats(logits).bytes());
  }

  private void choices(ServerRequest request, ServerResponse response) {
    RunStore.Kept kept = runs.get(text(request, "run"));
    json(
        response,
        Map.of("best", Answers.choices(kept.model().best(kept.run().logits(), MOST_TOKENS_DRAWN))));
  }

  private void context(ServerRequest request, ServerResponse response) throws IOException {
    List<String> texts = body(request).lines().filter(line -> !line.isBlank()).toList();
    if (texts.isEmpty() || texts.size() > MOST_SENTENCES) {
      throw new IllegalArgumentException(
          "expected 1 to %d sentences, one a line: received %d"
              .formatted(MOST_SENTENCES, texts.size()));
    }
    String name = models.name(text(request, "model"));
    String word = text(request, "word");
    WordInContext context =
        computations.compute(
            name, page(request), "context", cancelled -> context(name, word, texts, cancelled));
    json(response, Answers.context(context, texts));
  }

  private WordInContext context(
      String name, String word, List<String> texts, BooleanSupplier cancelled) {
    ExploredModel model = models.get(name);
    List<ExploredRun> all = new ArrayList<>();
    for (String text : texts) {
      all.add(model.run(text, null, Ablation.NONE, cancelled));
    }
    List<WordInContext.Known> known = new ArrayList<>();
    for (String sentence : fitting(model, sentences.with(word))) {
      known.addAll(
          WordInContext.known(sentence, model.run(sentence, null, Ablation.NONE, cancelled)));
    }
    return WordInContext.of(model, word, texts, all, known);
  }

  /// Those that are not too long for a model; at least one.
  private static List<String> fitting(ExploredModel model, List<String> sentences) {
    List<String> fitting =
        sentences.stream()
            .filter(text -> model.tokenizer().encode(text).size() <= model.maximumLength())
            .toList();
    return fitting.isEmpty() ? sentences : fitting;
  }

  private void positions(ServerRequest request, ServerResponse response) {
    ExploredModel model = models.get(text(request, "model"));
    PositionPicture picture = PositionPicture.of(model, MOST_POSITIONS);
    bytes(
        response,
        Binary.of(3 + picture.values().length)
            .integers(picture.way().ordinal(), picture.rows(), picture.columns())
            .floats(picture.values())
            .bytes());
  }

  private void metrics(ServerRequest request, ServerResponse response) throws IOException {
    bytes(response, trainings.lines(text(request, "name"), below(request, "from", 1 << 30)));
  }

  private void prepare(ServerRequest request, ServerResponse response) {
    preparation.start();
    json(response, preparation.state());
  }

  private static String page(ServerRequest request) {
    String page = text(request, "page");
    if (!page.matches("[a-z0-9]{1,32}")) {
      throw new IllegalArgumentException("page must be the page's own name: received " + page);
    }
    return page;
  }

  private static String body(ServerRequest request) throws IOException {
    String text;
    try (InputStream in = request.content().inputStream()) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    if (text.length() > LONGEST_TEXT) {
      throw new IllegalArgumentException(
          "a text must have at most %,d characters: received %,d"
              .formatted(LONGEST_TEXT, text.length()));
    }
    return text;
  }

  private static String text(ServerRequest request, String name) {
    return request.query().first(name).orElse("");
  }

  private static boolean flag(ServerRequest request, String name) {
    return text(request, name).equals("1");
  }

  private static int below(ServerRequest request, String name, int end) {
    int value = integer(text(request, name));
    if (value < 0 || value >= end) {
      throw new IllegalArgumentException(
          "%s must be in 0…%d: received %d".formatted(name, end - 1, value));
    }
    return value;
  }

  private static int integer(String digits) {
    if (!digits.matches("[0-9]{1,9}")) {
      throw new IllegalArgumentException("expected a number: received \"" + digits + "\"");
    }
    return Integer.parseInt(digits);
  }

  private static void json(ServerResponse response, Map<String, Object> answer) {
    response.header("Content-Type", "application/json");
    response.send(new ConfigFile("answer", new LinkedHashMap<>(answer)).toJson());
  }

  private static void bytes(ServerResponse response, byte[] bytes) {
    response.header("Content-Type", "application/octet-stream");
    response.send(bytes);
  }
}
