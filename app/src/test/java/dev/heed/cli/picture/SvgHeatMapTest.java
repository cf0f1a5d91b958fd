package dev.heed.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.StringReader;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;

class SvgHeatMapTest {
  private static final LabelledMatrix MATRIX =
      new LabelledMatrix(
          "Layer 1, head 2: <who> & \"what\"",
          List.of("the", "train\n"),
          List.of("the", "a\u0000b", "<left>"),
          new float[][] {{0.5f, 0.25f, 0}, {0.125f, 0, 0}});

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newDefaultNSInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(svg)));
  }

  @Test
  void itIsWellFormedWhateverTheLabelsHold() throws Exception {
    Element svg = parse(SvgHeatMap.of(MATRIX, "a < b")).getDocumentElement();
    assertThat(svg.getTagName()).isEqualTo("svg");
    assertThat(svg.getElementsByTagName("title").item(0).getTextContent())
        .isEqualTo("Layer 1, head 2: <who> & \"what\"");
    assertThat(svg.getElementsByTagName("desc").item(0).getTextContent()).isEqualTo("a < b");
    assertThat(svg.getAttribute("role")).isEqualTo("img");
    assertThat(svg.getAttribute("aria-labelledby")).isEqualTo("title description");
  }

  @Test
  void everyValueHasACellWhoseStrengthIsRelativeToTheLargest() throws Exception {
    NodeList rects = parse(SvgHeatMap.of(MATRIX, "")).getElementsByTagName("rect");
    List<Element> cells =
        java.util.stream.IntStream.range(0, rects.getLength())
            .mapToObj(i -> (Element) rects.item(i))
            .filter(rect -> rect.hasChildNodes())
            .toList();
    assertThat(cells)
        .extracting(cell -> cell.getAttribute("fill-opacity"))
        .containsExactly("1.000", "0.500", "0.000", "0.250", "0.000", "0.000");
    assertThat(cells.getFirst().getTextContent()).isEqualTo("the → the: 0.5000");
    assertThat(cells.get(3).getTextContent()).isEqualTo("train⏎ → the: 0.1250");
  }

  @Test
  void itNeedsNothingFromElsewhereAndFollowsTheReadersDarkMode() {
    String svg = SvgHeatMap.of(MATRIX, "");
    assertThat(svg)
        .contains("prefers-color-scheme: dark")
        .doesNotContain("<script", "<image", "@import", "href");
    assertThat(svg.replace("http://www.w3.org/2000/svg", "")).doesNotContain("http");
  }

  @Test
  void everythingLiesInsideThePicture() throws Exception {
    Document document = parse(SvgHeatMap.of(MATRIX, ""));
    String[] box = document.getDocumentElement().getAttribute("viewBox").split(" ");
    NodeList rects = document.getElementsByTagName("rect");
    for (int i = 0; i < rects.getLength(); i++) {
      Element rect = (Element) rects.item(i);
      if (rect.getAttribute("width").endsWith("%")) {
        continue;
      }
      int right = number(rect, "x") + number(rect, "width");
      int bottom = number(rect, "y") + number(rect, "height");
      assertThat(right).isLessThanOrEqualTo(Integer.parseInt(box[2]));
      assertThat(bottom).isLessThanOrEqualTo(Integer.parseInt(box[3]));
    }
  }

  private static int number(Element element, String attribute) {
    return Integer.parseInt(element.getAttribute(attribute));
  }

  @Test
  void aMatrixMustFitItsLabels() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new LabelledMatrix("t", List.of("a"), List.of("b"), new float[2][1]))
        .withMessageContaining("expected 1 rows")
        .withMessageContaining("received 2");
    assertThatIllegalArgumentException()
        .isThrownBy(
            () -> new LabelledMatrix("t", List.of("a"), List.of("b"), new float[][] {{Float.NaN}}))
        .withMessageContaining("NaN");
  }
}
