package dev.heed.cli.terminal;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;

/// Progress in Keras's manner: on a terminal one line an epoch that is redrawn as the work goes on,
/// elsewhere one line when an epoch ends and at each [#milestone].
///
/// ```
/// Epoch 2/10
///  312/1000 ━━━━━━━━━╸                     0:14 left  24 ms/step  loss: 3.1250  accuracy: 0.4100
/// ```
///
/// Not thread-safe: one thread trains and reports.
public final class ProgressBar implements AutoCloseable {
  private static final long REDRAW_NANOS = 100_000_000;
  private static final int BAR_COLUMNS = 30;
  private static final int LEAST_BAR_COLUMNS = 5;

  private final PrintStream messages;
  private final Terminal terminal;
  private final LongSupplier nanoTime;
  private String title = "";
  private String unit = "step";
  private long total;
  private long doneBefore;
  private long started;
  private long drawn;
  private boolean open;
  private boolean lineDirty;
  private Function<Terminal, List<String>> panel = terminal -> List.of();
  private int panelLines;

  /// Reports to `messages`, which `terminal` is behind.
  public ProgressBar(PrintStream messages, Terminal terminal) {
    this(messages, terminal, System::nanoTime);
  }

  ProgressBar(PrintStream messages, Terminal terminal, LongSupplier nanoTime) {
    this.messages = messages;
    this.terminal = terminal;
    this.nanoTime = nanoTime;
  }

  /// Begins an epoch (or any piece of work) of `total` steps, called `title`: "Epoch 1/10".
  public void begin(String title, long total) {
    begin(title, total, "step");
  }

  /// Begins a piece of work of `total` units, named in the singular: "file".
  public void begin(String title, long total, String unit) {
    if (total < 1) {
      throw new IllegalArgumentException("a progress bar needs at least one step: " + total);
    }
    close();
    this.title = title;
    this.unit = unit;
    this.total = total;
    open = true;
    panel = ignored -> List.of();
    doneBefore = 0;
    started = nanoTime.getAsLong();
    drawn = started - REDRAW_NANOS;
    if (terminal.interactive() && !title.isEmpty()) {
      messages.println(DisplayWidth.cut(title, terminal.columns()));
    }
  }

  /// Draws lines above the bar of this epoch, anew with it. Only a terminal shows them; none may be
  /// wider than it is.
  public void panel(Function<Terminal, List<String>> lines) {
    panel = lines;
  }

  /// Says that `done` of the total are done, in a line of its own where there is no terminal.
  public void milestone(long done, Map<String, Double> figures) {
    if (open && !terminal.interactive() && done < total) {
      long elapsed = nanoTime.getAsLong() - started;
      messages.println(
          done + "/" + total + "  " + timeLeft(done, elapsed) + figures(done, figures));
    }
  }

  /// Says that the first `done` steps were done before, by an earlier run: the pace and the time
  /// left are those of the steps that follow.
  public void startAt(long done) {
    doneBefore = done;
  }

  /// Says that `done` of the total are done. Redraws at most ten times a second.
  ///
  /// @param figures what to show behind the bar, in order: loss, accuracy, tokens per second
  public void update(long done, Map<String, Double> figures) {
    long now = nanoTime.getAsLong();
    if (!open || !terminal.interactive() || now - drawn < REDRAW_NANOS) {
      return;
    }
    drawn = now;
    draw(done, timeLeft(done, now - started), figures);
  }

  /// Ends the epoch with its final figures and leaves its line standing.
  public void end(Map<String, Double> figures) {
    end(total, figures);
  }

  /// Ends the epoch early, `done` of its steps having been done.
  public void end(long done, Map<String, Double> figures) {
    if (!open) {
      return;
    }
    String took = duration(nanoTime.getAsLong() - started);
    if (terminal.interactive()) {
      draw(done, took, figures);
      messages.println();
      lineDirty = false;
      panelLines = 0;
    } else {
      String heading = title.isEmpty() ? "" : title + "  ";
      messages.println(heading + done + "/" + total + "  " + took + figures(done, figures));
    }
    open = false;
  }

  /// Prints a message without breaking the bar: it stands above it.
  public void note(String message) {
    if (lineDirty) {
      messages.print(panelLines == 0 ? "\r\u001b[K" : toPanel() + "\u001b[J");
      lineDirty = false;
      panelLines = 0;
    }
    messages.println(message);
    drawn = nanoTime.getAsLong() - REDRAW_NANOS;
  }

  /// Leaves the terminal on a fresh line, whatever happened.
  @Override
  public void close() {
    if (lineDirty) {
      messages.println();
      lineDirty = false;
      panelLines = 0;
    }
    open = false;
  }

  private void draw(long done, String time, Map<String, Double> figures) {
    String count = DisplayWidth.right(Long.toString(done), Long.toString(total).length());
    String before = count + "/" + total + " ";
    String after = " " + time + figures(done, figures);
    // The last column stays free: some terminals wrap as soon as it is written.
    int room = terminal.columns() - 1 - before.length();
    int bar = Math.clamp(room - (long) DisplayWidth.of(after), LEAST_BAR_COLUMNS, BAR_COLUMNS);
    String tail = DisplayWidth.cut(after, Math.max(0, room - bar));
    messages.print(drawnPanel() + "\r" + before + bar(done, bar) + tail + "\u001b[K");
    messages.flush();
    lineDirty = true;
  }

  /// Goes to the beginning of the panel that stands.
  private String toPanel() {
    return "\r\u001b[" + panelLines + "A";
  }

  private String drawnPanel() {
    List<String> lines = panel.apply(terminal);
    StringBuilder drawnLines = new StringBuilder();
    if (panelLines > 0) {
      drawnLines.append(toPanel());
      drawnLines.append(lines.size() < panelLines ? "\u001b[J" : "");
    } else if (lineDirty && !lines.isEmpty()) {
      drawnLines.append('\r');
    }
    lines.forEach(line -> drawnLines.append(line).append("\u001b[K\n"));
    panelLines = lines.size();
    return drawnLines.toString();
  }

  private String bar(long done, int columns) {
    double filled = Math.clamp((double) done / total, 0, 1) * columns;
    int whole = (int) filled;
    boolean half = whole < columns && filled - whole >= 0.5;
    String drawnPart = "━".repeat(whole) + (half ? "╸" : "");
    String rest = " ".repeat(columns - drawnPart.length());
    return Ramp.foreground(drawnPart, terminal.colors()) + rest;
  }

  private String figures(long done, Map<String, Double> figures) {
    StringBuilder line = new StringBuilder();
    long doneNow = done - doneBefore;
    if (doneNow > 0) {
      line.append("  ").append(pace((nanoTime.getAsLong() - started) / (double) doneNow));
    }
    figures.forEach(
        (name, value) -> line.append("  ").append(name).append(": ").append(number(value)));
    return line.toString();
  }

  private String pace(double nanosEach) {
    if (nanosEach >= 1e9) {
      return String.format(Locale.ROOT, "%.1f s/%s", nanosEach / 1e9, unit);
    }
    return nanosEach >= 1e6
        ? String.format(Locale.ROOT, "%.0f ms/%s", nanosEach / 1e6, unit)
        : String.format(Locale.ROOT, "%.0f µs/%s", nanosEach / 1e3, unit);
  }

  private String timeLeft(long done, long elapsed) {
    long doneNow = done - doneBefore;
    if (doneNow <= 0) {
      return "…";
    }
    return duration((long) (elapsed / (double) doneNow * (total - done))) + " left";
  }

  /// Hours, minutes and seconds: `0:07`, `12:40`, `1:02:09`.
  public static String duration(long nanos) {
    long seconds = Math.round(nanos / 1e9);
    long hours = seconds / 3600;
    long minutes = seconds / 60 % 60;
    return hours > 0
        ? String.format(Locale.ROOT, "%d:%02d:%02d", hours, minutes, seconds % 60)
        : String.format(Locale.ROOT, "%d:%02d", minutes, seconds % 60);
  }

  /// Four decimals for small numbers, as Keras prints them; thousands without decimals.
  private static String number(double value) {
    double size = Math.abs(value);
    if (size != 0 && size < 1e-3) {
      return String.format(Locale.ROOT, "%.2e", value);
    }
    return size >= 1000
        ? String.format(Locale.ROOT, "%.0f", value)
        : String.format(Locale.ROOT, "%.4f", value);
  }
}
