package dev.heed.tensor;

import org.jspecify.annotations.Nullable;

/// Scaled dot-product attention by its formula, one query row after the other. A task computes one
/// key/value head of one sequence with all the query heads that share it, so no two tasks write to
/// the same gradient.
///
/// Source: Vaswani et al. 2017, section 3.2.1; the backward pass from the log-sum-exp is Dao et al.
/// 2022.
final class ReferenceAttention {
  void forward(Tensor q, Tensor k, Tensor v, AttentionArguments a, Tensor out, Tensor logSumExp) {
    Task shared = new Task(q, k, a);
    Elements values = Elements.of(v);
    Elements to = Elements.of(out);
    Elements sums = Elements.of(logSumExp);
    int valueWidth = v.shape().width() / a.keyValueHeads();
    shared.forHeads(head -> {
      double[] row = new double[valueWidth];
      for (int query = 0; query < head.queries; query++) {
        double[] scores = head.scores(query);
        double normalizer = logSumExp(scores);
        long queryRow = head.firstQuery + query;
        sums.set(queryRow * a.heads() + head.head, normalizer);
        java.util.Arrays.fill(row, 0);
        if (normalizer != Double.NEGATIVE_INFINITY) {
          for (int key = 0; key < scores.length; key++) {
            if (scores[key] == Double.NEGATIVE_INFINITY) {
              continue; // contributes nothing, even where the value is NaN
            }
            double weight =
                StrictMath.exp(scores[key] - normalizer) * head.dropoutFactor(query, key);
            for (int d = 0; d < valueWidth; d++) {
              row[d] +=
                  weight
                      * values.get(
                          head.keyRow(key) * a.keyValueHeads() * valueWidth
                              + (long) head.keyValueHead * valueWidth
                              + d);
            }
          }
        }
        for (int d = 0; d < valueWidth; d++) {
          to.set((queryRow * a.heads() + head.head) * valueWidth + d, row[d]);
        }
      }
    });
  }

  void backward(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionArguments a,
      Tensor out,
      Tensor logSumExp,
      Tensor outGradient,
      Tensor qGradient,
      Tensor kGradient,
      Tensor vGradient,
      @Nullable Tensor biasGradient) {
    Task shared = new Task(q, k, a);
    int valueWidth = v.shape().width() / a.keyValueHeads();
    int keyWidth = shared.keyWidth;
    Elements values = Elements.of(v);
    Elements forward = Elements.of(out);
    Elements sums = Elements.of(logSumExp);
    Elements dOut = Elements.of(outGradient);
    Elements dq = Elements.of(qGradient);
    // Added up in double precision, so that each is rounded once however many queries there are.
    double[] dk = new double[Math.toIntExact(kGradient.elements())];
    double[] dv = new double[Math.toIntExact(vGradient.elements())];
    int biasWidth = biasGradient == null ? 0 : biasGradient.shape().width();
    // One private copy a sequence, added up in order: several sequences share a head's bias.
    double[][] dBias = new double[a.queries().count()][a.heads() * biasWidth];
    shared.forHeads(head -> {
      double[] row = new double[keyWidth];
      for (int query = 0; query < head.queries; query++) {
        long queryRow = head.firstQuery + query;
        double normalizer = sums.get(queryRow * a.heads() + head.head);
        java.util.Arrays.fill(row, 0);
        long outBase = (queryRow * a.heads() + head.head) * valueWidth;
        double delta = 0;
        for (int d = 0; d < valueWidth; d++) {
          delta += dOut.get(outBase + d) * forward.get(outBase + d);
        }
        double[] scores =
            normalizer == Double.NEGATIVE_INFINITY ? new double[0] : head.scores(query);
        for (int key = 0; key < scores.length; key++) {
          if (scores[key] == Double.NEGATIVE_INFINITY) {
            continue;
          }
          double weight = StrictMath.exp(scores[key] - normalizer);
          double kept = head.dropoutFactor(query, key);
          long valueBase = (head.keyRow(key) * a.keyValueHeads() + head.keyValueHead) * valueWidth;
          double dWeight = 0;
          for (int d = 0; d < valueWidth; d++) {
            dWeight += dOut.get(outBase + d) * values.get(valueBase + d);
            dv[(int) valueBase + d] += weight * kept * dOut.get(outBase + d);
          }
          double dScore = weight * (dWeight * kept - delta);
          if (biasWidth > 0) {
            int column = head.biasColumn(query, key);
            dBias[head.sequence][head.head * biasWidth + column] += dScore;
          }
          long keyBase = (head.keyRow(key) * a.keyValueHeads() + head.keyValueHead) * keyWidth;
          long queryBase = (queryRow * a.heads() + head.head) * keyWidth;
          for (int d = 0; d < keyWidth; d++) {
            row[d] += a.scale() * dScore * shared.keys.get(keyBase + d);
            dk[(int) keyBase + d] += a.scale() * dScore * shared.queries.get(queryBase + d);
          }
        }
        for (int d = 0; d < keyWidth; d++) {
          dq.set((queryRow * a.heads() + head.head) * keyWidth + d, row[d]);
        }
      }
    });
    store(dk, Elements.of(kGradient));
    store(dv, Elements.of(vGradient));
    if (biasGradient != null) {
      Elements to = Elements.of(biasGradient);
      for (int i = 0; i < a.heads() * biasWidth; i++) {
        double sum = 0;
        for (double[] part : dBias) {
          sum += part[i];
        }
        to.add(i, sum);
      }
    }
  }

  private static void store(double[] from, Elements to) {
    for (int i = 0; i < from.length; i++) {
      to.set(i, from[i]);
    }
  }

  void weights(
      Tensor q, Tensor k, AttentionArguments a, Tensor logSumExp, int sequence, Tensor weights) {
    Task shared = new Task(q, k, a);
    Elements sums = Elements.of(logSumExp);
    Elements to = Elements.of(weights);
    int length = a.keys().length(sequence);
    shared.forHeads(head -> {
      if (head.sequence != sequence) {
        return;
      }
      for (int query = 0; query < head.queries; query++) {
        double normalizer = sums.get((head.firstQuery + query) * a.heads() + head.head);
        double[] scores = head.scores(query);
        for (int key = 0; key < length; key++) {
          boolean hidden = scores[key] == Double.NEGATIVE_INFINITY;
          to.set(
              ((long) head.head * head.queries + query) * length + key,
              hidden ? 0 : StrictMath.exp(scores[key] - normalizer));
        }
      }
    });
  }

  private static double logSumExp(double[] scores) {
    double max = Double.NEGATIVE_INFINITY;
    for (double score : scores) {
      max = Math.max(max, score);
    }
    if (max == Double.NEGATIVE_INFINITY) {
      return max;
    }
    double sum = 0;
    for (double score : scores) {
      sum += StrictMath.exp(score - max);
    }
    return max + StrictMath.log(sum);
  }

  /// What all heads of one call share.
  private static final class Task {
    final AttentionArguments a;
    final Elements queries;
    final Elements keys;
    final @Nullable Elements mask;
    final @Nullable Elements bias;
    final int biasWidth;
    final int keyWidth;
    final int threshold;

    Task(Tensor q, Tensor k, AttentionArguments a) {
      this.a = a;
      this.queries = Elements.of(q);
      this.keys = Elements.of(k);
      this.mask = a.keyMask() == null ? null : Elements.of(a.keyMask());
      this.bias = a.relativeBias() == null ? null : Elements.of(a.relativeBias());
      this.biasWidth = a.relativeBias() == null ? 0 : a.relativeBias().shape().width();
      this.keyWidth = k.shape().width() / a.keyValueHeads();
      this.threshold = CounterRandom.threshold(a.dropout());
    }

    interface HeadBody {
      void run(Head head);
    }

    void forHeads(HeadBody body) {
      int group = a.heads() / a.keyValueHeads();
      Parallel.run(
          a.queries().count() * a.keyValueHeads(),
          task -> {
            int sequence = task / a.keyValueHeads();
            int keyValueHead = task % a.keyValueHeads();
            for (int i = 0; i < group; i++) {
              body.run(new Head(this, sequence, keyValueHead, keyValueHead * group + i));
            }
          });
    }
  }

  /// One query head of one sequence.
  private static final class Head {
    final Task task;
    final int sequence;
    final int keyValueHead;
    final int head;
    final int queries;
    final long firstQuery;

    Head(Task task, int sequence, int keyValueHead, int head) {
      this.task = task;
      this.sequence = sequence;
      this.keyValueHead = keyValueHead;
      this.head = head;
      this.queries = task.a.queries().length(sequence);
      this.firstQuery = task.a.queries().start(sequence);
    }

    long keyRow(int key) {
      return task.a.keys().start(sequence) + (long) key;
    }

    int biasColumn(int query, int key) {
      return key - (query + task.a.queryOffset(sequence)) + task.biasWidth / 2;
    }

    double dropoutFactor(int query, int key) {
      if (task.a.dropout() == 0) {
        return 1;
      }
      long row = (long) head * task.a.queries().rows() + firstQuery + query;
      int rowKey = CounterRandom.rowKey(task.a.dropoutKey(), row);
      return CounterRandom.keeps(rowKey, key, task.threshold) ? 1 / (1 - task.a.dropout()) : 0;
    }

    /// The scaled products of one query with every key, −∞ where it may not attend.
    double[] scores(int query) {
      AttentionArguments a = task.a;
      int length = a.keys().length(sequence);
      int position = query + a.queryOffset(sequence);
      int first = a.firstKey(position);
      int end = a.endKey(position, length);
      double[] scores = new double[length];
      java.util.Arrays.fill(scores, Double.NEGATIVE_INFINITY);
      long queryBase = ((firstQuery + query) * a.heads() + head) * task.keyWidth;
      for (int key = first; key < end; key++) {
        if (task.mask != null && task.mask.get(keyRow(key)) == 0) {
          continue;
        }
        long keyBase = (keyRow(key) * a.keyValueHeads() + keyValueHead) * task.keyWidth;
        double dot = 0;
        for (int d = 0; d < task.keyWidth; d++) {
          dot += task.queries.get(queryBase + d) * task.keys.get(keyBase + d);
        }
        double score = a.scale() * dot;
        if (task.bias != null) {
          score += task.bias.get((long) head * task.biasWidth + biasColumn(query, key));
        }
        scores[key] = score;
      }
      return scores;
    }
  }
}
