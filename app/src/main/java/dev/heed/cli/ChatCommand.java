package dev.heed.cli;

import dev.heed.generation.Sampling;
import dev.heed.generation.TextGenerator;
import dev.heed.generation.TokenConstraint;
import dev.heed.generation.grammar.Grammar;
import dev.heed.generation.template.TemplateException;
import dev.heed.task.Conversation;
import dev.heed.task.LanguageModel;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/// `heed chat`: a conversation in the terminal, a line a turn.
@Command(name = "chat", description = "A conversation with a language model; /help says more.")
final class ChatCommand implements Callable<Integer> {
  private static final String HELP =
      """
      /help            this
      /clear           forget what was said
      /system TEXT     tell the model what it is to be, and forget what was said
      /undo            take back the last turn
      /retry           let the model answer once more
      /history         what was said
      /quit            end (or Ctrl-D); Ctrl-C stops an answer\
      """;

  private final HeedCommand heed;
  private final AtomicBoolean answering = new AtomicBoolean();
  private final AtomicBoolean stopped = new AtomicBoolean();
  private long turns;
  private @Nullable TokenConstraint constraint;

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "what the model is told beforehand")
  private @Nullable String system;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      description = "at most so many tokens an answer (default: 1024)")
  private int maximumTokens = 1024;

  @Mixin private SamplingOptions choice = new SamplingOptions();
  @Mixin private GrammarOptions form = new GrammarOptions();

  @Option(
      names = "--truncate",
      description = "forget the oldest turns of a conversation that is too long for the model")
  private boolean truncate;

  ChatCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    if (maximumTokens < 1) {
      throw CommandFailure.usage("--max-tokens must be 1 or more: received " + maximumTokens);
    }
    choice.check();
    Grammar grammar = form.grammar();
    LanguageModel model = heed.languageModel();
    constraint = grammar == null ? null : model.constraint(grammar);
    Conversation conversation = conversation(model);
    conversation.begin(system);
    Signal interrupt = new Signal("INT");
    SignalHandler before = Signal.handle(interrupt, this::interrupted);
    try {
      talk(model, conversation);
    } finally {
      Signal.handle(interrupt, before);
    }
    return ExitCode.DONE.code();
  }

  private static Conversation conversation(LanguageModel model) {
    try {
      return model.conversation();
    } catch (TemplateException | IllegalStateException e) {
      throw CommandFailure.failed(String.valueOf(e.getMessage()), e);
    }
  }

  private void interrupted(Signal signal) {
    if (answering.get()) {
      stopped.set(true);
    } else {
      heed.out().println();
      heed.out().flush();
      Runtime.getRuntime().halt(ExitCode.INTERRUPTED.code());
    }
  }

  private void talk(LanguageModel model, Conversation conversation) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(heed.in(), StandardCharsets.UTF_8));
    heed.notes().println("/help says what else than text may be typed");
    while (true) {
      heed.notes().print("> ");
      heed.notes().flush();
      String line = in.readLine();
      if (line == null || line.equals("/quit") || line.equals("/exit")) {
        return;
      }
      if (line.startsWith("/")) {
        command(model, conversation, line);
      } else if (!line.isBlank()) {
        say(model, conversation, line);
      }
    }
  }

  private void command(LanguageModel model, Conversation conversation, String line) {
    String[] words = line.split(" ", 2);
    switch (words[0]) {
      case "/help" -> heed.out().println(HELP);
      case "/clear" -> conversation.begin(system);
      case "/system" -> {
        system = words.length > 1 ? words[1].strip() : "";
        conversation.begin(system);
      }
      case "/undo" -> conversation.undo();
      case "/retry" -> {
        String again = conversation.undo();
        if (again != null) {
          say(model, conversation, again);
        }
      }
      case "/history" ->
          conversation
              .messages()
              .forEach(
                  message -> heed.out().println("[" + message.role() + "] " + message.content()));
      default -> heed.notes().println("no such command: " + words[0] + " (/help lists them)");
    }
  }

  private void say(LanguageModel model, Conversation conversation, String text) {
    int most = model.model().maximumLength();
    try {
      while (conversation.tokens(text).length >= most) {
        if (!truncate || !conversation.forgetOldest()) {
          heed.notes()
              .println(
                  "the conversation is longer than the model's %d tokens: /clear or /undo it"
                      .formatted(most));
          return;
        }
      }
      Sampling sampling = choice.sampling(model.generation().sampling(), heed.seed() + turns++);
      stopped.set(false);
      answering.set(true);
      LanguageModel.Completion answer =
          conversation.say(
              text,
              LanguageModel.Request.of(maximumTokens, sampling)
                  .withConstraint(constraint)
                  .withCancelled(stopped::get),
              piece -> {
                heed.out().print(piece);
                heed.out().flush();
              });
      heed.out().println();
      if (answer.generated().ending() == TextGenerator.Ending.MAXIMUM_TOKENS) {
        heed.notes().println("stopped at --max-tokens " + maximumTokens);
      }
    } catch (TemplateException e) {
      heed.notes().println("the chat template refuses: " + e.getMessage());
    } finally {
      answering.set(false);
    }
  }
}
