package dev.heed.cli;

import dev.heed.generation.grammar.Grammar;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// What a new text must look like, to be mixed into commands that make text.
final class GrammarOptions {
  @Option(
      names = "--grammar",
      paramLabel = "FILE",
      description = "keep to this grammar (GBNF, as for llama.cpp)")
  private @Nullable Path grammar;

  @Option(
      names = "--json-schema",
      paramLabel = "FILE",
      description = "write JSON that fits this schema")
  private @Nullable Path schema;

  /// The grammar that was asked for; null for none.
  @Nullable Grammar grammar() throws IOException {
    if (grammar != null && schema != null) {
      throw CommandFailure.usage("give --grammar or --json-schema, not both");
    }
    if (grammar != null) {
      return Grammar.parse(Utf8.decode(Files.readAllBytes(grammar), grammar.toString()));
    }
    return schema == null
        ? null
        : Grammar.jsonSchema(Utf8.decode(Files.readAllBytes(schema), schema.toString()));
  }
}
