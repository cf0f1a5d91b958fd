/// From text to token ids and back: a tokenizer trained on a few sentences, and what it makes of a
/// word it never saw.

import dev.heed.tokenizer.BpeTrainer;
import java.util.List;

void main() {
  var tokenizer =
      BpeTrainer.of(300)
          .train(
              List.of(
                  "The train left the station on time.",
                  "The trains of the radio station were late.",
                  "It left the station late."));
  var encoding = tokenizer.encode("The trains left stations.");
  for (int i = 0; i < encoding.size(); i++) {
    IO.println(
        "%4d %-10s [%d, %d)"
            .formatted(encoding.id(i), encoding.token(i), encoding.start(i), encoding.end(i)));
  }
  IO.println("again: " + tokenizer.decode(encoding.ids()));
}
