package dev.heed.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

class SvgBarsTest {
  @Test
  void longerBarsStandForLargerSharesAndTheScaleIsSaid() throws Exception {
    String svg =
        SvgBars.of(
            "Accuracy of <all>",
            List.of(
                new SvgBars.Bar("old & slow", 0.8, 0, "80 %"),
                new SvgBars.Bar("new", 0.9, 0.02, "90 ± 2 %")));
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    assertThat(document.getElementsByTagName("title").item(0).getTextContent())
        .isEqualTo("Accuracy of <all>");
    var bars = document.getElementsByTagName("rect");
    assertThat(bars.getLength()).isEqualTo(2);
    double first = width(bars, 0);
    double second = width(bars, 1);
    // The scale begins at 70 %.
    assertThat(svg).contains(">70 %<", ">100 %<", "old &amp; slow");
    assertThat(second / first).isBetween(1.99, 2.01);
    assertThat(svg.split("class=\"deviation\"")).hasSize(2);
  }

  private static double width(org.w3c.dom.NodeList bars, int index) {
    return Double.parseDouble(
        bars.item(index).getAttributes().getNamedItem("width").getNodeValue());
  }
}
