package dev.heed.data;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// The meanings of words in WordNet 3.1, from the Maven artifact that [WordNet] names.
///
/// Source: the files' formats are those of the manual pages wndb(5WN) and senseidx(5WN); the base
/// forms of words are found by the rules of morphy(7WN).
public final class WordNetSenses {
  private static final Map<String, String[][]> ENDINGS =
      Map.of(
          "noun",
          new String[][] {
            {"s", ""},
            {"ses", "s"},
            {"xes", "x"},
            {"zes", "z"},
            {"ches", "ch"},
            {"shes", "sh"},
            {"men", "man"},
            {"ies", "y"}
          },
          "verb",
          new String[][] {
            {"s", ""},
            {"ies", "y"},
            {"es", "e"},
            {"es", ""},
            {"ed", "e"},
            {"ed", ""},
            {"ing", "e"},
            {"ing", ""}
          },
          "adj",
          new String[][] {{"er", ""}, {"est", ""}, {"er", "e"}, {"est", "e"}},
          "adv",
          new String[0][]);

  private final Map<String, Part> parts = new LinkedHashMap<>();

  /// One of the meanings of a word.
  ///
  /// @param lemma the word's base form, with spaces
  /// @param part its part of speech: noun, verb, adj or adv
  /// @param number which of the lemma's meanings in this part of speech, the most frequent one 1
  /// @param synset where the meaning stands in the file of its part of speech: with `part` the name
  ///   of the meaning
  /// @param words all words that have this meaning, with spaces
  /// @param definition what it means
  /// @param examples sentences with one of the words
  public record Sense(
      String lemma,
      String part,
      int number,
      int synset,
      List<String> words,
      String definition,
      List<String> examples) {}

  /// The files of a part of speech. The index is sorted, and searched as it is: to take it apart
  /// would take longer than all else.
  ///
  /// @param index lemma pos synset_cnt p_cnt [ptr_symbol…] sense_cnt tagsense_cnt [synset_offset…]
  /// @param data synset_offset lex_filenum ss_type w_cnt word lex_id [word lex_id…] p_cnt […] |
  ///   gloss
  private record Part(String name, String index, byte[] data, Map<String, String> exceptions) {
    boolean has(String lemma) {
      return line(lemma) >= 0;
    }

    /// Where the line of a lemma begins, or −1.
    private int line(String lemma) {
      String sought = lemma + " ";
      int from = 0;
      int to = index.length();
      while (from < to) {
        int middle = (from + to) >>> 1;
        int start = index.lastIndexOf('\n', middle - 1) + 1;
        if (index.startsWith(sought, start)) {
          return start;
        }
        int end = index.indexOf('\n', middle) + 1;
        if (index.substring(start, end).compareTo(sought) < 0) {
          from = end;
        } else {
          to = start;
        }
      }
      return -1;
    }

    /// Where the lemma's meanings stand, the most frequent one first.
    int[] offsets(String lemma) {
      int start = line(lemma);
      if (start < 0) {
        return new int[0];
      }
      String[] fields = index.substring(start, index.indexOf('\n', start)).strip().split(" ");
      int[] offsets = new int[Integer.parseInt(fields[2])];
      for (int i = 0; i < offsets.length; i++) {
        offsets[i] = Integer.parseInt(fields[fields.length - offsets.length + i]);
      }
      return offsets;
    }

    /// All lemmas.
    List<String> lemmas() {
      return index
          .lines()
          .filter(line -> !line.startsWith(" ")) // the licence
          .map(line -> line.substring(0, line.indexOf(' ')))
          .toList();
    }

    /// All lemmas that end so.
    List<String> lemmas(String end) {
      List<String> lemmas = new ArrayList<>();
      int at = index.indexOf(end + " ");
      while (at >= 0) {
        int start = index.lastIndexOf('\n', at) + 1;
        String lemma = index.substring(start, at + end.length());
        if (!lemma.contains(" ")) { // else it is the licence, or stands among the other fields
          lemmas.add(lemma);
        }
        at = index.indexOf(end + " ", at + 1);
      }
      return lemmas;
    }
  }

  /// Reads all of WordNet, 26 MB.
  ///
  /// @throws IllegalStateException if the artifact is not on the class path
  public WordNetSenses() {
    for (String name : WordNet.PARTS) {
      Map<String, String> exceptions = new HashMap<>();
      forEachLine(
          WordNet.file(name + ".exc"),
          line -> {
            String[] words = line.split(" ");
            exceptions.putIfAbsent(words[0], words[words.length - 1]);
          });
      String index = new String(WordNet.file("index." + name), StandardCharsets.ISO_8859_1);
      parts.put(name, new Part(name, index, WordNet.file("data." + name), exceptions));
    }
  }

  private static void forEachLine(byte[] file, Consumer<String> to) {
    new String(file, StandardCharsets.ISO_8859_1)
        .lines()
        .filter(line -> !line.startsWith(" ")) // the licence
        .forEach(to);
  }

  /// All meanings of a word in any of its forms, those of nouns first, each part's most frequent
  /// one first.
  public List<Sense> of(String word) {
    List<Sense> senses = new ArrayList<>();
    for (Part part : parts.values()) {
      for (String lemma : lemmas(part, word)) {
        senses.addAll(of(part, lemma));
      }
    }
    return senses;
  }

  /// All meanings of a base form.
  public List<Sense> ofLemma(String lemma) {
    List<Sense> senses = new ArrayList<>();
    parts.values().forEach(part -> senses.addAll(of(part, lemma.replace(' ', '_'))));
    return senses;
  }

  /// How often each meaning of each word was counted in tagged texts, by [#key]; those that were
  /// not are absent.
  public Map<String, Integer> frequencies() {
    Map<String, Integer> counts = new HashMap<>();
    forEachLine(
        WordNet.file("index.sense"),
        line -> { // lemma%ss_type:… synset_offset sense_number tag_cnt
          String[] fields = line.split(" ");
          int count = Integer.parseInt(fields[3]);
          if (count > 0) {
            int percent = fields[0].indexOf('%');
            String part =
                switch (fields[0].charAt(percent + 1)) {
                  case '1' -> "noun";
                  case '2' -> "verb";
                  case '4' -> "adv";
                  default -> "adj";
                };
            String lemma = fields[0].substring(0, percent).replace('_', ' ');
            counts.put(key(part, Integer.parseInt(fields[1]), lemma), count);
          }
        });
    return counts;
  }

  /// What [#frequencies] calls a meaning of a word.
  public static String key(Sense sense) {
    return key(sense.part, sense.synset, sense.lemma);
  }

  private static String key(String part, int synset, String lemma) {
    return part + " " + synset + " " + lemma;
  }

  /// All meanings of the nouns of several words that end in this one, such as *train station*.
  public List<Sense> ofNounsEndingIn(String word) {
    Part nouns = part("noun");
    Set<String> found = new LinkedHashSet<>();
    lemmas(nouns, word).forEach(lemma -> found.addAll(nouns.lemmas("_" + lemma)));
    List<Sense> senses = new ArrayList<>();
    found.forEach(lemma -> senses.addAll(of(nouns, lemma)));
    return senses;
  }

  /// All meanings of all lemmas of a part of speech.
  ///
  /// @param part noun, verb, adj or adv
  public List<Sense> ofPart(String part) {
    Part chosen = part(part);
    List<Sense> senses = new ArrayList<>();
    chosen.lemmas().forEach(lemma -> senses.addAll(of(chosen, lemma)));
    return senses;
  }

  private Part part(String name) {
    return Optional.ofNullable(parts.get(name))
        .orElseThrow(() ->
            new IllegalArgumentException(
                "a part of speech must be one of %s: received %s".formatted(WordNet.PARTS, name)));
  }

  /// The base forms that the word may be a form of.
  private static Set<String> lemmas(Part part, String word) {
    String sought = word.strip().toLowerCase(Locale.ROOT).replace(' ', '_');
    Set<String> lemmas = new LinkedHashSet<>();
    if (part.has(sought)) {
      lemmas.add(sought);
    }
    String exception = part.exceptions.get(sought);
    if (exception != null) {
      if (part.has(exception)) {
        lemmas.add(exception);
      }
      return lemmas;
    }
    for (String[] ending : ENDINGS.getOrDefault(part.name, new String[0][])) {
      if (sought.endsWith(ending[0])) {
        String base = sought.substring(0, sought.length() - ending[0].length()) + ending[1];
        if (part.has(base)) {
          lemmas.add(base);
        }
      }
    }
    return lemmas;
  }

  private static List<Sense> of(Part part, String lemma) {
    List<Sense> senses = new ArrayList<>();
    int[] offsets = part.offsets(lemma);
    for (int i = 0; i < offsets.length; i++) {
      senses.add(sense(part, lemma, i + 1, offsets[i]));
    }
    return senses;
  }

  private static Sense sense(Part part, String lemma, int number, int offset) {
    int end = offset;
    while (part.data[end] != '\n') {
      end++;
    }
    String line = new String(part.data, offset, end - offset, StandardCharsets.ISO_8859_1);
    int bar = line.indexOf(" | ");
    String[] fields = line.substring(0, bar).split(" ");
    int count = Integer.parseInt(fields[3], 16);
    List<String> words = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      // An adjective may carry where it stands: (a), (p) or (ip).
      words.add(fields[4 + 2 * i].replaceFirst("\\((a|p|ip)\\)$", "").replace('_', ' '));
    }
    List<String> texts = WordNet.split(line.substring(bar + 3).strip());
    return new Sense(
        lemma.replace('_', ' '),
        part.name,
        number,
        offset,
        words,
        texts.getFirst(),
        List.copyOf(texts.subList(1, texts.size())));
  }
}
