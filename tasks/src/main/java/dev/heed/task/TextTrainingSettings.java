package dev.heed.task;

/// How a model of texts learns.
///
/// @param longest the most tokens of a text; longer texts are cut
/// @param steps how many steps
/// @param textsPerStep from how many texts a step learns
/// @param learningRate the highest learning rate
/// @param evaluateEvery after how many steps the held-out texts are looked at
/// @param seed what everything random follows from
public record TextTrainingSettings(
    int longest, long steps, int textsPerStep, double learningRate, long evaluateEvery, long seed) {
  /// What most encoders take. Short texts cost no more for it: nothing is padded.
  public static final int LONGEST = 512;

  private static final int TEXTS_PER_STEP = 32;
  private static final int EVALUATIONS = 10;

  /// What suits `texts` texts and a new model.
  public static TextTrainingSettings fromNothing(int texts, long seed) {
    return of(texts, 5, 1e-3, seed);
  }

  /// What suits `texts` texts and a pretrained encoder, all of which learns.
  public static TextTrainingSettings fineTuning(int texts, long seed) {
    return of(texts, 3, 5e-5, seed);
  }

  /// What suits `texts` texts and a low-rank update of a pretrained encoder.
  public static TextTrainingSettings lowRank(int texts, long seed) {
    return of(texts, 3, 5e-4, seed);
  }

  /// What suits `texts` texts and the features of a pretrained encoder.
  public static TextTrainingSettings features(int texts, long seed) {
    return of(texts, 20, 1e-3, seed);
  }

  private static TextTrainingSettings of(int texts, int passes, double learningRate, long seed) {
    long steps = Math.max(passes * Math.ceilDiv((long) texts, TEXTS_PER_STEP), 40L * passes);
    return new TextTrainingSettings(
        LONGEST, steps, TEXTS_PER_STEP, learningRate, Math.max(1, steps / EVALUATIONS), seed);
  }

  /// The same with another number of steps, evaluated ten times.
  public TextTrainingSettings withSteps(long count) {
    return new TextTrainingSettings(
        longest, count, textsPerStep, learningRate, Math.max(1, count / EVALUATIONS), seed);
  }
}
