package dev.heed.tokenizer;

import dev.heed.tokenizer.PostProcessor.Piece;
import dev.heed.tokenizer.PostProcessor.Special;
import dev.heed.tokenizer.decode.Decoder;
import dev.heed.tokenizer.model.Bpe;
import dev.heed.tokenizer.model.Unigram;
import dev.heed.tokenizer.model.Vocabulary;
import dev.heed.tokenizer.normalizer.Normalizer;
import dev.heed.tokenizer.normalizer.Precompiled;
import dev.heed.tokenizer.normalizer.SentencePieceNormalizer;
import dev.heed.tokenizer.regex.Expression;
import dev.heed.tokenizer.split.PreTokenizer;
import dev.heed.tokenizer.split.PreTokenizer.Metaspace.Prepend;
import java.text.Normalizer.Form;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Builds the tokenizers of the families that come with a SentencePiece file.
///
/// Source: `convert_slow_tokenizer.py` and `tokenization_marian.py` of transformers.
final class SentencePieceFiles {
  static final String SPACE = "▁";

  private SentencePieceFiles() {}

  /// The tokenizer that transformers makes of the file for the family in `settings`; T5's where it
  /// names none.
  static TokenizerDefinition of(SentencePieceModel model, TokenizerSettings settings)
      throws TokenizerFormatException {
    if (model.bpe()) {
      return bpe(model, settings);
    }
    if (settings.isFamily("xlm") || settings.isFamily("camembert")) {
      return xlmRoberta(model);
    }
    return settings.isFamily("albert") ? albert(model, settings) : t5(model, settings);
  }

  private static TokenizerDefinition t5(SentencePieceModel model, TokenizerSettings settings)
      throws TokenizerFormatException {
    List<String> pieces = new ArrayList<>(model.pieces());
    int extra = settings.config().integer("extra_ids", settings.isFamily("t5") ? 100 : 0);
    List<AddedToken> added = controls(model);
    for (int i = Math.min(extra, 10_000) - 1; i >= 0; i--) {
      added.add(AddedToken.special("<extra_id_" + i + ">", pieces.size()));
      pieces.add("<extra_id_" + i + ">");
    }
    double[] scores = Arrays.copyOf(scores(model), pieces.size());
    Unigram unigram = unigram(pieces, scores, model.unknownId(), model.byteFallback());
    Piece end = added("</s>", special(unigram.vocabulary(), "</s>"));
    Piece a = new Piece.Text(0, 0);
    Piece b = new Piece.Text(1, 0);
    PreTokenizer words = new PreTokenizer.Metaspace(SPACE, Prepend.ALWAYS, true);
    return new TokenizerDefinition(
        null,
        null,
        added,
        model.charsmap().length == 0 ? null : new Precompiled(model.charsmap()),
        new PreTokenizer.Sequence(List.of(new PreTokenizer.WhitespaceSplit(), words)),
        unigram,
        new PostProcessor.Template(List.of(a, end), List.of(a, end, b, end)),
        new Decoder.Metaspace(SPACE, Prepend.ALWAYS));
  }

  /// fairseq's order: its four special tokens first, the file's three dropped, the mask last.
  private static TokenizerDefinition xlmRoberta(SentencePieceModel model)
      throws TokenizerFormatException {
    List<String> pieces = new ArrayList<>(List.of("<s>", "<pad>", "</s>", "<unk>"));
    int dropped = Math.min(3, model.pieces().size());
    pieces.addAll(model.pieces().subList(dropped, model.pieces().size()));
    pieces.add("<mask>");
    double[] scores = new double[pieces.size()];
    for (int i = dropped; i < model.pieces().size(); i++) {
      scores[i + 4 - dropped] = model.scores()[i];
    }
    Unigram unigram = unigram(pieces, scores, 3, false);
    List<AddedToken> added = new ArrayList<>();
    for (int id = 0; id < 4; id++) {
      added.add(AddedToken.special(pieces.get(id), id));
    }
    added.add(new AddedToken("<mask>", pieces.size() - 1, false, true, false, false, true));
    Piece begin = added("<s>", special(unigram.vocabulary(), "<s>"));
    Piece end = added("</s>", special(unigram.vocabulary(), "</s>"));
    Piece a = new Piece.Text(0, 0);
    return definition(
        added,
        normalizer(model, List.of()),
        unigram,
        new PostProcessor.Template(
            List.of(begin, a, end), List.of(begin, a, end, end, new Piece.Text(1, 0), end)));
  }

  private static TokenizerDefinition albert(SentencePieceModel model, TokenizerSettings settings)
      throws TokenizerFormatException {
    List<Normalizer> first = new ArrayList<>();
    first.add(new Normalizer.Replace(Expression.literal("``"), "\""));
    first.add(new Normalizer.Replace(Expression.literal("''"), "\""));
    if (!settings.bool("keep_accents", false)) {
      first.add(new Normalizer.UnicodeForm(Form.NFKD));
      first.add(new Normalizer.StripAccents());
    }
    if (settings.bool("do_lower_case", true)) {
      first.add(new Normalizer.Lowercase());
    }
    Unigram unigram =
        unigram(model.pieces(), scores(model), model.unknownId(), model.byteFallback());
    return definition(
        controls(model),
        normalizer(model, first),
        unigram,
        VocabularyFiles.template(
            special(unigram.vocabulary(), "[CLS]"), special(unigram.vocabulary(), "[SEP]"), 1));
  }

  private static Normalizer normalizer(SentencePieceModel model, List<Normalizer> first) {
    List<Normalizer> parts = new ArrayList<>(first);
    if (model.charsmap().length > 0) {
      parts.add(new Precompiled(model.charsmap()));
    }
    if (first.isEmpty()) {
      parts.add(new Normalizer.Strip(false, true));
      parts.add(new Normalizer.Replace(Expression.regex(" {2,}"), SPACE));
    } else {
      parts.add(new Normalizer.Replace(Expression.regex(" {2,}"), " "));
    }
    return new Normalizer.Sequence(parts);
  }

  private static TokenizerDefinition definition(
      List<AddedToken> added, Normalizer normalizer, Unigram model, PostProcessor post) {
    return new TokenizerDefinition(
        null,
        null,
        added,
        normalizer,
        new PreTokenizer.Metaspace(SPACE, Prepend.ALWAYS, true),
        model,
        post,
        new Decoder.Metaspace(SPACE, Prepend.ALWAYS));
  }

  /// Llama's: merges are made from the pieces, the best piece first.
  private static TokenizerDefinition bpe(SentencePieceModel model, TokenizerSettings settings)
      throws TokenizerFormatException {
    Vocabulary vocabulary = vocabulary(model);
    boolean llama = settings.isFamily("llama");
    List<Piece> single = new ArrayList<>();
    List<Piece> pair = new ArrayList<>();
    for (int text = 0; text < 2; text++) {
      List<Piece> pieces = new ArrayList<>();
      if (settings.bool("add_bos_token", !llama)) {
        pieces.add(new Piece.Added("<s>", special(vocabulary, "<s>"), text));
      }
      pieces.add(new Piece.Text(text, text));
      if (settings.bool("add_eos_token", false)) {
        pieces.add(new Piece.Added("</s>", special(vocabulary, "</s>"), text));
      }
      pair.addAll(pieces);
      if (text == 0) {
        single.addAll(pieces);
      }
    }
    TokenizerDefinition made =
        bpe(model, vocabulary, controls(model), new PostProcessor.Template(single, pair));
    if (!llama) {
      return made;
    }
    // What the class does differently: a text that begins with a space gets no second one.
    Prepend prepend = settings.bool("legacy", false) ? Prepend.ALWAYS : Prepend.FIRST;
    boolean prefix = settings.bool("add_prefix_space", true);
    return new TokenizerDefinition(
        made.truncation(),
        made.padding(),
        made.addedTokens(),
        null,
        new PreTokenizer.Metaspace(SPACE, prefix ? prepend : Prepend.NEVER, false),
        made.model(),
        made.postProcessor(),
        made.decoder());
  }

  private static Vocabulary vocabulary(SentencePieceModel model) throws TokenizerFormatException {
    Vocabulary.Builder builder = new Vocabulary.Builder();
    for (int id = 0; id < model.pieces().size(); id++) {
      builder.add(model.pieces().get(id), id);
    }
    return VocabularyFiles.built(builder);
  }

  /// The same with these tokens found in texts, and those of `post` put around them.
  static TokenizerDefinition bpe(
      SentencePieceModel model, List<AddedToken> added, @Nullable PostProcessor post)
      throws TokenizerFormatException {
    return bpe(model, vocabulary(model), added, post);
  }

  private static TokenizerDefinition bpe(
      SentencePieceModel model,
      Vocabulary vocabulary,
      List<AddedToken> added,
      @Nullable PostProcessor post)
      throws TokenizerFormatException {
    String unknown = model.unknownId() < 0 ? null : model.pieces().get(model.unknownId());
    Bpe bpe =
        new Bpe(
            vocabulary,
            ModelReader.mergesOf(vocabulary, merges(model, vocabulary), 0),
            new Bpe.Options(unknown, null, null, true, model.byteFallback(), false));
    List<Normalizer> normalizers = new ArrayList<>();
    if (model.addDummyPrefix()) {
      normalizers.add(new Normalizer.Prepend(SPACE));
    }
    normalizers.add(new Normalizer.Replace(Expression.literal(" "), SPACE));
    List<Decoder> decoders = new ArrayList<>();
    decoders.add(new Decoder.Replace(Expression.literal(SPACE), " "));
    decoders.add(new Decoder.ByteFallback());
    decoders.add(new Decoder.Fuse());
    if (model.addDummyPrefix()) {
      decoders.add(new Decoder.Strip(' ', 1, 0));
    }
    return new TokenizerDefinition(
        null,
        null,
        added,
        new Normalizer.Sequence(normalizers),
        null,
        bpe,
        post,
        new Decoder.Sequence(decoders));
  }

  private record Merge(String left, String right, float score) {}

  private static List<String> merges(SentencePieceModel model, Vocabulary vocabulary) {
    List<Merge> merges = new ArrayList<>();
    for (int id = 0; id < model.pieces().size(); id++) {
      String piece = model.pieces().get(id);
      List<Merge> splits = new ArrayList<>();
      for (int cut = 1; cut < piece.length(); cut++) {
        String left = piece.substring(0, cut);
        String right = piece.substring(cut);
        if (vocabulary.find(left) >= 0 && vocabulary.find(right) >= 0) {
          splits.add(new Merge(left, right, model.scores()[id]));
        }
      }
      splits.sort(
          Comparator.comparingInt((Merge m) -> vocabulary.find(m.left()))
              .thenComparingInt(m -> vocabulary.find(m.right())));
      merges.addAll(splits);
    }
    // Lengths are code points, as in the source.
    merges.sort(
        Comparator.comparingDouble((Merge m) -> -m.score())
            .thenComparingInt(m -> -m.left().codePointCount(0, m.left().length()))
            .thenComparingInt(m -> -m.right().codePointCount(0, m.right().length())));
    List<String> parts = new ArrayList<>(merges.size() * 2);
    for (Merge merge : merges) {
      parts.add(merge.left());
      parts.add(merge.right());
    }
    return parts;
  }

  /// Marian's: pieces from `model`, ids from `vocab.json`, which both languages share. A piece that
  /// `vocab.json` lacks is cut and comes out as unknown, as SentencePiece would have it.
  static TokenizerDefinition marian(SentencePieceModel model, Map<String, Integer> ids)
      throws TokenizerFormatException {
    int limit = ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1) + 1;
    if (limit > 8L * ids.size() + 1000) {
      throw new TokenizerFormatException(
          "vocab.json: expected ids up to about %d, found %d".formatted(ids.size(), limit - 1));
    }
    @Nullable String[] byId = new String[limit];
    ids.forEach((token, id) -> byId[id] = token);
    List<String> pieces = new ArrayList<>();
    for (int id = 0; id < limit; id++) {
      String token = byId[id];
      pieces.add(token == null ? "<unused " + id + ">" : token);
    }
    double[] scores = new double[limit + model.pieces().size()];
    Arrays.fill(scores, Double.NEGATIVE_INFINITY);
    for (int i = 0; i < model.pieces().size(); i++) {
      byte kind = model.kinds()[i];
      if (kind != SentencePieceModel.NORMAL && kind != SentencePieceModel.USER_DEFINED) {
        continue;
      }
      Integer id = ids.get(model.pieces().get(i));
      int at = id == null ? pieces.size() : id;
      if (id == null) {
        pieces.add(model.pieces().get(i));
      }
      scores[at] = model.scores()[i];
    }
    Integer unknown = ids.get("<unk>");
    Integer end = ids.get("</s>");
    if (unknown == null || end == null) {
      throw new TokenizerFormatException("vocab.json: expected <unk> and </s>, found one or none");
    }
    List<AddedToken> added = new ArrayList<>();
    ids.forEach((token, id) -> {
      boolean language = token.startsWith(">>") && token.endsWith("<<");
      if (language || token.equals("</s>") || token.equals("<unk>") || token.equals("<pad>")) {
        added.add(AddedToken.special(token, id));
      }
    });
    Piece last = added("</s>", new Special(List.of(end), List.of("</s>")));
    Piece a = new Piece.Text(0, 0);
    Precompiled table = model.charsmap().length == 0 ? null : new Precompiled(model.charsmap());
    return new TokenizerDefinition(
        null,
        null,
        added,
        new SentencePieceNormalizer(table, model.addDummyPrefix(), model.removeExtraWhitespace()),
        null,
        new Unigram(pieces, Arrays.copyOf(scores, pieces.size()), unknown, false, limit),
        new PostProcessor.Template(List.of(a, last), List.of(a, new Piece.Text(1, 0), last)),
        new Decoder.Metaspace(SPACE, Prepend.ALWAYS));
  }

  private static double[] scores(SentencePieceModel model) {
    double[] scores = new double[model.pieces().size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = model.scores()[i];
    }
    return scores;
  }

  /// The tokens that control the model or stand for what it does not know.
  private static List<AddedToken> controls(SentencePieceModel model) {
    List<AddedToken> added = new ArrayList<>();
    for (int id = 0; id < model.pieces().size(); id++) {
      byte kind = model.kinds()[id];
      if (kind == SentencePieceModel.CONTROL || kind == SentencePieceModel.UNKNOWN) {
        added.add(AddedToken.special(model.pieces().get(id), id));
      }
    }
    return added;
  }

  private static Unigram unigram(
      List<String> pieces, double[] scores, int unknownId, boolean byteFallback)
      throws TokenizerFormatException {
    try {
      return new Unigram(pieces, scores, unknownId, byteFallback);
    } catch (IllegalArgumentException e) {
      throw new TokenizerFormatException(String.valueOf(e.getMessage()), e);
    }
  }

  private static Special special(Vocabulary vocabulary, String token)
      throws TokenizerFormatException {
    return VocabularyFiles.special(vocabulary, token);
  }

  private static Piece added(String name, Special special) {
    return new Piece.Added(name, special, 0);
  }
}
