package dev.heed.explorer;

import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/// The files that the page is made of, and no others.
final class PageFiles {
  /// By path.
  static final Map<String, PageFile> NAMES = new LinkedHashMap<>();

  static {
    NAMES.put("/", new PageFile("explorer.html"));
    for (String name :
        new String[] {
          "explorer.css",
          "explorer.js",
          "state.js",
          "server.js",
          "elements.js",
          "exports.js",
          "presets.js",
          "offer.js",
          "tokens.js",
          "grid.js",
          "head.js",
          "matrix.js",
          "anatomy.js",
          "context.js",
          "next.js",
          "map.js",
          "positions.js",
          "alignment.js",
          "ablation.js",
          "training.js"
        }) {
      NAMES.put("/" + name, new PageFile(name));
    }
  }

  private PageFiles() {}

  /// A resource beside this class.
  record PageFile(String name) {
    String type() {
      String ending = name.substring(name.lastIndexOf('.') + 1);
      return switch (ending) {
        case "html" -> "text/html; charset=utf-8";
        case "css" -> "text/css; charset=utf-8";
        default -> "text/javascript; charset=utf-8";
      };
    }

    byte[] read() throws IOException {
      try (InputStream in =
          Objects.requireNonNull(PageFiles.class.getResourceAsStream(name), name)) {
        return in.readAllBytes();
      }
    }
  }
}
