package dev.heed.generation.template;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// How a model wants a conversation laid out: a template in the part of Jinja that published models
/// use. What it may take of time and memory is bounded, and it reaches nothing but its variables.
///
/// Source: `chat_template_utils.py` of transformers: `trim_blocks`, `lstrip_blocks`,
/// `raise_exception`, `strftime_now`, `tojson` without ASCII escapes.
public final class ChatTemplate {
  private static final int LONGEST = 1 << 20;

  private final Scope.Statement template;
  private final Supplier<ZonedDateTime> now;

  private ChatTemplate(Scope.Statement template, Supplier<ZonedDateTime> now) {
    this.template = template;
    this.now = now;
  }

  /// Reads a template.
  ///
  /// @throws TemplateException if it is not well-formed, or uses what Heed lacks
  public static ChatTemplate of(String template) {
    return of(template, ZonedDateTime::now);
  }

  static ChatTemplate of(String template, Supplier<ZonedDateTime> now) {
    if (template.length() > LONGEST) {
      throw new TemplateException(
          "a chat template must have at most %d characters: received %d"
              .formatted(LONGEST, template.length()));
    }
    return new ChatTemplate(TemplateParser.parse(template), now);
  }

  /// Who said what.
  ///
  /// @param role `system`, `user` or `assistant`, as the model knows it
  public record Message(String role, String content) {
    Map<String, @Nullable Object> toMap() {
      Map<String, @Nullable Object> map = new LinkedHashMap<>();
      map.put("role", role);
      map.put("content", content);
      return map;
    }
  }

  /// The text of a conversation, up to where the assistant begins to answer.
  ///
  /// @param variables more, such as `bos_token`, `eos_token`, `tools`, `enable_thinking`
  /// @throws TemplateException if the template refuses the conversation, or takes too long
  public String render(List<Message> messages, Map<String, ?> variables) {
    List<@Nullable Object> all = new ArrayList<>();
    messages.forEach(message -> all.add(message.toMap()));
    Map<String, @Nullable Object> given = new LinkedHashMap<>(variables);
    given.put("messages", all);
    given.putIfAbsent("add_generation_prompt", true);
    return render(given);
  }

  /// The text that the template makes of these variables.
  String render(Map<String, @Nullable Object> variables) {
    Map<String, @Nullable Object> all = new LinkedHashMap<>(variables);
    all.put(
        "raise_exception",
        function(arguments -> {
          throw new TemplateException(Values.text(arguments.isEmpty() ? "" : arguments.getFirst()));
        }));
    all.put("strftime_now", function(arguments -> time(Values.text(arguments.getFirst()))));
    all.put("range", function(ChatTemplate::range));
    all.put(
        "namespace",
        (Scope.Function) (arguments, named) -> new Values.Namespace(new LinkedHashMap<>(named)));
    all.put("dict", (Scope.Function) (arguments, named) -> new LinkedHashMap<>(named));
    StringBuilder out = new StringBuilder();
    try {
      template.run(new Scope(all), out);
    } catch (Scope.Jump jump) {
      throw new TemplateException("break and continue belong into a loop");
    }
    return out.toString();
  }

  private interface OfArguments {
    @Nullable Object call(List<@Nullable Object> arguments);
  }

  private static Scope.Function function(OfArguments body) {
    return (arguments, named) -> body.call(arguments);
  }

  private static Object range(List<@Nullable Object> arguments) {
    long from = arguments.size() < 2 ? 0 : number(arguments.get(0));
    long to = number(arguments.get(arguments.size() < 2 ? 0 : 1));
    long step = arguments.size() < 3 ? 1 : number(arguments.get(2));
    if (step == 0 || Math.abs((double) to - from) / Math.abs(step) > 100_000) {
      throw new TemplateException("a chat template's range must be at most 100000 long");
    }
    List<@Nullable Object> all = new ArrayList<>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      all.add(i);
    }
    return all;
  }

  private static long number(@Nullable Object value) {
    if (value instanceof Long number) {
      return number;
    }
    throw new TemplateException("a chat template's range needs whole numbers");
  }

  /// As Python's `strftime`.
  private String time(String format) {
    ZonedDateTime time = now.get();
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || ++i == format.length()) {
        out.append(c);
        continue;
      }
      String pattern =
          switch (format.charAt(i)) {
            case 'd' -> "dd";
            case 'b' -> "MMM";
            case 'B' -> "MMMM";
            case 'Y' -> "yyyy";
            case 'y' -> "yy";
            case 'm' -> "MM";
            case 'H' -> "HH";
            case 'I' -> "hh";
            case 'M' -> "mm";
            case 'S' -> "ss";
            case 'p' -> "a";
            case 'A' -> "EEEE";
            case 'a' -> "EEE";
            case 'j' -> "DDD";
            case '%' -> "'%'";
            default -> throw new TemplateException("strftime_now: Heed lacks %" + format.charAt(i));
          };
      out.append(time.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH)));
    }
    return out.toString();
  }
}
