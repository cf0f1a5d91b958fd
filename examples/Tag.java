/// Trains a small tagger of words from nothing, asks it, and saves it in Hugging Face's layout.

import dev.heed.data.TaggedTexts;
import dev.heed.task.TextTagger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

void main() throws Exception {
  Path folder = Files.createTempDirectory("heed");
  var rows = new StringBuilder(); // a word, a tab, its label; an empty line between sentences
  for (String person : List.of("Anna", "Peter", "Maria", "Yuki", "John")) {
    for (String town : List.of("Paris", "Oslo", "Lima", "Berlin")) {
      rows.append(person)
          .append("\tB-PER\nleft\tO\nfor\tO\n")
          .append(town)
          .append("\tB-LOC\n.\tO\n\n");
    }
  }
  Files.writeString(folder.resolve("people.conll"), rows);

  var tagger = TextTagger.train(TaggedTexts.conll(folder.resolve("people.conll")));
  for (TextTagger.Word word : tagger.tag("Maria left for Oslo.")) {
    IO.println(word.text() + " " + word.label());
  }

  tagger.save(folder.resolve("tagger"));
  var loaded = TextTagger.load(folder.resolve("tagger"));
  IO.println("the same from disk: " + loaded.tag("Peter").getFirst().label());
}
