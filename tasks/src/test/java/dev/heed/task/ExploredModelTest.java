package dev.heed.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.heed.data.TextPairs;
import dev.heed.model.CausalModel;
import dev.heed.model.ModelDirectory;
import dev.heed.nn.attention.ObservedAttention;
import dev.heed.task.CapturedAttention.Anatomy;
import dev.heed.tensor.AttentionArguments;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.FusedOperations;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExploredModelTest {
  private static final String TEXT = "The train left the station on time.";

  @TempDir private static Path folder;

  private static ExploredModel decoder;
  private static ExploredModel translator;

  @BeforeAll
  static void saveTinyModels() {
    List<String> texts = List.of(TEXT, "The bus left the town.");
    Tokenizer tokenizer = BpeTrainer.of(290).train(texts);
    LanguageModelTraining.ofNewModel(
            new LanguageModelTraining.Architecture(16, 2, 2, 64, 0),
            new LanguageModelTraining.Settings(64, 2, 64, 1e-2, 2, 1),
            tokenizer,
            null)
        .model()
        .save(folder.resolve("decoder"));
    List<TextPairs.Pair> pairs = List.of(new TextPairs.Pair(TEXT, "Der Zug fuhr ab."));
    TranslationTraining.ofNewModel(
            new TranslationTraining.Architecture(16, 2, 2, 32, 64, 0),
            new TranslationTraining.Settings(2, 64, 1e-3, 2, 1),
            TranslationTraining.tokenizer(pairs, 280),
            null)
        .translator()
        .save(folder.resolve("translator"));
    decoder = ExploredModel.open(folder.resolve("decoder"));
    translator = ExploredModel.open(folder.resolve("translator"));
  }

  private static ExploredRun run(ExploredModel model, Ablation ablation) {
    return model.run(TEXT, "Der Zug", ablation, () -> false);
  }

  private static List<CapturedAttention> layers(ExploredRun run, String kind) {
    return run.attentions().getOrDefault(kind, List.of());
  }

  @Test
  void lookingChangesNoBit() {
    ExploredRun run = run(decoder, Ablation.NONE);
    CausalModel model = ModelDirectory.open(folder.resolve("decoder"), CausalModel.class);
    int[] ids = run.source().ids();
    float[] plain =
        Inference.run(() -> {
          Tensor hidden = model.apply(Tensor.of(ids, ids.length), Sequences.ofLengths(ids.length));
          return model.logits(hidden.rows(ids.length - 1, ids.length)).toFloatArray();
        });
    assertThat(run.logits()).isEqualTo(plain);
    assertThat(decoder.kind()).isEqualTo(ExploredModel.Kind.DECODER);
  }

  @Test
  void theLastLayerWouldSayWhatTheModelSays() {
    ExploredRun run = run(decoder, Ablation.NONE);
    assertThat(run.layers()).hasSize(3);
    assertThat(run.layers().getLast().best())
        .isEqualTo(run.outcomes().getFirst().best().subList(0, 5));
  }

  @Test
  void aTranslatorHasThreeKindsOfAttentionAndSaysWhatItWrites() {
    assertThat(translator.kind()).isEqualTo(ExploredModel.Kind.ENCODER_DECODER);
    ExploredRun run = run(translator, Ablation.NONE);
    assertThat(run.attentions().keySet())
        .containsExactlyInAnyOrder("encoder_attentions", "decoder_attentions", "cross_attentions");
    CapturedAttention cross = layers(run, "cross_attentions").getLast();
    ExploredText target = run.queries("cross_attentions");
    assertThat(target.tokens().getFirst().shown()).isEqualTo("▸");
    assertThat(cross.queries()).isEqualTo(target.tokens().size());
    assertThat(cross.keys()).isEqualTo(run.source().tokens().size());
    assertThat(run.outcomes()).hasSize(target.tokens().size());
    // Without a target, its own translation is shown.
    ExploredRun own = translator.run(TEXT, "", Ablation.NONE, () -> false);
    assertThat(own.target()).isNotNull();
  }

  @Test
  void theStepsOfTheAnatomyGiveTheWeightsOfTheKernel() {
    for (ExploredModel model : List.of(decoder, translator)) {
      ExploredRun run = run(model, Ablation.NONE);
      run.attentions().forEach((kind, layers) -> layers.forEach(ExploredModelTest::checkAnatomy));
    }
  }

  /// Grouped heads, a window, distances and a hidden key at once.
  @Test
  void theAnatomyKnowsMasksDistancesAndGroupedHeads() {
    int tokens = 7;
    Sequences one = Sequences.ofLengths(tokens);
    Tensor hidden = Tensor.of(new int[] {1, 1, 0, 1, 1, 1, 1}, tokens);
    AttentionArguments arguments =
        AttentionArguments.full(4, one, one, 0.3)
            .withKeyValueHeads(2)
            .seeing(3, 1, hidden)
            .withRelativeBias(random(3, 4, 2 * tokens + 1));
    Tensor q = random(1, tokens, 4 * 5);
    Tensor k = random(2, tokens, 2 * 5);
    Tensor v = random(4, tokens, 2 * 5);
    var attended = FusedOperations.attention(q, k, v, arguments);
    CapturedAttention captured = new CapturedAttention(q, k, v, arguments, attended);
    checkAnatomy(captured);
    Anatomy anatomy = captured.anatomy(3, 4);
    assertThat(anatomy.seen()).containsExactly(false, true, false, true, true, true, false);
    float[] out = attended.out().toFloatArray();
    for (int d = 0; d < 5; d++) {
      assertThat(anatomy.mixed()[d]).isCloseTo(out[4 * 20 + 3 * 5 + d], within(1e-5f));
    }
  }

  private static void checkAnatomy(CapturedAttention layer) {
    Tensor weights = layer.weights();
    for (int head = 0; head < layer.heads(); head++) {
      float[] all = CapturedAttention.head(weights, head);
      assertThat(layer.weights(head)).isEqualTo(all);
      for (int query = 0; query < layer.queries(); query++) {
        Anatomy anatomy = layer.anatomy(head, query);
        double shares = 0;
        for (int key = 0; key < layer.keys(); key++) {
          assertThat(anatomy.weights()[key])
              .isCloseTo(all[query * layer.keys() + key], within(1e-5f));
          shares += anatomy.shares()[key];
        }
        assertThat(shares).isCloseTo(1, within(1e-5));
      }
    }
  }

  private static Tensor random(int seed, int rows, int columns) {
    float[] values = new float[rows * columns];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) CounterRandom.uniform(CounterRandom.key(seed, i, 0), 0) * 4 - 2;
    }
    return Tensor.of(values, rows, columns);
  }

  @Test
  void aHeadThatIsSwitchedOffChangesWhatTheModelSays() {
    ExploredRun whole = run(decoder, Ablation.NONE);
    Set<Ablation.Head> head = Set.of(new Ablation.Head("attentions", 1, 0));
    ExploredRun cut = run(decoder, new Ablation(head, Set.of()));
    assertThat(cut.logits()).isNotEqualTo(whole.logits());
    // The layers before it are as they were.
    assertThat(layers(cut, "attentions").get(1).weights().toFloatArray())
        .isEqualTo(layers(whole, "attentions").get(1).weights().toFloatArray());
    // A head that is not there changes nothing.
    Set<Ablation.Head> none = Set.of(new Ablation.Head("cross_attentions", 0, 0));
    assertThat(run(decoder, new Ablation(none, Set.of())).logits()).isEqualTo(whole.logits());
  }

  @Test
  void nobodyLooksAtAHiddenToken() {
    ExploredRun run = run(translator, new Ablation(Set.of(), Set.of(1)));
    for (String kind : List.of("encoder_attentions", "cross_attentions")) {
      CapturedAttention layer = layers(run, kind).getFirst();
      float[] weights = layer.weights().toFloatArray();
      for (int i = 0; i < weights.length; i++) {
        assertThat(i % layer.keys() == 1 ? weights[i] : 0).isZero();
      }
    }
  }

  @Test
  void aRunForWhichNobodyWaitsEndsBeforeTheNextLayer() {
    AtomicInteger asked = new AtomicInteger();
    assertThatThrownBy(
            () -> decoder.run(TEXT, null, Ablation.NONE, () -> asked.incrementAndGet() == 2))
        .isInstanceOf(CancellationException.class);
    assertThat(asked).hasValue(2);
  }

  @Test
  void anObserverSeesAttentionOfItsThreadOnlyWhileItObserves() {
    List<String> kinds = new ArrayList<>();
    ObservedAttention.Observer observer =
        new ObservedAttention.Observer() {
          @Override
          public AttentionArguments arguments(String kind, AttentionArguments arguments) {
            kinds.add(kind);
            return arguments;
          }
        };
    Tensor x = random(5, 3, 4);
    AttentionArguments full = AttentionArguments.full(1, Sequences.of(x), Sequences.of(x), 0.5);
    ObservedAttention.observing(observer, () -> ObservedAttention.apply("a", x, x, x, full));
    ObservedAttention.apply("b", x, x, x, full);
    assertThat(kinds).containsExactly("a");
  }

  @Test
  void headsAreDescribedInNumbers() {
    ExploredRun run = run(decoder, Ablation.NONE);
    List<List<HeadFigures>> figures = HeadFigures.of(run, "attentions");
    assertThat(figures).hasSize(2).allSatisfy(heads -> assertThat(heads).hasSize(2));
    assertThat(figures.getFirst())
        .allSatisfy(head -> {
          assertThat(head.next()).isZero(); // it sees no token that comes after
          assertThat(head.previous() + head.same()).isBetween(0.0, 1.0001);
          assertThat(head.entropy()).isBetween(0.0, Math.log(run.source().tokens().size()));
        });
    assertThat(HeadFigures.over(List.of(run, run), "attentions")).isEqualTo(figures);
  }

  @Test
  void aWordIsComparedWithItselfInOtherSentences() {
    List<String> sentences = List.of("The train left the station.", "The station left the train.");
    List<ExploredRun> runs =
        sentences.stream()
            .map(text -> decoder.run(text, null, Ablation.NONE, () -> false))
            .toList();
    List<WordInContext.Known> known = WordInContext.known(sentences.getLast(), runs.getLast());
    WordInContext context = WordInContext.of(decoder, "station", sentences, runs, known);
    assertThat(context.occurrences()).isEqualTo(2);
    assertThat(context.layers()).hasSize(3);
    float[][] cosines = context.layers().getLast().cosines();
    assertThat(cosines[0][0]).isCloseTo(1, within(1e-5f));
    assertThat(cosines[0][1]).isEqualTo(cosines[1][0]).isBetween(-1f, 0.9999f);
    assertThat(context.first()).isNotEmpty();
    // The word itself is nearest where it stands.
    assertThat(context.last().getLast().getFirst().word()).isEqualTo("station");
    assertThat(context.last().getLast().getFirst().cosine()).isCloseTo(1, within(1e-5));
    assertThatThrownBy(() -> WordInContext.of(decoder, "bus", sentences, runs, known))
        .hasMessageContaining("must have the word \"bus\"");
  }

  @Test
  void thePlaneIsThatOfTheLargestVariance() {
    List<float[]> points =
        List.of(
            new float[] {0, 0, 3, 1},
            new float[] {2, 0, 3, 1},
            new float[] {-2, 0, 3, 1},
            new float[] {0, 1, 3, 1},
            new float[] {0, -1, 3, 1});
    PrincipalComponents plane = PrincipalComponents.of(points);
    assertThat(plane.explained()[0]).isCloseTo(0.8f, within(1e-4f));
    assertThat(plane.explained()[1]).isCloseTo(0.2f, within(1e-4f));
    assertThat(Math.abs(plane.points()[1][0])).isCloseTo(2, within(1e-3f));
    assertThat(Math.abs(plane.points()[3][1])).isCloseTo(1, within(1e-3f));
  }

  @Test
  void piecesOfAWordStandTogetherAndSignsAlone() {
    ExploredText text = decoder.tokens("station, on👍 مرحبا");
    List<String> words =
        text.words().stream()
            .map(places -> {
              int from = text.tokens().get(places.getFirst()).start();
              int to = text.tokens().get(places.getLast()).end();
              return "station, on👍 مرحبا".substring(from, to).strip();
            })
            .toList();
    assertThat(words).containsExactly("station", ",", "on", "👍", "مرحبا");
  }

  @Test
  void positionsAreShownInTheWayTheModelHasThem() {
    PositionPicture learned = PositionPicture.of(decoder, 16);
    assertThat(learned.way()).isEqualTo(PositionPicture.Way.LEARNED);
    assertThat(learned.rows()).isEqualTo(16);
    PositionPicture waves = PositionPicture.of(translator, 8);
    assertThat(waves.way()).isEqualTo(PositionPicture.Way.WAVES);
    assertThat(waves.values()[0]).isZero(); // sin 0
    assertThat(waves.values()).hasSize(8 * 16);
  }
}
