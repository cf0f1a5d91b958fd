package dev.heed.generation.grammar;

import dev.heed.generation.TokenConstraint;
import dev.heed.model.ConfigFile;
import dev.heed.tokenizer.Tokenizer;
import java.nio.charset.StandardCharsets;

/// What a text must look like: rules in GBNF, or a JSON schema. Immutable and thread-safe.
public final class Grammar {
  private final Program program;

  private Grammar(Program program) {
    this.program = program;
  }

  /// A grammar in GBNF; the text must be what its rule `root` says.
  ///
  /// Source: the guide `grammars/README.md` of llama.cpp. Differs: a rule that begins with itself
  /// is refused when the grammar is read, and tokens (`<…>`) are not supported.
  ///
  /// @throws GrammarException if it is not well-formed, describes no text, or is too large
  public static Grammar parse(String gbnf) {
    return new Grammar(Compiler.compile(GrammarParser.parse(gbnf)));
  }

  /// JSON that fits a schema. The properties of objects come in the schema's order, and none that
  /// it does not name unless it says `additionalProperties`.
  ///
  /// @throws GrammarException if the schema asks for what Heed lacks, naming it, or nothing fits it
  /// @throws dev.heed.model.ModelException if it is no JSON object
  public static Grammar jsonSchema(String schema) {
    ConfigFile read = ConfigFile.parse("the schema", schema.getBytes(StandardCharsets.UTF_8));
    return new Grammar(Compiler.compile(JsonSchema.rules(read.values())));
  }

  /// Whether the whole text is one of the grammar's.
  ///
  /// @throws GrammarException if the grammar is too ambiguous to follow it
  public boolean matches(String text) {
    Automaton automaton = new Automaton(program);
    return automaton.after(automaton.start(), text.getBytes(StandardCharsets.UTF_8)).complete();
  }

  /// Lets only those tokens come that keep a new text the grammar's, and the end of the text only
  /// where it is complete. As the most tokens asked for come near, only such as leave room to
  /// complete it (at one byte a token).
  ///
  /// @param vocabulary how many tokens the model knows
  public TokenConstraint over(Tokenizer tokenizer, int vocabulary) {
    return new GrammarConstraint(program, new TokenTrie(tokenizer, vocabulary));
  }
}
