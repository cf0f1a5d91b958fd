package dev.heed.generation;

import dev.heed.model.CausalModel;
import dev.heed.model.ConfigFile;
import dev.heed.model.WeightNames;
import dev.heed.nn.attention.KeyValueCache;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import java.util.List;

/// A model whose next token depends on the last one by a table, so that a test can say what must
/// come.
final class BigramModel implements CausalModel {
  private final float[][] logits;
  private final int maximumLength;

  /// @param probabilities by the last token, of each next one; a row need not sum to 1
  BigramModel(double[][] probabilities, int maximumLength) {
    this.maximumLength = maximumLength;
    this.logits = new float[probabilities.length][probabilities.length];
    for (int i = 0; i < logits.length; i++) {
      for (int j = 0; j < logits.length; j++) {
        logits[i][j] = (float) Math.log(Math.max(probabilities[i][j], 1e-30));
      }
    }
  }

  @Override
  public Tensor apply(Tensor ids, Sequences sequences) {
    if (sequences.longest() > maximumLength) {
      throw new IllegalArgumentException("too long: received " + sequences.longest());
    }
    int[] last = ids.toIntArray();
    float[] rows = new float[last.length * logits.length];
    for (int i = 0; i < last.length; i++) {
      System.arraycopy(logits[last[i]], 0, rows, i * logits.length, logits.length);
    }
    return Tensor.of(rows, last.length, logits.length);
  }

  @Override
  public Tensor apply(Tensor ids, Sequences sequences, List<KeyValueCache> texts) {
    requireRoom(sequences, texts);
    KeyValueCache.advance(sequences, texts);
    return apply(ids, sequences);
  }

  @Override
  public KeyValueCache newCache() {
    return new KeyValueCache(0);
  }

  @Override
  public Tensor logits(Tensor hidden) {
    return hidden;
  }

  @Override
  public Tensor loss(Tensor ids, Sequences sequences, Tensor targets) {
    throw new UnsupportedOperationException("a table does not learn");
  }

  @Override
  public WeightNames weightNames() {
    throw new UnsupportedOperationException();
  }

  @Override
  public List<ConfigFile> files() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Tensor finalNorm(Tensor hidden) {
    return hidden;
  }

  @Override
  public int vocabulary() {
    return logits.length;
  }

  @Override
  public int maximumLength() {
    return maximumLength;
  }

  @Override
  public int endOfText() {
    return 0;
  }

  /// p(next | last), as float logits have it.
  double probability(int last, int next) {
    double sum = 0;
    for (float logit : logits[last]) {
      sum += Math.exp(logit);
    }
    return Math.exp(logits[last][next]) / sum;
  }
}
