package dev.heed.task;

import dev.heed.data.TokenizedText;
import dev.heed.data.WordNetSenses;
import dev.heed.data.WordNetSenses.Sense;
import dev.heed.tensor.Inference;
import dev.heed.tensor.Tensor;
import dev.heed.tokenizer.Encoding;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/// Says which of its meanings a word has in a sentence: the contextual vectors of the sentence and
/// of the word in it are compared with those of each meaning's definition and examples in WordNet.
public final class WordSenses {
  /// How much the word's own tokens count beside the mean of all. `heed sense --evaluate` says how
  /// good that is.
  private static final double WORD = 0.25;

  private static final Pattern WORDS = Pattern.compile("[\\p{L}\\p{M}\\p{N}'’-]+");

  private final SentenceEmbedder embedder;
  private final WordNetSenses wordNet;

  /// A meaning and how near it is to the word in its sentence, as a cosine.
  public record Scored(Sense sense, float score) {}

  /// A text and where the word stands in it, in UTF-16 units.
  record Place(String text, int start, int end) {}

  public WordSenses(SentenceEmbedder embedder, WordNetSenses wordNet) {
    this.embedder = embedder;
    this.wordNet = wordNet;
  }

  /// The meanings of the word, and of all nouns of several words that end in it, such as *train
  /// station*; the nearest first.
  ///
  /// @param word a word of the sentence, or the base form of one
  /// @throws IllegalArgumentException if the sentence does not have it, or WordNet no meaning of it
  public List<Scored> rank(String sentence, String word) {
    List<Sense> senses = new ArrayList<>(wordNet.of(word));
    Place place = find(sentence, word);
    senses.addAll(wordNet.ofNounsEndingIn(word));
    if (senses.isEmpty()) {
      throw new IllegalArgumentException("WordNet must have the word: it has no " + word);
    }
    return rank(place, senses, "");
  }

  /// These meanings, the nearest to the word at its place first.
  ///
  /// @param leftOut an example that is not looked at; empty for none
  List<Scored> rank(Place place, List<Sense> senses, String leftOut) {
    List<Place> places = new ArrayList<>();
    places.add(place);
    senses.forEach(sense -> places.add(text(sense, leftOut)));
    List<float[]> vectors = vectors(places);
    float[] asked = vectors.getFirst();
    return IntStream.range(0, senses.size())
        .mapToObj(i -> new Scored(senses.get(i), Similarity.COSINE.of(asked, vectors.get(i + 1))))
        .sorted(Comparator.comparing(Scored::score).reversed())
        .toList();
  }

  /// The text of a meaning, with its word first.
  static Place text(Sense sense, String leftOut) {
    StringBuilder text = new StringBuilder(sense.lemma());
    text.append(": ").append(sense.definition());
    for (String example : sense.examples()) {
      if (!example.equals(leftOut)) {
        text.append("; ").append(example);
      }
    }
    return new Place(text.toString(), 0, sense.lemma().length());
  }

  /// Where a form of the word stands first.
  private Place find(String sentence, String word) {
    Matcher exact =
        Pattern.compile(
                "(?<![\\p{L}\\p{N}])" + Pattern.quote(word.strip()) + "(?![\\p{L}\\p{N}])",
                Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE)
            .matcher(sentence);
    if (exact.find()) {
      return new Place(sentence, exact.start(), exact.end());
    }
    Matcher forms = WORDS.matcher(sentence);
    while (forms.find()) {
      if (isForm(forms.group(), word)) {
        return new Place(sentence, forms.start(), forms.end());
      }
    }
    throw new IllegalArgumentException(
        "the sentence must have the word: no form of %s in \"%s\"".formatted(word, sentence));
  }

  private boolean isForm(String form, String lemma) {
    String sought = lemma.strip().toLowerCase(Locale.ROOT);
    return wordNet.of(form).stream()
        .anyMatch(sense -> sense.lemma().toLowerCase(Locale.ROOT).equals(sought));
  }

  /// The mean of all tokens' contextual vectors, with the word's tokens counted once more.
  List<float[]> vectors(List<Place> places) {
    List<Encoding> encodings =
        places.stream().map(place -> embedder.tokenizer().encode(place.text)).toList();
    float[][] vectors = new float[places.size()][];
    boolean types = embedder.tokenizer().config().tokenTypes();
    List<TokenizedText> texts =
        encodings.stream().map(encoding -> TokenizedText.of(encoding, types)).toList();
    for (EncodedBatch batch : EncodedBatch.of(texts)) {
      TokenizedText.Packed packed = batch.packed();
      Inference.run(() -> {
        Tensor hidden =
            embedder.encoder().apply(packed.ids(), packed.sequences(), packed.types()); // (N, D)
        for (int i = 0; i < batch.indices().size(); i++) {
          int text = batch.indices().get(i);
          Tensor rows = hidden.rows(packed.sequences().start(i), packed.sequences().start(i + 1));
          vectors[text] = vector(rows, encodings.get(text), places.get(text));
        }
        return hidden.shape();
      });
    }
    return List.of(vectors);
  }

  private static float[] vector(Tensor rows, Encoding encoding, Place place) {
    int width = rows.shape().width();
    float[] all = rows.toFloatArray();
    boolean[] ofWord = new boolean[encoding.size()];
    int count = 0;
    for (int t = 0; t < ofWord.length; t++) {
      int start = encoding.start(t);
      int end = encoding.end(t);
      ofWord[t] = end > start && start < place.end && end > place.start;
      count += ofWord[t] ? 1 : 0;
    }
    float[] vector = new float[width];
    for (int t = 0; t < ofWord.length; t++) {
      double weight = 1.0 / ofWord.length + (ofWord[t] ? WORD / count : 0);
      for (int d = 0; d < width; d++) {
        vector[d] += (float) (weight * all[t * width + d]);
      }
    }
    return vector;
  }
}
