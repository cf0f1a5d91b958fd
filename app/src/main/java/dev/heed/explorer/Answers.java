package dev.heed.explorer;

import dev.heed.nn.Layer;
import dev.heed.task.CapturedAttention;
import dev.heed.task.CapturedAttention.Anatomy;
import dev.heed.task.ExploredModel;
import dev.heed.task.ExploredRun;
import dev.heed.task.ExploredText;
import dev.heed.task.HeadFigures;
import dev.heed.task.WordInContext;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// What the page is told, as maps and lists for JSON; large matrices go as bytes instead.
final class Answers {
  private Answers() {}

  static Map<String, Object> model(String name, ExploredModel model) {
    Layer layer = model.layer();
    List<Object> parameters = new ArrayList<>();
    layer
        .parameters()
        .forEach((parameter, value) -> {
          List<Object> shape = new ArrayList<>();
          for (int dimension : value.shape().dimensions()) {
            shape.add(dimension);
          }
          parameters.add(Map.of("name", parameter, "shape", shape));
        });
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("name", name);
    answer.put("kind", model.kind().name());
    answer.put("family", layer.getClass().getSimpleName());
    answer.put("longest", model.maximumLength());
    answer.put("count", layer.parameterCount());
    answer.put("parameters", parameters);
    return answer;
  }

  static Map<String, Object> run(String id, String model, ExploredRun run) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("run", id);
    answer.put("model", model);
    answer.put("source", text(run.source()));
    ExploredText target = run.target();
    if (target != null) {
      answer.put("target", text(target));
    }
    List<Object> attentions = new ArrayList<>();
    run.attentions()
        .forEach((kind, layers) -> {
          CapturedAttention first = layers.getFirst();
          Map<String, Object> one = new LinkedHashMap<>();
          one.put("kind", kind);
          one.put("layers", layers.size());
          one.put("heads", first.heads());
          one.put("keyValueHeads", first.keyValueHeads());
          one.put("headWidth", first.headWidth());
          attentions.add(one);
        });
    answer.put("attentions", attentions);
    answer.put("outcomes", outcomes(run.outcomes()));
    answer.put("layers", outcomes(run.layers()));
    List<Object> vector = new ArrayList<>();
    for (float value : run.vector()) {
      vector.add(Math.round(value * 1e5) / 1e5);
    }
    answer.put("vector", vector);
    return answer;
  }

  private static Map<String, Object> text(ExploredText text) {
    List<Object> tokens = new ArrayList<>();
    for (ExploredText.Token token : text.tokens()) {
      tokens.add(
          List.of(
              token.id(),
              token.token(),
              token.shown(),
              token.start(),
              token.end(),
              token.special()));
    }
    return Map.of("tokens", tokens, "words", text.words());
  }

  private static List<Object> outcomes(List<ExploredRun.Outcome> outcomes) {
    List<Object> all = new ArrayList<>();
    for (ExploredRun.Outcome outcome : outcomes) {
      all.add(Map.of("place", outcome.place(), "best", choices(outcome.best())));
    }
    return all;
  }

  static List<Object> choices(List<ExploredRun.Choice> choices) {
    List<Object> best = new ArrayList<>();
    choices.forEach(one -> best.add(List.of(one.id(), one.text(), one.probability())));
    return best;
  }

  /// For each layer, for each head, the figures in their order.
  static List<Object> figures(List<List<HeadFigures>> layers) {
    List<Object> all = new ArrayList<>();
    for (List<HeadFigures> heads : layers) {
      for (HeadFigures head : heads) {
        all.add(
            List.of(
                head.entropy(),
                head.distance(),
                head.special(),
                head.first(),
                head.previous(),
                head.next(),
                head.same()));
      }
    }
    return all;
  }

  static Map<String, Object> context(WordInContext context, List<String> sentences) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("sentences", sentences);
    List<Object> places = new ArrayList<>();
    for (WordInContext.Place place : context.places()) {
      places.add(List.of(place.sentence(), place.word(), place.start(), place.end()));
    }
    answer.put("places", places);
    answer.put("occurrences", context.occurrences());
    List<Object> layers = new ArrayList<>();
    for (WordInContext.Layer layer : context.layers()) {
      layers.add(
          Map.of(
              "cosines", matrix(layer.cosines()),
              "points", matrix(layer.points()),
              "explained", row(layer.explained())));
    }
    answer.put("layers", layers);
    answer.put("first", near(context.first()));
    answer.put("last", context.last().stream().<Object>map(Answers::near).toList());
    return answer;
  }

  private static List<Object> near(List<WordInContext.Near> all) {
    List<Object> list = new ArrayList<>();
    all.forEach(near -> list.add(List.of(near.word(), near.sentence(), near.cosine())));
    return list;
  }

  private static List<Object> matrix(float[][] rows) {
    List<Object> matrix = new ArrayList<>();
    for (float[] row : rows) {
      matrix.add(row(row));
    }
    return matrix;
  }

  private static List<Object> row(float[] values) {
    List<Object> row = new ArrayList<>();
    for (float value : values) {
      row.add((double) value);
    }
    return row;
  }

  /// S, Dh, Dv, the scale; then the query, the mixed values, and for each key its product, cosine,
  /// bias, whether it is seen, weight, length of its value and share; at last the keys.
  static byte[] anatomy(Anatomy anatomy) {
    int keys = anatomy.keys().length;
    int width = anatomy.query().length;
    int valueWidth = anatomy.mixed().length;
    Binary out = Binary.of(4 + width + valueWidth + keys * (7 + width));
    out.integers(keys, width, valueWidth).floats((float) anatomy.scale());
    out.floats(anatomy.query()).floats(anatomy.mixed());
    for (int s = 0; s < keys; s++) {
      out.floats(
          anatomy.products()[s],
          anatomy.cosines()[s],
          anatomy.biases()[s],
          anatomy.seen()[s] ? 1 : 0,
          anatomy.weights()[s],
          anatomy.valueLengths()[s],
          anatomy.shares()[s]);
    }
    for (float[] key : anatomy.keys()) {
      out.floats(key);
    }
    return out.bytes();
  }
}
