package dev.heed.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;

class SvgLinesTest {
  @Test
  void largerValuesStandHigherAndEachLineIsNamed() throws Exception {
    String svg =
        SvgLines.of(
            "BLEU of <all>",
            List.of("1–7", "8–20"),
            List.of(
                new SvgLines.Line("old & slow", List.of(20.0, 10.0)),
                new SvgLines.Line("new", List.of(20.0, 19.0))));
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
    var points = document.getElementsByTagName("circle");
    assertThat(points.getLength()).isEqualTo(4);
    assertThat(y(points, 0)).isEqualTo(y(points, 2)).isLessThan(y(points, 1));
    assertThat(y(points, 3)).isBetween(y(points, 2), y(points, 1));
    assertThat(svg).contains(">old &amp; slow<", ">8–20<", "BLEU of &lt;all&gt;", ">20.0<");
    assertThat(document.getElementsByTagName("polyline").getLength()).isEqualTo(2);
  }

  private static double y(org.w3c.dom.NodeList points, int index) {
    return Double.parseDouble(points.item(index).getAttributes().getNamedItem("cy").getNodeValue());
  }
}
