package dev.heed.task;

import dev.heed.tensor.Parameter;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// The same word in several sentences: what its vector is in each, layer by layer.
///
/// @param places where the word stands
/// @param layers from the first vectors on
/// @param first the vocabulary's nearest to the word before any sentence plays a part: its fixed
///   place among the first vectors; empty where the model has no such table
/// @param last for each place, the words of other sentences that are nearest to it behind the last
///   layer
public record WordInContext(
    List<Place> places, List<Layer> layers, List<Near> first, List<List<Near>> last) {
  private static final int NEAREST = 8;

  /// One occurrence of the word, or another word of a sentence.
  public record Place(int sentence, String word, int start, int end) {}

  /// One layer.
  ///
  /// @param cosines [places][places] between the word's vectors
  /// @param points the places, then all other words of the sentences, on the plane on which they
  ///   lie apart most
  /// @param explained the share of the variance that each axis of the plane has
  public record Layer(float[][] cosines, float[][] points, float[] explained) {}

  /// A neighbour.
  ///
  /// @param sentence where it stands; empty for one of the vocabulary
  public record Near(String word, String sentence, double cosine) {}

  /// A word of a sentence with its vector behind the last layer, to compare with.
  public record Known(String word, String sentence, float[] vector) {}

  /// Compares a word's vectors.
  ///
  /// @param sentences one or more, each with the word
  /// @param runs of the sentences, in their order
  /// @param others words of other sentences
  /// @throws IllegalArgumentException if a sentence does not have the word
  public static WordInContext of(
      ExploredModel model,
      String word,
      List<String> sentences,
      List<ExploredRun> runs,
      List<Known> others) {
    List<Place> places = places(word, sentences);
    List<Place> all = new ArrayList<>(places);
    for (int i = 0; i < sentences.size(); i++) {
      for (Place place : words(i, sentences.get(i), runs.get(i).source())) {
        if (places.stream().noneMatch(one -> one.sentence == place.sentence && meet(one, place))) {
          all.add(place);
        }
      }
    }
    List<Layer> layers = new ArrayList<>();
    int depth = states(runs.getFirst()).size();
    List<float[]> atEnd = List.of();
    for (int layer = 0; layer < depth; layer++) {
      List<float[]> vectors = new ArrayList<>();
      for (Place place : all) {
        ExploredRun run = runs.get(place.sentence);
        vectors.add(vector(states(run).get(layer), run.source(), place));
      }
      atEnd = vectors.subList(0, places.size());
      PrincipalComponents plane = PrincipalComponents.of(vectors);
      layers.add(new Layer(cosines(atEnd), plane.points(), plane.explained()));
    }
    List<List<Near>> last = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      last.add(nearest(atEnd.get(i), others));
    }
    return new WordInContext(all, layers, first(model, word, runs, places), last);
  }

  /// How many of the places are the word's own; the others are its neighbours in the sentences.
  public int occurrences() {
    return last.size();
  }

  /// The words of a text with their vectors behind the last layer.
  public static List<Known> known(String sentence, ExploredRun run) {
    List<Known> known = new ArrayList<>();
    for (Place place : words(0, sentence, run.source())) {
      if (place.word.codePoints().anyMatch(Character::isLetter)) {
        known.add(
            new Known(place.word, sentence, vector(states(run).getLast(), run.source(), place)));
      }
    }
    return known;
  }

  private static List<Tensor> states(ExploredRun run) {
    List<Tensor> plain = run.hidden().get("hidden_states");
    return plain == null ? run.hidden().getOrDefault("encoder_hidden_states", List.of()) : plain;
  }

  private static List<Place> places(String word, List<String> sentences) {
    String sought = word.strip();
    Pattern pattern =
        Pattern.compile(
            "(?<![\\p{L}\\p{N}])" + Pattern.quote(sought) + "(?![\\p{L}\\p{N}])",
            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
    List<Place> places = new ArrayList<>();
    for (int i = 0; i < sentences.size(); i++) {
      Matcher matcher = pattern.matcher(sentences.get(i));
      if (sought.isEmpty() || !matcher.find()) {
        throw new IllegalArgumentException(
            "each sentence must have the word \"%s\": received \"%s\""
                .formatted(sought, sentences.get(i)));
      }
      do {
        places.add(new Place(i, matcher.group(), matcher.start(), matcher.end()));
      } while (matcher.find());
    }
    return places;
  }

  private static List<Place> words(int sentence, String text, ExploredText tokens) {
    List<Place> words = new ArrayList<>();
    for (List<Integer> word : tokens.words()) {
      ExploredText.Token first = tokens.tokens().get(word.getFirst());
      ExploredText.Token last = tokens.tokens().get(word.getLast());
      if (!first.special()) {
        String shown = text.substring(first.start(), last.end());
        int spaces = shown.length() - shown.stripLeading().length();
        words.add(new Place(sentence, shown.strip(), first.start() + spaces, last.end()));
      }
    }
    return words;
  }

  private static boolean meet(Place a, Place b) {
    return a.start < b.end && b.start < a.end;
  }

  /// The mean of a place's tokens.
  private static float[] vector(Tensor states, ExploredText text, Place place) {
    int width = states.shape().width();
    float[] all = states.toFloatArray();
    float[] vector = new float[width];
    int count = 0;
    for (int t = 0; t < text.tokens().size(); t++) {
      ExploredText.Token token = text.tokens().get(t);
      if (!token.special() && token.start() < place.end && token.end() > place.start) {
        count++;
        for (int d = 0; d < width; d++) {
          vector[d] += all[t * width + d];
        }
      }
    }
    for (int d = 0; d < width; d++) {
      vector[d] /= Math.max(1, count);
    }
    return vector;
  }

  private static float[][] cosines(List<float[]> vectors) {
    float[][] cosines = new float[vectors.size()][vectors.size()];
    for (int i = 0; i < cosines.length; i++) {
      for (int j = 0; j < cosines.length; j++) {
        cosines[i][j] = Similarity.COSINE.of(vectors.get(i), vectors.get(j));
      }
    }
    return cosines;
  }

  private static List<Near> nearest(float[] vector, List<Known> others) {
    return others.stream()
        .map(known ->
            new Near(known.word, known.sentence, Similarity.COSINE.of(vector, known.vector)))
        .sorted(Comparator.comparingDouble((Near near) -> -near.cosine))
        .limit(NEAREST)
        .toList();
  }

  /// The vocabulary's nearest to the mean of the word's tokens in the table of first vectors.
  private static List<Near> first(
      ExploredModel model, String word, List<ExploredRun> runs, List<Place> places) {
    Parameter table = table(model);
    if (table == null) {
      return List.of();
    }
    ExploredText text = runs.get(places.getFirst().sentence).source();
    Place place = places.getFirst();
    int[] ids =
        text.tokens().stream()
            .filter(
                token -> !token.special() && token.start() < place.end && token.end() > place.start)
            .mapToInt(ExploredText.Token::id)
            .toArray();
    int width = table.shape().width();
    float[] vector = new float[width];
    for (int id : ids) {
      float[] row = table.rows(id, id + 1).toFloatArray();
      for (int d = 0; d < width; d++) {
        vector[d] += row[d];
      }
    }
    float[] all = table.toFloatArray();
    double[] cosines = new double[all.length / width];
    float[] row = new float[width];
    for (int id = 0; id < cosines.length; id++) {
      System.arraycopy(all, id * width, row, 0, width);
      cosines[id] = Similarity.COSINE.of(vector, row);
    }
    return IntStream.range(0, cosines.length)
        .boxed()
        .filter(id -> !Double.isNaN(cosines[id]))
        .filter(id -> IntStream.of(ids).noneMatch(own -> own == id))
        .sorted(Comparator.comparingDouble((Integer id) -> -cosines[id]))
        .map(id -> new Near(model.word(id).strip(), "", cosines[id]))
        .filter(near -> !near.word.toLowerCase(Locale.ROOT).equals(word.toLowerCase(Locale.ROOT)))
        .limit(NEAREST)
        .toList();
  }

  /// The table of first vectors.
  private static @Nullable Parameter table(ExploredModel model) {
    for (Map.Entry<String, Parameter> entry : model.layer().parameters().entrySet()) {
      String name = entry.getKey();
      if (name.endsWith("embedding.weight") && entry.getValue().shape().rank() == 2) {
        return entry.getValue();
      }
    }
    return null;
  }
}
