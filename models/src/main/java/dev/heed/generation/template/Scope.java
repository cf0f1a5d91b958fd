package dev.heed.generation.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The variables of a template while it runs, and what it has done so far: steps and output are
/// bounded.
final class Scope {
  private static final int MOST_STEPS = 2_000_000;
  private static final int MOST_OUTPUT = 8 << 20;

  /// A variable that there is none of.
  static final Object UNDEFINED =
      new Object() {
        @Override
        public String toString() {
          return "";
        }
      };

  /// Something to call: with arguments by place, and by name.
  interface Function {
    @Nullable Object call(List<@Nullable Object> arguments, Map<String, @Nullable Object> named);
  }

  /// An expression of the template.
  interface Expression {
    @Nullable Object in(Scope scope);
  }

  /// A part of the template that writes.
  interface Statement {
    void run(Scope scope, StringBuilder out);
  }

  /// Ends a turn of a loop, or the loop.
  static final class Jump extends RuntimeException {
    private static final long serialVersionUID = 1;
    final boolean leaves;

    Jump(boolean leaves) {
      super(null, null, false, false);
      this.leaves = leaves;
    }
  }

  /// What all scopes of one run share.
  private static final class Spent {
    private int steps;
    private int depth;
  }

  private final @Nullable Scope outer;
  private final Map<String, @Nullable Object> variables = new HashMap<>();
  private final Spent spent;

  Scope(Map<String, @Nullable Object> variables) {
    this.outer = null;
    this.variables.putAll(variables);
    this.spent = new Spent();
  }

  private Scope(Scope outer) {
    this.outer = outer;
    this.spent = outer.spent;
  }

  /// A scope whose variables end with it.
  Scope inner() {
    return new Scope(this);
  }

  @Nullable Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.outer) {
      if (scope.variables.containsKey(name)) {
        return scope.variables.get(name);
      }
    }
    return UNDEFINED;
  }

  void set(String name, @Nullable Object value) {
    variables.put(name, value);
  }

  /// Counts one step.
  ///
  /// @throws TemplateException if there were too many, or too much was written
  void step(StringBuilder out) {
    if (++spent.steps > MOST_STEPS || out.length() > MOST_OUTPUT) {
      throw new TemplateException(
          "the chat template takes more than %d steps or %d characters"
              .formatted(MOST_STEPS, MOST_OUTPUT));
    }
  }

  /// Counts one step of an expression whose texts may become this long.
  void step(long length) {
    if (++spent.steps > MOST_STEPS || length > MOST_OUTPUT) {
      throw new TemplateException(
          "the chat template takes more than %d steps or %d characters"
              .formatted(MOST_STEPS, MOST_OUTPUT));
    }
  }

  void enter() {
    if (++spent.depth > 64) {
      throw new TemplateException("the chat template's macros call each other too deeply");
    }
  }

  void leave() {
    spent.depth--;
  }
}
