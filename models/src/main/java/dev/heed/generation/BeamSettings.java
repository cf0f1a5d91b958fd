package dev.heed.generation;

/// How a beam search looks for the most probable text.
///
/// A text's score is the sum of its tokens' log-probabilities divided by its length to the power of
/// `lengthPenalty`, its end counted.
///
/// @param beams how many texts are followed at once; 1 takes the most probable token each time
/// @param lengthPenalty above 0 favours longer texts, below 0 shorter ones
/// @param stopping when no better text is looked for
public record BeamSettings(int beams, double lengthPenalty, Stopping stopping) {
  /// When a search ends that has found as many whole texts as it has beams.
  public enum Stopping {
    /// When no text that goes on has a better score than the worst found, at its present length.
    UNLIKELY,
    /// At once.
    FIRST,
    /// When no text that goes on can get a better score than the worst found, at any length.
    IMPOSSIBLE
  }

  public BeamSettings {
    if (beams < 1 || !Double.isFinite(lengthPenalty)) {
      throw new IllegalArgumentException(
          "beams must be 1 or more, lengthPenalty a number: received %d, %s"
              .formatted(beams, lengthPenalty));
    }
  }

  /// No search: the most probable token each time.
  public static BeamSettings greedy() {
    return of(1);
  }

  /// With a length penalty of 1, until better texts are unlikely.
  public static BeamSettings of(int beams) {
    return new BeamSettings(beams, 1, Stopping.UNLIKELY);
  }

  /// The same with another number of beams.
  public BeamSettings withBeams(int beams) {
    return new BeamSettings(beams, lengthPenalty, stopping);
  }
}
