package dev.heed.cli;

import dev.heed.data.WordNet;
import dev.heed.generation.KnownText;
import dev.heed.model.CausalModel;
import dev.heed.model.gpt2.Gpt2;
import dev.heed.model.gpt2.Gpt2Configuration;
import dev.heed.nn.Initializer;
import dev.heed.nn.TrainingMode;
import dev.heed.task.SentenceEmbedder;
import dev.heed.tensor.CounterRandom;
import dev.heed.tensor.Sequences;
import dev.heed.tensor.StepMemory;
import dev.heed.tensor.Tensor;
import dev.heed.training.AdamW;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The three kinds of work that `heed benchmark --profile` looks at, each to be run again and
/// again.
final class ProfiledWork {
  private static final int SENTENCES = 256;

  private ProfiledWork() {}

  /// A training step of a GPT-2 with weights of its own: forward, backward, AdamW.
  static Runnable trainingStep(Gpt2Configuration shape, int texts, int tokens) {
    Gpt2 model = new Gpt2(shape, Initializer.seeded(1));
    AdamW optimizer = new AdamW(model.parameters(), AdamW.Configuration.withDecay(0.1));
    StepMemory memory = new StepMemory();
    int[] lengths = new int[texts];
    Arrays.fill(lengths, tokens);
    Sequences sequences = Sequences.ofLengths(lengths);
    int[] ids = new int[texts * tokens];
    Arrays.setAll(ids, i -> CounterRandom.below(model.vocabulary(), 7, i));
    Tensor input = Tensor.of(ids, ids.length);
    long[] step = {0};
    return () -> {
      step[0]++;
      memory.step(() ->
          TrainingMode.run(
              1,
              step[0],
              () -> {
                model.loss(input, sequences, input).backwardAndFree();
                return 0;
              }));
      double norm = optimizer.gradientNorm() / ids.length;
      optimizer.step(step[0], 1e-4, Math.min(1, 1 / (norm + 1e-6)) / ids.length);
      optimizer.clearGradients();
    };
  }

  /// Sentences of mixed length.
  static Runnable embedding(SentenceEmbedder embedder) {
    List<String> all = WordNet.sentences();
    List<String> some = new ArrayList<>();
    for (int i = 0; i < SENTENCES; i++) {
      some.add(all.get((int) ((long) i * all.size() / SENTENCES)));
    }
    return () -> embedder.embed(some);
  }

  /// `count` new tokens, one by one, after a prompt that is known.
  static Runnable newTokens(CausalModel model, int prompt, int count) {
    int[] ids = new int[prompt + count];
    Arrays.setAll(ids, i -> CounterRandom.below(model.vocabulary(), 8, i));
    KnownText known = new KnownText(model);
    known.nextLogits(ids, prompt);
    return () -> {
      ids[prompt - 1] = (ids[prompt - 1] + 1) % model.vocabulary(); // what is known ends before
      for (int end = prompt; end < prompt + count; end++) {
        known.nextLogits(ids, end);
      }
    };
  }
}
