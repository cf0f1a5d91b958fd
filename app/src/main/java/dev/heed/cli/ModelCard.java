package dev.heed.cli;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The model card that a training leaves: what the model is, what it learned from, how good it is,
/// and the command that makes it again.
///
/// @param library what opens it, such as `transformers`
/// @param pipeline Hugging Face's name of the task, such as `text-generation`
/// @param kind what the model is, such as `A language model`
/// @param from the model it began with, null for nothing
/// @param data what it learned from
/// @param heldOut what of the data it did not learn from, as a sentence
/// @param figures how good it is, as sentences or other Markdown
/// @param command what makes the same model again
record ModelCard(
    String library,
    String pipeline,
    String kind,
    @Nullable String from,
    List<Path> data,
    String heldOut,
    String figures,
    String command) {
  /// The card of a model that `transformers` opens.
  ModelCard(
      String pipeline,
      String kind,
      @Nullable String from,
      List<Path> data,
      String heldOut,
      String figures,
      String command) {
    this("transformers", pipeline, kind, from, data, heldOut, figures, command);
  }

  /// The same for a model that another library opens.
  ModelCard ofLibrary(String other) {
    return new ModelCard(other, pipeline, kind, from, data, heldOut, figures, command);
  }

  /// The same for a model of which `options` say how much learned: an update is opened by PEFT.
  ModelCard ofAdaptation(Map<String, String> options) {
    return options.containsKey(AdaptationOptions.LORA) ? ofLibrary("peft") : this;
  }

  String text(Path folder) {
    return """
    ---
    library_name: %s
    pipeline_tag: %s
    tags: [heed]
    ---
    # %s

    %s that Heed %s trained %s.

    Data: %s (the licence of the model follows that of the data%s). %s

    %s

    The same model again, bit for bit on the same machine:

    ```
    %s
    ```
    """
        .formatted(
            library,
            pipeline,
            folder.toAbsolutePath().getFileName(),
            kind,
            Version.heed(),
            from == null ? "from nothing" : "from `" + from + "`",
            data.stream()
                .map(file -> "`" + file.getFileName() + "`")
                .collect(Collectors.joining(", ")),
            from == null ? "" : " and of the model it began with",
            heldOut,
            figures,
            command);
  }
}
