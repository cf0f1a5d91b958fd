package dev.heed.cli;

import dev.heed.model.GgufModel;
import dev.heed.tokenizer.CodePoints;
import dev.heed.tokenizer.Encoding;
import dev.heed.tokenizer.Padding;
import dev.heed.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.core.JsonGenerator;

/// `heed tokenize`: the tokens of texts, a JSON line each.
@Command(
    name = "tokenize",
    description =
        "Shows the tokens of texts: ids, tokens and where they stand, a JSON line a text.")
final class TokenizeCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Mixin private TextInput input = new TextInput();

  @Option(names = "--no-special", description = "add no special tokens around a text")
  private boolean noSpecial;

  @Option(names = "--truncate", description = "cut texts as tokenizer.json says (default: not)")
  private boolean truncate;

  @Option(names = "--pad", description = "fill texts up as tokenizer.json says (default: not)")
  private boolean pad;

  @Mixin private ResultOutput output = new ResultOutput();

  TokenizeCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    Format format = output.format(Format.JSONL);
    Path model = SavedModels.resolve(heed);
    boolean gguf = model.toString().endsWith(".gguf") && Files.isRegularFile(model);
    Tokenizer tokenizer =
        configured(gguf ? GgufModel.open(model).tokenizer() : Tokenizer.load(model));
    output.write(
        heed,
        out -> {
          switch (format) {
            case TEXT ->
                forEach(
                    tokenizer,
                    (text, encoding) -> out.println(String.join(" ", encoding.tokens())));
            case JSONL ->
                forEach(
                    tokenizer,
                    (text, encoding) ->
                        Json.write(out, format, json -> write(json, text, encoding)));
            case JSON ->
                Json.write(
                    out,
                    format,
                    json -> {
                      json.writeStartArray();
                      forEach(tokenizer, (text, encoding) -> write(json, text, encoding));
                      json.writeEndArray();
                    });
          }
        });
    return ExitCode.DONE.code();
  }

  private Tokenizer configured(Tokenizer tokenizer) {
    Tokenizer cutting = truncate ? tokenizer.withTruncation(tokenizer.fileTruncation()) : tokenizer;
    return pad ? cutting.withPadding(tokenizer.filePadding()) : cutting;
  }

  /// What is done with the tokens of a text.
  private interface Action {
    void on(String text, Encoding encoding) throws IOException;
  }

  private void forEach(Tokenizer tokenizer, Action action) throws IOException {
    Padding padding = pad ? tokenizer.filePadding() : null;
    if (padding != null && padding.length() == 0) {
      // Filled up to the longest text, which all must be read for.
      List<String> texts = new ArrayList<>();
      input.forEach(heed, texts::add);
      List<Encoding> encodings = tokenizer.encodeBatch(texts, !noSpecial);
      for (int i = 0; i < texts.size(); i++) {
        action.on(texts.get(i), encodings.get(i));
      }
      return;
    }
    input.forEach(heed, text -> action.on(text, tokenizer.encode(text, !noSpecial)));
  }

  private static void write(JsonGenerator json, String text, Encoding encoding) {
    CodePoints places = new CodePoints(text);
    int n = encoding.size();
    json.writeStartObject();
    json.writeName("ids");
    json.writeArray(encoding.ids(), 0, n);
    json.writeArrayPropertyStart("tokens");
    for (int i = 0; i < n; i++) {
      json.writeString(encoding.token(i));
    }
    json.writeEndArray();
    json.writeArrayPropertyStart("offsets");
    for (int i = 0; i < n; i++) {
      json.writeStartArray();
      json.writeNumber(places.at(encoding.start(i)));
      json.writeNumber(places.at(encoding.end(i)));
      json.writeEndArray();
    }
    json.writeEndArray();
    json.writeEndObject();
  }
}
