package dev.heed.nn.transformer;

/// The shape of an encoder-decoder model.
///
/// @param encoder the side that reads the source
/// @param decoder the side that makes the target
/// @param maximumLength the most tokens of a source or target
/// @param positions how tokens know where they stand
/// @param scaled whether tokens' vectors are multiplied by √D before positions are added
/// @param embeddingNorm whether the sums are normalised before the first block
/// @param sharedTable whether source and target have one table of tokens' vectors
/// @param tiedOutput whether the output layer is the target's table
/// @param outputBias whether the output layer has a bias
public record EncoderDecoderConfiguration(
    Side encoder,
    Side decoder,
    int maximumLength,
    Positions positions,
    boolean scaled,
    boolean embeddingNorm,
    boolean sharedTable,
    boolean tiedOutput,
    boolean outputBias) {

  /// How tokens know where they stand.
  public enum Positions {
    /// Waves, sin, cos, sin, cos, …: the 2017 paper.
    INTERLEAVED_WAVES,
    /// Waves, all sines, then all cosines: Marian.
    HALVED_WAVES,
    /// A learned table for each side: BART.
    LEARNED
  }

  /// One side.
  ///
  /// @param vocabulary the number of tokens V
  /// @param depth the number of blocks
  public record Side(int vocabulary, int depth, BlockConfiguration block) {
    public Side {
      if (vocabulary < 1 || depth < 1) {
        throw new IllegalArgumentException(
            "vocabulary and depth must be 1 or more: received %d, %d".formatted(vocabulary, depth));
      }
    }
  }

  public EncoderDecoderConfiguration {
    if (maximumLength < 1 || maximumLength > Integer.MAX_VALUE - 2) {
      throw new IllegalArgumentException(
          "maximumLength must be in 1…2³¹ − 3: received " + maximumLength);
    }
    if (encoder.block.width() != decoder.block.width()) {
      throw new IllegalArgumentException(
          "encoder and decoder must have one width: received %d and %d"
              .formatted(encoder.block.width(), decoder.block.width()));
    }
    if (sharedTable && encoder.vocabulary != decoder.vocabulary) {
      throw new IllegalArgumentException(
          "a shared table needs one vocabulary: received %d and %d tokens"
              .formatted(encoder.vocabulary, decoder.vocabulary));
    }
  }

  /// The 2017 paper's model in any size: one table for source, target and output, waves, scaled.
  public static EncoderDecoderConfiguration of2017(
      int vocabulary, int depth, int maximumLength, BlockConfiguration block) {
    Side side = new Side(vocabulary, depth, block);
    return new EncoderDecoderConfiguration(
        side, side, maximumLength, Positions.INTERLEAVED_WAVES, true, false, true, true, false);
  }

  /// The paper's base model: 6 layers, 512 wide, 8 heads, 2048.
  ///
  /// Its 44,138,496 parameters beside V · 512 for the shared table: an encoder layer has 4 · 512 ·
  /// 513 for attention, 2 · 512 · 2048 and 2048 and 512 for the feed-forward and 2 · 1024 for the
  /// norms, 3,152,384 in all; a decoder layer has one more attention and norm, 4,204,032.
  public static EncoderDecoderConfiguration base2017(int vocabulary) {
    return of2017(vocabulary, 6, 1024, BlockConfiguration.base2017());
  }

  /// The model width D.
  public int width() {
    return encoder.block.width();
  }
}
