/// Max pooling, TF-IDF and attention are three forms of one idea: pay more attention to some things
/// than to others. Max pooling is all or nothing, TF-IDF gives each *token* one weight wherever it
/// stands, and self-attention gives each token a weight that depends on the *content* around it.
///
/// Source: Deep Learning with Python, chapter 11.

import dev.heed.nn.Initializer;
import dev.heed.nn.attention.ScaledDotProductAttention;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

static final List<String> DOCUMENTS =
    List.of(
        "the train left the station on time",
        "the radio station plays music all day",
        "the space station left its orbit on the first day",
        "the date was on the calendar all the time");

void main() {
  String[] tokens = DOCUMENTS.getFirst().split(" ");
  Tensor vectors = vectors(tokens); // (T, D): meanings by hand, so that the picture is plain
  Tensor weights = ScaledDotProductAttention.weights(vectors, vectors); // (T, T), rows sum to 1

  IO.println("token     max pooling   TF-IDF   attention seen from");
  IO.println("          (of column 0)          " + row("station", "%8s") + row("left", "%8s"));
  double[] pooled = maxPooling(vectors);
  for (int s = 0; s < tokens.length; s++) {
    IO.println(
        "%-9s %11.2f %8.2f   %10.2f %8.2f"
            .formatted(
                tokens[s], pooled[s], tfIdf(tokens[s]), weights.get(4, s), weights.get(2, s)));
  }
  IO.println("");
  IO.println(
      "Max pooling keeps one token and drops the rest; TF-IDF gives both \"the\" the same weight;");
  IO.println(
      "attention gives \"train\" %.2f seen from \"station\", but %.2f seen from \"time\"."
          .formatted(weights.get(4, 1), weights.get(6, 1)));
}

String row(String text, String format) {
  return format.formatted(text);
}

/// 1 for the token whose first number is the largest, 0 for all others.
double[] maxPooling(Tensor vectors) {
  double[] kept = new double[vectors.shape().dimension(0)];
  int best = 0;
  for (int t = 1; t < kept.length; t++) {
    best = vectors.get(t, 0) > vectors.get(best, 0) ? t : best;
  }
  kept[best] = 1;
  return kept;
}

/// How often a token stands in the first document, times the logarithm of how rare it is in all.
double tfIdf(String token) {
  List<String> first = new ArrayList<>(List.of(DOCUMENTS.getFirst().split(" ")));
  long count = first.stream().filter(token::equals).count();
  long documents =
      DOCUMENTS.stream().filter(text -> List.of(text.split(" ")).contains(token)).count();
  return count / (double) first.size() * Math.log((double) DOCUMENTS.size() / documents) * 10;
}

/// Columns: about travel, about places, about time, small random rest.
Tensor vectors(String[] tokens) {
  float[] rest = Initializer.seeded(3).normal(0.3, tokens.length, 4).toFloatArray();
  for (int t = 0; t < tokens.length; t++) {
    switch (tokens[t].toLowerCase(Locale.ROOT)) {
      case "train" -> rest[4 * t] += 3;
      case "left" -> rest[4 * t] += 1.5f;
      case "station" -> {
        rest[4 * t] += 1.5f;
        rest[4 * t + 1] += 2;
      }
      case "time" -> rest[4 * t + 2] += 3;
      default -> {}
    }
  }
  return Tensor.of(rest, tokens.length, 4);
}
