package dev.heed.tensor;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;

/// The operations that do the computing, forward and backward. [ReferenceKernels] is their meaning
/// in plain Java; faster implementations extend it, override where they are faster, and agree with
/// it.
///
/// Tensors are contiguous, row-major; "rows" are all dimensions but the last. Outputs are written
/// whole unless a parameter is said to be added to. No output may overlap an input unless it says
/// so. Results have the same bits for any number of threads.
public interface Kernels {
  /// The implementation in use, chosen once: `-Dheed.kernels=reference|vector|x86`, else the
  /// fastest that works here.
  ///
  /// @throws IllegalStateException if `heed.kernels` names none that works here
  /// @throws IllegalArgumentException if `heed.cpu` names no level
  static Kernels active() {
    Kernels chosen = Chosen.KERNELS;
    if (chosen == null) {
      throw Objects.requireNonNull(Chosen.FAILURE);
    }
    return Profile.over(chosen);
  }

  /// What each implementation found said about itself when one was chosen, for `heed doctor`.
  static List<String> report() {
    return Chosen.REPORT;
  }

  /// A short name: `reference`, `vector`, `x86 avx512`.
  String name();

  /// Whether products of F32 rows with BF16 weights are as fast as with F32, so that a model's
  /// weights may stay BF16.
  boolean keepsBf16();

  // Products

  /// out [M, N] = op(a) · op(b), or added to `out`; op transposes when asked.
  void matmul(
      Tensor a, boolean transposeA, Tensor b, boolean transposeB, Tensor out, boolean addToOut);

  /// out [N, O] = activation(x [N, I] · weight [O, I]ᵀ + bias [O]) + residual [N, O].
  ///
  /// A quantised weight meets an F32 `x` whose rows are rounded to 8-bit integers, in groups of 32
  /// with a scale each. A BF16 weight may meet an F32 `x`, too.
  ///
  /// @param beforeActivation if not null, receives the value before the activation, [N, O]
  void linear(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Activation activation,
      @Nullable Tensor residual,
      @Nullable Tensor beforeActivation,
      Tensor out);

  /// sums [D] += the sum of the rows of x [N, D], added in a fixed order.
  void addColumnSums(Tensor x, Tensor sums);

  // Attention

  /// out [queries, H·Dv] = softmax(scale · q · kᵀ + bias) · v for each head, without storing the
  /// weights.
  ///
  /// @param q [queries, H·Dh]
  /// @param k [keys, K·Dh]
  /// @param v [keys, K·Dv]
  /// @param logSumExp receives ln Σ exp of each row's scores, [queries, H]; −∞ for a row that may
  ///   attend nowhere
  void attention(
      Tensor q, Tensor k, Tensor v, AttentionArguments arguments, Tensor out, Tensor logSumExp);

  /// The gradients of [#attention]; `biasGradient` [heads, 2·c + 1] is added to.
  void attentionBackward(
      Tensor q,
      Tensor k,
      Tensor v,
      AttentionArguments arguments,
      Tensor out,
      Tensor logSumExp,
      Tensor outGradient,
      Tensor qGradient,
      Tensor kGradient,
      Tensor vGradient,
      @Nullable Tensor biasGradient);

  /// The weights of one sequence, recomputed after the unchanged [#attention] and before dropout:
  /// weights [H, T, S].
  void attentionWeights(
      Tensor q,
      Tensor k,
      AttentionArguments arguments,
      Tensor logSumExp,
      int sequence,
      Tensor weights);

  /// Turns the first `width` columns of each head by its position's angles: pair (i, i + width/2)
  /// where `halves`, else (2i, 2i + 1); backwards where `inverse`. `out` may be `x`.
  ///
  /// @param x [rows, heads·Dh]
  /// @param cosines [positions, width/2]
  /// @param sines [positions, width/2]
  /// @param positions I32 [rows]: the row of the two tables for each row of x
  void rotate(
      Tensor x,
      int heads,
      Tensor cosines,
      Tensor sines,
      Tensor positions,
      boolean halves,
      boolean inverse,
      Tensor out);

  // Norms

  /// out = (x − mean) · rstd · gain + bias for each row, where rstd = 1/√(variance + epsilon).
  ///
  /// @param mean receives each row's mean [N]
  /// @param rstd receives each row's 1/√(variance + epsilon) [N]
  void layerNorm(
      Tensor x,
      Tensor gain,
      @Nullable Tensor bias,
      double epsilon,
      Tensor out,
      Tensor mean,
      Tensor rstd);

  /// The gradients of [#layerNorm]; those of gain and bias are added to.
  void layerNormBackward(
      Tensor x,
      Tensor gain,
      Tensor mean,
      Tensor rstd,
      Tensor outGradient,
      Tensor xGradient,
      @Nullable Tensor gainGradient,
      @Nullable Tensor biasGradient);

  /// out = x · rstd · gain for each row, where rstd = 1/√(mean of squares + epsilon).
  void rmsNorm(Tensor x, Tensor gain, double epsilon, Tensor out, Tensor rstd);

  /// The gradients of [#rmsNorm]; that of gain is added to.
  void rmsNormBackward(
      Tensor x,
      Tensor gain,
      Tensor rstd,
      Tensor outGradient,
      Tensor xGradient,
      @Nullable Tensor gainGradient);

  // Element by element

  /// out = activation(x); `out` may be `x`.
  void activation(Activation activation, Tensor x, Tensor out);

  /// xGradient = outGradient · activation′(x); `xGradient` may be `outGradient`.
  void activationBackward(Activation activation, Tensor x, Tensor outGradient, Tensor xGradient);

  /// out = activation(gate) · up.
  void gated(Activation activation, Tensor gate, Tensor up, Tensor out);

  /// The gradients of [#gated].
  void gatedBackward(
      Activation activation,
      Tensor gate,
      Tensor up,
      Tensor outGradient,
      Tensor gateGradient,
      Tensor upGradient);

  /// out = a + factor · b, `b` repeated if it has fewer elements; `out` may be `a`.
  void add(Tensor a, Tensor b, double factor, Tensor out);

  /// out = a · b, `b` repeated if it has fewer elements; `out` may be `a`.
  void multiply(Tensor a, Tensor b, Tensor out);

  /// out = factor · x; `out` may be `x`.
  void scale(Tensor x, double factor, Tensor out);

  /// out = x with the share `rate` of its elements set to 0 and the others divided by 1 − rate, by
  /// [CounterRandom] under `key` with x's rows and columns; the same call is its own backward.
  /// `out` may be `x`.
  void dropout(Tensor x, double rate, long key, Tensor out);

  // Rows

  /// out = softmax of each row of x; a row of −∞ gives zeros. `out` may be `x`.
  void softmax(Tensor x, Tensor out);

  /// The gradient of [#softmax] from its output.
  void softmaxBackward(Tensor out, Tensor outGradient, Tensor xGradient);

  /// losses [N] = −Σ over the vocabulary of target probability · ln softmax(logits), where the
  /// target has the probability 1 − smoothing + smoothing/V and every other class smoothing/V. A
  /// negative target is skipped: its loss and gradient are 0.
  ///
  /// @param logits [N, V]; replaced by gradientScale · the gradient if that is not 0
  /// @param targets I32 [N]
  void crossEntropy(
      Tensor logits, Tensor targets, double smoothing, Tensor losses, double gradientScale);

  /// out [N, D] = factor · table [V, D] at the rows that `ids` I32 [N] names; F32 of a quantised or
  /// BF16 table.
  void gather(Tensor table, Tensor ids, double factor, Tensor out);

  /// tableGradient [V, D] += factor · outGradient [N, D] at the rows that `ids` names, in row
  /// order.
  void scatterAdd(Tensor outGradient, Tensor ids, double factor, Tensor tableGradient);

  // Cells of recurrent layers: R rows, states H wide, the gates of a row one after the other

  /// One step of an LSTM after its products: the gates i, f, g, o, the cells c' = f · c + i · g and
  /// the states o · tanh(c').
  ///
  /// @param gates [R, 4·H] before the activations; on return after them
  /// @param cellsBefore [R, H]
  /// @param cells receives [R, H]
  /// @param states receives [R, H]
  void lstmCell(Tensor gates, Tensor cellsBefore, Tensor cells, Tensor states);

  /// The gradients of [#lstmCell], whose gates it takes after their activations.
  ///
  /// @param cellGradient [R, H] of the cells; on return of those before
  /// @param gateGradients receives [R, 4·H], before the activations
  void lstmCellBackward(
      Tensor gates,
      Tensor cellsBefore,
      Tensor cells,
      Tensor stateGradient,
      Tensor cellGradient,
      Tensor gateGradients);

  /// One step of a GRU after its products: the gates r, z and the candidate n, which takes its part
  /// from the state times r, and the states n + z · (h − n).
  ///
  /// @param gates [R, 3·H]: the parts from the tokens; on return the gates after their activations
  /// @param stateParts [R, 3·H]
  /// @param statesBefore [R, H]
  /// @param states receives [R, H]
  void gruCell(Tensor gates, Tensor stateParts, Tensor statesBefore, Tensor states);

  /// The gradients of [#gruCell], whose gates it takes after their activations.
  ///
  /// @param stateGradient [R, H] of the states; on return of those before, but for what goes
  ///   through `stateParts`
  /// @param gateGradients receives [R, 3·H], of the parts from the tokens
  /// @param partGradients receives [R, 3·H], of the parts from the state
  void gruCellBackward(
      Tensor gates,
      Tensor stateParts,
      Tensor statesBefore,
      Tensor stateGradient,
      Tensor gateGradients,
      Tensor partGradients);

  // Learning

  /// The sum of the squares of all elements, added in a fixed order.
  double sumOfSquares(Tensor x);

  /// The sum of all elements, added in a fixed order.
  double sum(Tensor x);

  /// One step of AdamW on `parameter`, whose gradient is first multiplied by `gradientScale`.
  ///
  /// @param mean the running mean of the gradient, updated
  /// @param variance the running mean of its square, updated
  /// @param step the number of this step, from 1
  void adamW(
      Tensor parameter,
      Tensor gradient,
      Tensor mean,
      Tensor variance,
      double learningRate,
      double beta1,
      double beta2,
      double epsilon,
      double weightDecay,
      long step,
      double gradientScale);

  /// out = x in out's type; to BF16 by rounding to nearest even.
  void convert(Tensor x, Tensor out);

  /// Finds implementations; named in `META-INF/services` and in `module-info`.
  interface Provider {
    /// The word that `-Dheed.kernels` knows it by.
    String name();

    /// The higher, the faster.
    int priority();

    /// The kernels, or why they do not work here.
    Offer offer();
  }

  /// What a provider has: kernels, or the reason why not.
  record Offer(@Nullable Kernels kernels, String reason) {}

  /// Holds the choice, made at first use.
  final class Chosen {
    private static final List<String> REPORT = new ArrayList<>();
    private static final @Nullable Kernels KERNELS;
    private static final @Nullable RuntimeException FAILURE;

    static {
      Kernels kernels = null;
      RuntimeException failure = null;
      try {
        kernels = choose(System.getProperty("heed.kernels", ""));
      } catch (IllegalArgumentException | IllegalStateException wrong) {
        failure = wrong;
      }
      KERNELS = kernels;
      FAILURE = failure;
    }

    private Chosen() {}

    private static Kernels choose(String wanted) {
      List<Provider> providers = new ArrayList<>();
      ServiceLoader.load(Provider.class, Kernels.class.getClassLoader()).forEach(providers::add);
      providers.sort((a, b) -> Integer.compare(b.priority(), a.priority()));
      for (Provider provider : providers) {
        if (!wanted.isEmpty() && !wanted.equals(provider.name())) {
          REPORT.add(provider.name() + ": not asked for (heed.kernels=" + wanted + ")");
          continue;
        }
        Offer offer = provider.offer();
        if (offer.kernels() != null) {
          REPORT.add("%s: in use (%s)".formatted(offer.kernels().name(), offer.reason()));
          return offer.kernels();
        }
        REPORT.add(provider.name() + ": " + offer.reason());
      }
      if (!wanted.isEmpty() && !wanted.equals("reference")) {
        throw new IllegalStateException(
            "heed.kernels must be reference, vector or x86 and work here: received %s%s"
                .formatted(wanted, REPORT.isEmpty() ? "" : " (" + String.join("; ", REPORT) + ")"));
      }
      REPORT.add("reference: in use");
      return new ReferenceKernels();
    }
  }
}
