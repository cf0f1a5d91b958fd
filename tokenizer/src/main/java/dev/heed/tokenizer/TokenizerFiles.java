package dev.heed.tokenizer;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;

/// Finds the tokenizer of a directory, whatever its form.
final class TokenizerFiles {
  private static final List<String> NAMES =
      List.of(
          "tokenizer.json",
          "source.spm",
          "spiece.model",
          "sentencepiece.bpe.model",
          "tokenizer.model",
          "merges.txt",
          "vocab.txt");

  private TokenizerFiles() {}

  /// `path`, or the file in the directory `path` that says most.
  static Path find(Path path) throws IOException {
    if (!Files.isDirectory(path)) {
      return path;
    }
    for (String name : NAMES) {
      if (Files.exists(path.resolve(name))) {
        return path.resolve(name);
      }
    }
    throw new NoSuchFileException(
        path.toString(), null, "no tokenizer there; one of " + String.join(", ", NAMES));
  }

  static TokenizerDefinition read(Path file) throws IOException {
    String name = file.getFileName().toString();
    TokenizerSettings settings = TokenizerSettings.read(file.toAbsolutePath().getParent());
    if (name.endsWith(".spm")) {
      return SentencePieceFiles.marian(
          SentencePieceModel.read(Files.readAllBytes(file)),
          VocabularyFiles.tokens(file.resolveSibling("vocab.json")));
    }
    if (name.endsWith(".model")) {
      return SentencePieceFiles.of(SentencePieceModel.read(Files.readAllBytes(file)), settings);
    }
    if (name.equals("merges.txt")) {
      return VocabularyFiles.byteLevel(file.resolveSibling("vocab.json"), file, settings);
    }
    if (name.endsWith(".txt")) {
      return VocabularyFiles.wordPiece(file, settings);
    }
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
      return TokenizerJsonReader.read(in);
    }
  }
}
