package dev.heed.task;

import dev.heed.tensor.Parallel;
import dev.heed.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/// What kind of head a head is, in numbers: means over the queries of a text.
///
/// @param entropy how widely it looks, in nats: 0 at one key only, ln S at all alike
/// @param distance how many tokens away it looks
/// @param special the share of its weight on special tokens, such as `[CLS]` and `[SEP]`
/// @param first the share on the first token
/// @param previous the share on the token before the query
/// @param next the share on the token after it
/// @param same the share on tokens like the query, itself included
public record HeadFigures(
    double entropy,
    double distance,
    double special,
    double first,
    double previous,
    double next,
    double same) {
  private static final int FIGURES = 7;

  /// The figures of every head of a layer.
  static List<HeadFigures> of(CapturedAttention layer, ExploredText queries, ExploredText keys) {
    Tensor weights = layer.weights();
    HeadFigures[] all = new HeadFigures[layer.heads()];
    Parallel.run(
        all.length, head -> all[head] = of(CapturedAttention.head(weights, head), queries, keys));
    return List.of(all);
  }

  private static HeadFigures of(float[] weights, ExploredText queries, ExploredText keys) {
    int[] asking = queries.ids();
    int[] asked = keys.ids();
    double[] sums = new double[FIGURES];
    for (int t = 0; t < asking.length; t++) {
      for (int s = 0; s < asked.length; s++) {
        double w = weights[t * asked.length + s];
        sums[0] -= w > 0 ? w * Math.log(w) : 0;
        sums[1] += w * Math.abs(t - s);
        sums[2] += keys.tokens().get(s).special() ? w : 0;
        sums[3] += s == 0 ? w : 0;
        sums[4] += s == t - 1 ? w : 0;
        sums[5] += s == t + 1 ? w : 0;
        sums[6] += asking[t] == asked[s] ? w : 0;
      }
    }
    return of(sums, asking.length);
  }

  private static HeadFigures of(double[] sums, int count) {
    return new HeadFigures(
        sums[0] / count,
        sums[1] / count,
        sums[2] / count,
        sums[3] / count,
        sums[4] / count,
        sums[5] / count,
        sums[6] / count);
  }

  /// The means over several texts, each of the same heads.
  static List<List<HeadFigures>> mean(List<List<List<HeadFigures>>> texts) {
    List<List<HeadFigures>> mean = new ArrayList<>();
    for (int layer = 0; layer < texts.getFirst().size(); layer++) {
      List<HeadFigures> heads = new ArrayList<>();
      for (int head = 0; head < texts.getFirst().get(layer).size(); head++) {
        double[] sums = new double[FIGURES];
        for (List<List<HeadFigures>> text : texts) {
          HeadFigures one = text.get(layer).get(head);
          double[] figures = {
            one.entropy, one.distance, one.special, one.first, one.previous, one.next, one.same
          };
          for (int i = 0; i < FIGURES; i++) {
            sums[i] += figures[i];
          }
        }
        heads.add(of(sums, texts.size()));
      }
      mean.add(heads);
    }
    return mean;
  }

  /// The figures of all layers and heads of a kind of attention.
  public static List<List<HeadFigures>> of(ExploredRun run, String kind) {
    return run.attentions().getOrDefault(kind, List.of()).stream()
        .map(layer -> of(layer, run.queries(kind), run.keys(kind)))
        .toList();
  }

  /// The same as means over texts: the roles that heads have.
  public static List<List<HeadFigures>> over(List<ExploredRun> runs, String kind) {
    return mean(runs.stream().map(run -> of(run, kind)).toList());
  }
}
