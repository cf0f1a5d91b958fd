package dev.heed.task;

import dev.heed.task.BagOfWords.SparseVector;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.DoublePredicate;

/// A linear model of the classes of sparse vectors: softmax(weight · x + bias), trained to the
/// minimum of ½‖weight‖² + strength · Σ −ln p.
///
/// Source: the objective of scikit-learn's `LogisticRegression`; found by L-BFGS (Liu and Nocedal
/// 1989). Two classes are one logit.
public final class LogisticRegression {
  private static final int HISTORY = 8;

  /// It usually needs fewer.
  public static final int MOST_STEPS = 200;

  private static final double ARMIJO = 1e-4;

  private final int features;
  private final int classes;

  /// [features × outputs], so that what a vector meets lies together; then the biases.
  private final double[] parameters;

  private LogisticRegression(int features, int classes, double[] parameters) {
    this.features = features;
    this.classes = classes;
    this.parameters = parameters;
  }

  /// Trains on vectors.
  ///
  /// @param features the width of the vectors
  /// @param targets the class of each vector, 0 … `classes` − 1
  /// @param strength how much the data counts against small weights
  public static LogisticRegression train(
      List<SparseVector> vectors, int[] targets, int features, int classes, double strength) {
    return train(vectors, targets, features, classes, strength, loss -> true);
  }

  /// The same, as long as `goesOn` says so of the mean loss after a step.
  static LogisticRegression train(
      List<SparseVector> vectors,
      int[] targets,
      int features,
      int classes,
      double strength,
      DoublePredicate goesOn) {
    if (classes < 2 || vectors.isEmpty() || vectors.size() != targets.length) {
      throw new IllegalArgumentException(
          "there must be 2 classes or more, and a target for each of one or more vectors:"
              + " received %d, %d, %d".formatted(classes, targets.length, vectors.size()));
    }
    int outputs = classes == 2 ? 1 : classes;
    var model =
        new LogisticRegression(
            features, classes, new double[Math.multiplyExact(outputs, features + 1)]);
    model.minimize(vectors, targets, strength, goesOn);
    return model;
  }

  /// The probability of each class.
  public float[] probabilities(SparseVector vector) {
    double[] p = new double[classes];
    predict(parameters, vector, p);
    float[] probabilities = new float[classes];
    for (int c = 0; c < classes; c++) {
      probabilities[c] = (float) p[c];
    }
    return probabilities;
  }

  /// The weight of a feature for a class: with two classes, for the second against the first.
  public double weight(int output, int feature) {
    return parameters[feature * outputs() + output];
  }

  /// The bias of a class: with two classes, of the second against the first.
  public double bias(int output) {
    return parameters[outputs() * features + output];
  }

  private int outputs() {
    return classes == 2 ? 1 : classes;
  }

  private void predict(double[] at, SparseVector vector, double[] p) {
    int outputs = outputs();
    double[] logits = new double[classes];
    int first = outputs == 1 ? 1 : 0; // the first class's logit is 0 then
    System.arraycopy(at, outputs * features, logits, first, outputs);
    for (int i = 0; i < vector.indices().length; i++) {
      int row = vector.indices()[i] * outputs;
      double value = vector.values()[i];
      for (int o = 0; o < outputs; o++) {
        logits[first + o] += at[row + o] * value;
      }
    }
    double largest = Arrays.stream(logits).max().orElse(0);
    double sum = 0;
    for (int c = 0; c < classes; c++) {
      p[c] = Math.exp(logits[c] - largest);
      sum += p[c];
    }
    for (int c = 0; c < classes; c++) {
      p[c] /= sum;
    }
  }

  /// The value at a place; `gradient` is overwritten by its gradient.
  private double value(
      double[] at, List<SparseVector> vectors, int[] targets, double strength, double[] gradient) {
    int outputs = outputs();
    int biases = outputs * features;
    double value = 0;
    for (int i = 0; i < biases; i++) {
      value += at[i] * at[i] / 2;
      gradient[i] = at[i];
    }
    Arrays.fill(gradient, biases, gradient.length, 0);
    double[] p = new double[classes];
    double[] errors = new double[outputs];
    for (int n = 0; n < targets.length; n++) {
      SparseVector vector = vectors.get(n);
      predict(at, vector, p);
      value -= strength * Math.log(Math.max(p[targets[n]], Double.MIN_NORMAL));
      for (int o = 0; o < outputs; o++) {
        int c = outputs == 1 ? 1 : o;
        errors[o] = strength * (p[c] - (targets[n] == c ? 1 : 0));
        gradient[biases + o] += errors[o];
      }
      for (int i = 0; i < vector.indices().length; i++) {
        int row = vector.indices()[i] * outputs;
        double size = vector.values()[i];
        for (int o = 0; o < outputs; o++) {
          gradient[row + o] += errors[o] * size;
        }
      }
    }
    return value;
  }

  private record Change(double[] step, double[] gradient, double product) {}

  private void minimize(
      List<SparseVector> vectors, int[] targets, double strength, DoublePredicate goesOn) {
    int size = parameters.length;
    double[] gradient = new double[size];
    double value = value(parameters, vectors, targets, strength, gradient);
    // The weights are then no further than this from the minimum's.
    double enough = 1e-7 * strength * targets.length;
    Deque<Change> history = new ArrayDeque<>();
    double[] next = new double[size];
    double[] nextGradient = new double[size];
    for (int step = 0; step < MOST_STEPS; step++) {
      double norm = Math.sqrt(dot(gradient, gradient));
      if (norm <= enough) {
        return;
      }
      double[] direction = direction(gradient, history);
      double slope = dot(direction, gradient);
      double length = history.isEmpty() ? 1 / Math.max(1, norm) : 1;
      double nextValue;
      while (true) {
        for (int i = 0; i < size; i++) {
          next[i] = parameters[i] + length * direction[i];
        }
        nextValue = value(next, vectors, targets, strength, nextGradient);
        if (nextValue <= value + ARMIJO * length * slope) {
          break;
        }
        length /= 2;
        if (length < 1e-12) {
          return; // as exact as the sums are
        }
      }
      double[] moved = new double[size];
      double[] changed = new double[size];
      for (int i = 0; i < size; i++) {
        moved[i] = next[i] - parameters[i];
        changed[i] = nextGradient[i] - gradient[i];
        parameters[i] = next[i];
        gradient[i] = nextGradient[i];
      }
      value = nextValue;
      if (!goesOn.test(value / strength / targets.length)) {
        return;
      }
      double product = dot(moved, changed);
      if (product > 0) {
        history.addLast(new Change(moved, changed, product));
        if (history.size() > HISTORY) {
          history.removeFirst();
        }
      }
    }
  }

  /// −(approximate inverse Hessian) · gradient, from the last changes.
  private static double[] direction(double[] gradient, Deque<Change> history) {
    double[] q = gradient.clone();
    double[] shares = new double[history.size()];
    int at = shares.length;
    for (Iterator<Change> it = history.descendingIterator(); it.hasNext(); ) {
      Change change = it.next();
      shares[--at] = dot(change.step, q) / change.product;
      add(q, -shares[at], change.gradient);
    }
    if (!history.isEmpty()) {
      Change last = history.getLast();
      double scale = last.product / dot(last.gradient, last.gradient);
      for (int i = 0; i < q.length; i++) {
        q[i] *= scale;
      }
    }
    for (Change change : history) {
      double share = dot(change.gradient, q) / change.product;
      add(q, shares[at++] - share, change.step);
    }
    for (int i = 0; i < q.length; i++) {
      q[i] = -q[i];
    }
    return q;
  }

  private static void add(double[] to, double factor, double[] vector) {
    for (int i = 0; i < to.length; i++) {
      to[i] += factor * vector[i];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
