package dev.heed.cli;

import dev.heed.task.TextTagger;
import dev.heed.tokenizer.CodePoints;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/// `heed tag`: which label each word of a text has.
@Command(
    name = "tag",
    description = "Says which label each word of texts has: by a model that was trained for it.")
final class TagCommand implements Callable<Integer> {
  /// How the names of classes that tag end at Hugging Face.
  static final String KIND = "ForTokenClassification";

  private final HeedCommand heed;

  @Mixin private TextInput input = new TextInput();
  @Mixin private ResultOutput output = new ResultOutput();

  TagCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    TextTagger tagger = TextTagger.load(SavedModels.lastOf(heed, KIND, "heed train tag"));
    TextAnswers.write(
        heed,
        input,
        output,
        "Tagging",
        texts -> {
          List<List<TextTagger.Word>> tagged = tagger.tagAll(texts);
          return IntStream.range(0, texts.size())
              .mapToObj(i -> answer(texts.get(i), tagged.get(i)))
              .toList();
        });
    return ExitCode.DONE.code();
  }

  /// For people as CoNLL: a word and its label a line, an empty line after a text.
  private static TextAnswers.Answer answer(String text, List<TextTagger.Word> words) {
    String shown =
        words.stream()
            .map(word -> word.text() + "\t" + word.label() + "\n")
            .collect(Collectors.joining());
    CodePoints places = new CodePoints(text);
    List<Map<String, Object>> tokens = words.stream().map(word -> token(places, word)).toList();
    return new TextAnswers.Answer(shown, Map.of("tokens", tokens));
  }

  private static Map<String, Object> token(CodePoints places, TextTagger.Word word) {
    Map<String, Object> token = new LinkedHashMap<>();
    token.put("text", word.text());
    token.put("start", places.at(word.start()));
    token.put("end", places.at(word.end()));
    token.put("label", word.label());
    return token;
  }
}
