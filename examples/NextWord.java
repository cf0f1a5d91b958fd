import dev.heed.generation.Sampling;
import dev.heed.nn.attention.Mask;
import dev.heed.nn.attention.MultiHeadAttention;
import dev.heed.task.LanguageModel;
import dev.heed.tensor.Tensor;
import java.nio.file.Path;

/// The README's lines, on the model in the directory that the first argument names.
void main(String[] arguments) {
  LanguageModel model = LanguageModel.load(Path.of(arguments[0])); // what `heed demo` saved
  for (var next : model.nextWords("The train left the", 5)) {
    IO.println(next.word() + " " + next.probability());
  }
  model.stream("The train left the", 20, Sampling.temperature(0.7, 1), IO::print);

  var attention = MultiHeadAttention.of(256, 4, 256); // model width, heads, width of a key
  Tensor x = Tensor.of(new float[6 * 256], 6, 256); // six tokens, one a row
  var answer = attention.applyWithScores(x, x, x, Mask.causal());
  IO.println(attention.parameterCount() + " parameters, scores " + answer.scores().shape());
}
