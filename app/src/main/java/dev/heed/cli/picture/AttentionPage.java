package dev.heed.cli.picture;

import dev.heed.task.AttentionMaps;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

/// All heads of all layers as one HTML file that needs no network: a small picture of each, and the
/// chosen one large. Weights are in it as one byte each, round(255 · √w).
public final class AttentionPage {
  private static final String TEMPLATE = "attention.html";

  private AttentionPage() {}

  /// Writes the page.
  ///
  /// @param layer which opens first
  /// @param head which opens first
  public static void write(AttentionMaps maps, String text, int layer, int head, PrintStream out)
      throws IOException {
    String page;
    try (InputStream in =
        Objects.requireNonNull(AttentionPage.class.getResourceAsStream(TEMPLATE), TEMPLATE)) {
      page = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
    String data =
        "{\"text\":%s,\"kind\":%s,\"queries\":%s,\"keys\":%s,\"layers\":%d,\"heads\":%d,"
                .formatted(
                    json(text),
                    json(maps.kind()),
                    list(maps.queries()),
                    list(maps.keys()),
                    maps.layers(),
                    maps.heads())
            + "\"layer\":%d,\"head\":%d,\"weights\":\"%s\"}"
                .formatted(layer, head, Base64.getEncoder().encodeToString(bytes(maps)));
    out.print(page.replace("__TITLE__", html(text)).replace("__DATA__", data));
  }

  private static byte[] bytes(AttentionMaps maps) {
    int size = maps.queries().size() * maps.keys().size();
    byte[] bytes = new byte[Math.multiplyExact(maps.layers() * maps.heads(), size)];
    int at = 0;
    for (int l = 0; l < maps.layers(); l++) {
      for (float weight : maps.weights().get(l).toFloatArray()) {
        bytes[at++] = (byte) Math.round(255 * Math.sqrt(weight));
      }
    }
    return bytes;
  }

  private static String list(List<String> texts) {
    return texts.stream().map(AttentionPage::json).collect(Collectors.joining(",", "[", "]"));
  }

  /// A JSON string that may stand inside a script element.
  private static String json(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x20 || c == '"' || c == '\\' || c == '<' || c == '&' || c > 0x7e) {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }

  private static String html(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
