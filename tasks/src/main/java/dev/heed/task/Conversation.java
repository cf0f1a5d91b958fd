package dev.heed.task;

import dev.heed.generation.KnownText;
import dev.heed.generation.template.ChatTemplate;
import dev.heed.generation.template.ChatTemplate.Message;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What a user and a language model say to each other, laid out by the model's chat template. Each
/// turn computes only what is new. For one thread; one model serves any number of conversations.
public final class Conversation {
  private final LanguageModel model;
  private final ChatTemplate template;
  private final KnownText known;
  private final List<Message> messages = new ArrayList<>();

  Conversation(LanguageModel model, ChatTemplate template) {
    this.model = model;
    this.template = template;
    this.known = new KnownText(model.model());
  }

  /// What was said so far, the first first.
  public List<Message> messages() {
    return List.copyOf(messages);
  }

  /// Tells the model beforehand what it is to be, or nothing; forgets what was said.
  public void begin(@Nullable String system) {
    messages.clear();
    if (system != null && !system.isEmpty()) {
      messages.add(new Message("system", system));
    }
  }

  /// Takes back the last thing that the user said, and the answer.
  ///
  /// @return what the user had said; null if nothing was
  public @Nullable String undo() {
    while (!messages.isEmpty() && !messages.getLast().role().equals("system")) {
      Message last = messages.removeLast();
      if (last.role().equals("user")) {
        return last.content();
      }
    }
    return null;
  }

  /// Forgets the oldest turn that the model was not told beforehand, and says whether there was one
  /// besides the last.
  public boolean forgetOldest() {
    int first = !messages.isEmpty() && messages.getFirst().role().equals("system") ? 1 : 0;
    int next = first + 1;
    while (next < messages.size() && !messages.get(next).role().equals("user")) {
      next++;
    }
    if (next >= messages.size()) {
      return false;
    }
    messages.subList(first, next).clear();
    return true;
  }

  /// The text that the model would see if the user said `text` now.
  ///
  /// @throws dev.heed.generation.template.TemplateException if the template refuses that
  public String prompt(String text) {
    List<Message> all = new ArrayList<>(messages);
    all.add(new Message("user", text));
    return render(all);
  }

  private String render(List<Message> all) {
    Map<String, Object> variables = new LinkedHashMap<>();
    var config = model.tokenizer().config();
    variables.put("bos_token", config.beginOfText() == null ? "" : config.beginOfText());
    variables.put("eos_token", config.endOfText() == null ? "" : config.endOfText());
    return template.render(all, variables);
  }

  /// The tokens of [#prompt].
  public int[] tokens(String text) {
    return model.tokenizer().encode(prompt(text), false).ids();
  }

  /// Says `text` to the model; `piece` hears its answer as it is made. An answer that was stopped
  /// belongs to the conversation as far as it came.
  ///
  /// @throws IllegalArgumentException if the conversation has become too long for the model;
  ///   nothing was said then
  public LanguageModel.Completion say(
      String text, LanguageModel.Request request, Consumer<String> piece) {
    LanguageModel.Completion answer = model.stream(tokens(text), request, known, piece);
    remember(text, answer);
    return answer;
  }

  /// Says a text in each of several conversations of one model at once, which takes less time than
  /// one after the other; each answer is what it is alone, up to the rounding of sums.
  ///
  /// @param texts one for each conversation
  /// @throws IllegalArgumentException if there are not as many, the conversations are not different
  ///   ones of one model, or one has become too long for it; nothing was said then
  public static List<LanguageModel.Completion> sayAll(
      List<Conversation> conversations, List<String> texts, LanguageModel.Request request) {
    if (conversations.isEmpty() || conversations.size() != texts.size()) {
      throw new IllegalArgumentException(
          "there must be a text for each of one conversation or more: received %d texts for %d"
              .formatted(texts.size(), conversations.size()));
    }
    List<LanguageModel.Answer> answers = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      Conversation one = conversations.get(i);
      int[] prompt = one.tokens(texts.get(i));
      answers.add(one.model.new Answer(prompt, request, one.known, piece -> {}));
    }
    List<LanguageModel.Completion> all = conversations.getFirst().model.streamAll(answers);
    for (int i = 0; i < texts.size(); i++) {
      conversations.get(i).remember(texts.get(i), all.get(i));
    }
    return all;
  }

  private void remember(String text, LanguageModel.Completion answer) {
    messages.add(new Message("user", text));
    messages.add(new Message("assistant", answer.text()));
  }
}
