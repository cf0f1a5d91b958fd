/// What "contextual" means: one word, one vector a sentence, and so the right meaning of the word.

import dev.heed.data.WordNetSenses;
import dev.heed.task.SentenceEmbedder;
import dev.heed.task.WordSenses;

void main() {
  var senses = new WordSenses(SentenceEmbedder.load("minilm"), new WordNetSenses());
  for (String sentence :
      new String[] {
        "The train left the station on time.", "The station played my favourite song all morning."
      }) {
    IO.println(sentence);
    for (String lemma : new String[] {"train station", "radio station", "space station"}) {
      var found =
          senses.rank(sentence, "station").stream()
              .filter(scored -> scored.sense().lemma().equals(lemma))
              .findFirst()
              .orElseThrow();
      IO.println("  %.3f %s".formatted(found.score(), lemma));
    }
  }
}
