package dev.heed.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.gpt2.Gpt2Configuration;
import dev.heed.nn.Initializer;
import dev.heed.tokenizer.BpeTrainer;
import dev.heed.tokenizer.Tokenizer;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class NextWordsTest {
  private static final Tokenizer TOKENIZER =
      new BpeTrainer(262, 2, List.of("<|endoftext|>"))
          .train(Collections.nCopies(5, "the then the other them theme the"));

  private static final int START = id(".");

  @Test
  void aWordsProbabilityIsTheSumOverAllWaysToWriteIt() {
    BigramModel model = model();
    Map<String, Double> expected = new HashMap<>();
    collect(model, START, "", 1, expected);
    assertThat(expected).containsKeys("the", "th", "them", "t", "1st").hasSizeGreaterThan(8);

    List<NextWords.Word> words = all(model);
    assertThat(words)
        .extracting(NextWords.Word::word)
        .containsAll(
            expected.entrySet().stream()
                .filter(entry -> entry.getValue() > 1e-5)
                .map(Map.Entry::getKey)
                .toList());
    for (NextWords.Word word : words) {
      assertThat(word.probability())
          .as(word.word())
          .isCloseTo(expected.getOrDefault(word.word(), 0.0), within(1e-5));
    }
  }

  @Test
  void theMostProbableWordComesFirstAndAllTogetherAreNoMoreThanOne() {
    List<NextWords.Word> words = all(model());
    assertThat(words)
        .extracting(NextWords.Word::probability)
        .isSortedAccordingTo((a, b) -> Double.compare(b, a))
        .allSatisfy(probability -> assertThat(probability).isBetween(0.0, 1.0));
    assertThat(words).extracting(NextWords.Word::word).doesNotHaveDuplicates();
    // What begins with a full stop, or ends the text at once, is no word.
    double sum = words.stream().mapToDouble(NextWords.Word::probability).sum();
    assertThat(sum).isCloseTo(1 - 0.15, within(1e-4));
  }

  @Test
  void theBestWordIsTheOneWithTheLargestSumNotWithTheLargestWayOfWriting() {
    // "ab" has 0.36 in two ways of writing that are 0.18 each; "x" has 0.3 at once.
    Tokenizer tokenizer =
        new BpeTrainer(258, 2, List.of("<|endoftext|>")).train(List.of("ab ab ab"));
    int ab = tokenizer.idOf("ab").orElseThrow();
    double[][] table = new double[tokenizer.vocabularySize()][tokenizer.vocabularySize()];
    int a = tokenizer.idOf("a").orElseThrow();
    int b = tokenizer.idOf("b").orElseThrow();
    int x = tokenizer.idOf("x").orElseThrow();
    int stop = tokenizer.idOf(".").orElseThrow();
    for (double[] row : table) {
      row[stop] = 1;
    }
    table[stop] = new double[table.length];
    table[stop][x] = 0.3;
    table[stop][ab] = 0.18;
    table[stop][a] = 0.19;
    table[stop][stop] = 0.33;
    table[a][stop] = 1 - 18 / 19.0;
    table[a][b] = 18 / 19.0;
    List<NextWords.Word> best =
        new NextWords(new BigramModel(table, 16), tokenizer).of(new int[] {stop}, 1);
    assertThat(best).hasSize(1);
    assertThat(best.getFirst().word()).isEqualTo("ab");
    assertThat(best.getFirst().probability()).isCloseTo(0.36, within(1e-5));
  }

  @Test
  void aLetterOfSeveralTokensIsOneLetterAndAMarkOfSeveralEndsTheWord() {
    // "é" and "…" have tokens for each of their bytes: é is C3 A9, … is E2 80 A6.
    Tokenizer tokenizer = new BpeTrainer(258, 2, List.of("<|endoftext|>")).train(List.of("ab"));
    double[][] table = new double[tokenizer.vocabularySize()][tokenizer.vocabularySize()];
    int a = tokenizer.idOf("a").orElseThrow();
    int stop = tokenizer.idOf(".").orElseThrow();
    int[] accent = tokenizer.encode("é").ids();
    int[] dots = tokenizer.encode("…").ids();
    assertThat(accent).hasSize(2);
    assertThat(dots).hasSize(3);
    table[stop][a] = 1;
    table[a][accent[0]] = 0.5;
    table[a][dots[0]] = 0.3;
    table[a][stop] = 0.2;
    table[accent[0]][accent[1]] = 1;
    table[accent[1]][stop] = 1;
    table[dots[0]][dots[1]] = 1;
    table[dots[1]][dots[2]] = 1;
    List<NextWords.Word> best =
        new NextWords(new BigramModel(table, 16), tokenizer).of(new int[] {stop}, 2);
    assertThat(best).extracting(NextWords.Word::word).containsExactly("aé", "a");
    assertThat(best).extracting(word -> word.probability() + 1e-6).allMatch(p -> p >= 0.5);
  }

  @Test
  void fewerWordsAreTheFirstOfMore() {
    List<NextWords.Word> words = all(model());
    List<NextWords.Word> three = new NextWords(model(), TOKENIZER).of(new int[] {START}, 3);
    assertThat(three)
        .extracting(NextWords.Word::word)
        .containsExactly(words.get(0).word(), words.get(1).word(), words.get(2).word());
  }

  @Test
  void aModelThatKnowsNothingStillAnswersWithProbabilities() {
    Gpt2Configuration small = Gpt2Configuration.of(TOKENIZER.vocabularySize(), 16, 16, 1, 2, 0);
    Gpt2 model = new Gpt2(small, Initializer.seeded(3));
    List<NextWords.Word> words =
        new NextWords(model, TOKENIZER).of(TOKENIZER.encode("the").ids(), 20);
    assertThat(words).hasSize(20);
    assertThat(words.stream().mapToDouble(NextWords.Word::probability).sum()).isBetween(0.0, 1.0);
    assertThat(words).allSatisfy(word -> assertThat(word.word()).isNotBlank());
  }

  @Test
  void noPieceGrowsOverTheModelsLongestText() {
    // The model refuses what is longer, and would end the search with an error.
    List<NextWords.Word> words =
        new NextWords(model(3), TOKENIZER).of(new int[] {START, START, START}, 5);
    // The word's end cannot be told any more.
    assertThat(words).isEmpty();
    assertThat(new NextWords(model(4), TOKENIZER).of(new int[] {START, START, START}, 1))
        .extracting(NextWords.Word::word)
        .containsExactly("the");
  }

  /// All token paths one after the other, as the definition has it.
  private static void collect(
      BigramModel model, int last, String text, double probability, Map<String, Double> words) {
    double ends = 0;
    for (int next = 0; next < model.vocabulary(); next++) {
      double path = probability * model.probability(last, next);
      String piece = next == 0 ? "" : TOKENIZER.decode(next);
      boolean letters = !piece.isEmpty() && Character.isLetterOrDigit(piece.codePointAt(0));
      boolean first = text.isBlank() && !piece.isEmpty();
      boolean inWord = !text.isBlank() && !text.equals(".") && letters;
      if (!first && !inWord) {
        ends += path;
      } else if (path > 1e-9) {
        collect(model, next, text + piece, path, words);
      }
    }
    if (!text.isBlank() && !text.strip().equals(".")) {
      words.merge(text.strip(), ends, Double::sum);
    }
  }

  private static List<NextWords.Word> all(BigramModel model) {
    return new NextWords(model, TOKENIZER).of(new int[] {START}, 10_000);
  }

  private static BigramModel model() {
    return model(64);
  }

  /// A few tokens that make "the", "then", "them" and the like in several ways.
  private static BigramModel model(int maximumLength) {
    int size = TOKENIZER.vocabularySize();
    double[][] table = new double[size][size];
    for (double[] row : table) {
      row[START] = 0.7;
      row[id("Ġ")] = 0.3;
    }
    set(table, ".", Map.of("Ġ", 0.2, "t", 0.1, "the", 0.2, "Ġthe", 0.3, "1", 0.05, ".", 0.1));
    table[START][0] = 0.05;
    set(table, "Ġ", Map.of("t", 0.5, "the", 0.5));
    set(table, "t", Map.of("h", 0.6, ".", 0.4));
    set(table, "h", Map.of("e", 0.5, "Ġ", 0.5));
    set(table, "e", Map.of("n", 0.1, "m", 0.1, ".", 0.8));
    set(table, "the", Map.of("n", 0.2, "m", 0.2, "Ġthe", 0.6));
    set(table, "Ġthe", Map.of("m", 0.5, "<|endoftext|>", 0.5));
    set(table, "1", Map.of("s", 0.5, ".", 0.5));
    set(table, "s", Map.of("t", 1.0));
    return new BigramModel(table, maximumLength);
  }

  private static void set(double[][] table, String from, Map<String, Double> to) {
    double[] row = new double[table.length];
    to.forEach((token, probability) -> row[id(token)] = probability);
    table[id(from)] = row;
  }

  private static int id(String token) {
    return TOKENIZER.idOf(token).orElseThrow();
  }
}
