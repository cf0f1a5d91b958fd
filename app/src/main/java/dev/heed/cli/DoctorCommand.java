package dev.heed.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.core.JsonGenerator;

/// `heed doctor`: what Heed found on this machine and what it makes of it.
@Command(
    name = "doctor",
    description =
        "Says what is in use on this machine and why: kernels, memory, folders, terminal.")
final class DoctorCommand implements Callable<Integer> {
  private final HeedCommand heed;

  @Mixin private ResultOutput output = new ResultOutput();

  DoctorCommand(HeedCommand heed) {
    this.heed = heed;
  }

  @Override
  public Integer call() throws IOException {
    List<Diagnosis> diagnoses =
        List.of(
            Diagnosis.ofHeed(),
            Diagnosis.ofMachine(),
            Diagnosis.ofKernels(),
            Diagnosis.ofJava(),
            Diagnosis.ofMemory(),
            Diagnosis.ofFolders(heed),
            Diagnosis.ofTerminal(heed.invocation()));
    output.write(
        heed,
        out -> {
          switch (output.format()) {
            case TEXT -> text(diagnoses, out);
            case JSON, JSONL -> Json.write(out, output.format(), json -> json(diagnoses, json));
          }
        });
    return ExitCode.DONE.code();
  }

  private static void text(List<Diagnosis> diagnoses, PrintStream out) {
    int width =
        diagnoses.stream()
            .flatMap(diagnosis -> diagnosis.facts().stream())
            .mapToInt(fact -> fact.name().length())
            .max()
            .orElse(0);
    for (Diagnosis diagnosis : diagnoses) {
      out.println(diagnosis.part());
      for (Diagnosis.Fact fact : diagnosis.facts()) {
        String why = fact.why().isEmpty() ? "" : "  (" + fact.why() + ")";
        String name = fact.name() + " ".repeat(width - fact.name().length());
        out.println("  " + name + "  " + fact.shown() + why);
      }
    }
  }

  private static void json(List<Diagnosis> diagnoses, JsonGenerator json) {
    json.writeStartObject();
    for (Diagnosis diagnosis : diagnoses) {
      json.writeName(diagnosis.part());
      json.writeStartObject();
      for (Diagnosis.Fact fact : diagnosis.facts()) {
        json.writeName(fact.name());
        json.writeStartObject();
        json.writeName("value");
        Json.value(json, fact.value());
        if (!fact.why().isEmpty()) {
          json.writeStringProperty("why", fact.why());
        }
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    json.writeEndObject();
  }
}
