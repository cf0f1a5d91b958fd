package dev.heed.task;

import java.util.List;

/// The plane on which points of many dimensions lie apart most.
///
/// @param points each point's place on it
/// @param explained the share of all variance that lies along each of the two directions
record PrincipalComponents(float[][] points, float[] explained) {
  private static final int STEPS = 300;

  /// Found by powers of the matrix of products, which is as large as there are points.
  static PrincipalComponents of(List<float[]> vectors) {
    int count = vectors.size();
    double[][] centred = centred(vectors);
    double[][] gram = new double[count][count];
    double variance = 0;
    for (int i = 0; i < count; i++) {
      for (int j = 0; j <= i; j++) {
        double dot = 0;
        for (int d = 0; d < centred[i].length; d++) {
          dot += centred[i][d] * centred[j][d];
        }
        gram[i][j] = dot;
        gram[j][i] = dot;
      }
      variance += gram[i][i];
    }
    float[][] points = new float[count][2];
    float[] explained = new float[2];
    for (int component = 0; component < 2; component++) {
      double[] direction = new double[count];
      for (int i = 0; i < count; i++) {
        direction[i] = Math.cos(1.7 * i + component); // no symmetry that could hide a direction
      }
      double value = 0;
      for (int step = 0; step < STEPS; step++) {
        double[] next = new double[count];
        double length = 0;
        for (int i = 0; i < count; i++) {
          for (int j = 0; j < count; j++) {
            next[i] += gram[i][j] * direction[j];
          }
          length += next[i] * next[i];
        }
        value = Math.sqrt(length);
        if (value < 1e-12) {
          break;
        }
        for (int i = 0; i < count; i++) {
          direction[i] = next[i] / value;
        }
      }
      explained[component] = variance < 1e-12 ? 0 : (float) (value / variance);
      for (int i = 0; i < count; i++) {
        points[i][component] = (float) (direction[i] * Math.sqrt(value));
        for (int j = 0; j < count; j++) {
          gram[i][j] -= value * direction[i] * direction[j];
        }
      }
    }
    return new PrincipalComponents(points, explained);
  }

  private static double[][] centred(List<float[]> vectors) {
    int width = vectors.getFirst().length;
    double[] mean = new double[width];
    for (float[] vector : vectors) {
      for (int d = 0; d < width; d++) {
        mean[d] += (double) vector[d] / vectors.size();
      }
    }
    double[][] centred = new double[vectors.size()][width];
    for (int i = 0; i < centred.length; i++) {
      for (int d = 0; d < width; d++) {
        centred[i][d] = vectors.get(i)[d] - mean[d];
      }
    }
    return centred;
  }
}
