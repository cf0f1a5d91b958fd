package dev.heed.task;

import dev.heed.tensor.Sequences;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/// Encoded texts of like lengths, packed one after the other for an encoder.
///
/// @param indices which of the texts these are
/// @param ids I32 [N]
/// @param types I32 [N]
/// @param sequences where each text starts and ends
record EncodedBatch(List<Integer> indices, Tensor ids, Tensor types, Sequences sequences) {
  /// Tokens that are computed at once: enough for the matrices, few enough for the caches.
  private static final int TOKENS = 2048;

  /// All of `encodings` in batches. Longest first: what needs the most memory comes first, and the
  /// lengths of a batch are alike.
  ///
  /// @param tokenTypes whether second texts are told from first ones
  static List<EncodedBatch> of(List<Encoding> encodings, boolean tokenTypes) {
    List<Integer> order =
        IntStream.range(0, encodings.size())
            .boxed()
            .sorted(Comparator.comparingInt((Integer i) -> -encodings.get(i).size()))
            .toList();
    List<EncodedBatch> batches = new ArrayList<>();
    int done = 0;
    while (done < order.size()) {
      int end = done + 1;
      int tokens = encodings.get(order.get(done)).size();
      while (end < order.size() && tokens + encodings.get(order.get(end)).size() <= TOKENS) {
        tokens += encodings.get(order.get(end)).size();
        end++;
      }
      batches.add(of(encodings, order.subList(done, end), tokenTypes));
      done = end;
    }
    return batches;
  }

  private static EncodedBatch of(
      List<Encoding> encodings, List<Integer> indices, boolean tokenTypes) {
    List<Encoding> chosen = indices.stream().map(encodings::get).toList();
    return new EncodedBatch(
        indices,
        packed(chosen.stream().map(Encoding::ids).toList()),
        packed(
            chosen.stream()
                .map(each -> tokenTypes ? each.typeIds() : new int[each.size()])
                .toList()),
        Sequences.ofLengths(chosen.stream().mapToInt(Encoding::size).toArray()));
  }

  private static Tensor packed(List<int[]> parts) {
    int[] all = parts.stream().flatMapToInt(IntStream::of).toArray();
    return Tensor.of(all, all.length);
  }
}
