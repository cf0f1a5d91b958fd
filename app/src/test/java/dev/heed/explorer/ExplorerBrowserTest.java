package dev.heed.explorer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LoggingPreferences;

/// The page in Debian's Chromium, as a person uses it. Skipped where there is no Chromium.
class ExplorerBrowserTest {
  private static final List<String> VIEWS =
      List.of(
          "map",
          "tokens",
          "grid",
          "head",
          "anatomy",
          "context",
          "next",
          "positions",
          "alignment",
          "ablation",
          "training");

  private static final boolean FULL = Boolean.getBoolean("heed.full");

  private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(40);

  @TempDir private static Path folder;

  private static TinyModels models;
  private static ExplorerServer server;
  private static ChromeDriver browser;
  private static Path downloads;

  @BeforeAll
  static void open() throws IOException {
    Optional<Path> chromium = onPath("chromium");
    Optional<Path> driver = onPath("chromedriver");
    assumeThat(chromium.isPresent() && driver.isPresent())
        .as("the page is tested only where chromium and chromedriver are (.ci/run installs them)")
        .isTrue();
    downloads = Files.createDirectories(folder.resolve("downloads"));
    Path run = Files.createDirectories(folder.resolve("my-run"));
    Files.writeString(
        run.resolve("metrics.jsonl"),
        "{\"step\":1,\"loss\":2.0}\n"
            + "{\"step\":2,\"loss\":1.5}\n"
            + "{\"step\":2,\"validation_loss\":1.7}\n");
    models = new TinyModels(folder);
    server =
        ExplorerServer.start(
            models, TinyModels.prepared(), () -> List.of(run), ListenAddress.LOOPBACK, 0);
    ChromeOptions options = new ChromeOptions();
    options.setBinary(chromium.orElseThrow().toFile());
    options.addArguments(
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-extensions",
        "--no-first-run",
        "--user-data-dir=" + folder.resolve("profile"));
    options.setExperimentalOption(
        "prefs",
        Map.of(
            "download.default_directory",
            downloads.toString(),
            "profile.default_content_setting_values.automatic_downloads",
            1));
    LoggingPreferences logs = new LoggingPreferences();
    logs.enable("browser", Level.WARNING);
    options.setCapability("goog:loggingPrefs", logs);
    browser =
        new ChromeDriver(
            new ChromeDriverService.Builder()
                .usingDriverExecutable(driver.orElseThrow().toFile())
                .usingAnyFreePort()
                .build(),
            options);
  }

  private static Optional<Path> onPath(String program) {
    return Stream.of(Objects.requireNonNullElse(System.getenv("PATH"), "").split(":"))
        .map(place -> Path.of(place, program))
        .filter(Files::isExecutable)
        .findFirst();
  }

  @AfterAll
  static void close() {
    if (browser != null) {
      browser.quit();
      server.close();
    }
  }

  @BeforeEach
  void wide() {
    browser.manage().window().setSize(new Dimension(1300, 1000));
  }

  /// No script failed, and the policy stopped nothing.
  @AfterEach
  void theConsoleIsEmpty() {
    List<String> messages =
        browser.manage().logs().get("browser").getAll().stream().map(LogEntry::getMessage).toList();
    assertThat(messages).isEmpty();
  }

  private static void visit(String... parameters) {
    StringBuilder query = new StringBuilder();
    for (int i = 0; i < parameters.length; i += 2) {
      query
          .append(i == 0 ? '?' : '&')
          .append(parameters[i])
          .append('=')
          .append(URLEncoder.encode(parameters[i + 1], StandardCharsets.UTF_8));
    }
    browser.get(server.address() + query);
    settle();
  }

  /// Waits until nothing is computed any more.
  private static void settle() {
    until(
        "return document.documentElement.dataset.ready === 'true'"
            + " && document.getElementById('busy').hidden");
  }

  private static void until(String script) {
    await(script, () -> Boolean.TRUE.equals(browser.executeScript(script)));
  }

  private static void await(String what, BooleanSupplier done) {
    long end = System.nanoTime() + PATIENCE_NANOS;
    while (!done.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited for " + what + "; " + problem()).isLessThan(end);
      try {
        Thread.sleep(40);
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private static Object js(String script, Object... arguments) {
    return Objects.requireNonNullElse(browser.executeScript(script, arguments), "");
  }

  private static WebElement find(String css) {
    return browser.findElement(By.cssSelector(css));
  }

  private static void type(CharSequence... keys) {
    browser.switchTo().activeElement().sendKeys(keys);
  }

  private static void openTab(String view) {
    find("#tab-" + view).click();
    settle();
  }

  private static String problem() {
    return String.valueOf(js("return document.getElementById('problem').textContent"));
  }

  private static String inAddress(String name) {
    // The address follows a moment later.
    js("return new Promise(done => setTimeout(done, 200))");
    return String.valueOf(
        js("return new URLSearchParams(location.search).get(arguments[0])", name));
  }

  @Test
  void everyViewOfEveryFamilyShowsSomethingAndEveryControlSaysWhatItIs() {
    for (String model : FULL ? models.names() : List.of("minilm", "demo", "numbers", "t5")) {
      visit("model", model);
      for (String view : VIEWS) {
        openTab(view);
        until(
            "return document.querySelector('#view').innerText.length > 20"
                + " || document.querySelector('#view canvas, #view svg') !== null");
        assertThat(problem()).as(model + ", " + view).isEmpty();
        assertThat(unexplained()).as(model + ", " + view).isEmpty();
        if (js("return !document.querySelector('.tools').hidden").equals(true)) {
          until(
              "return document.querySelector('#view canvas, #view svg, #view .bars, #view .token,"
                  + " #view table') !== null");
        }
      }
    }
  }

  /// Controls without a name, or without an explanation in a title.
  private static List<?> unexplained() {
    return (List<?>)
        js(
            """
            return [...document.querySelectorAll('button, input, select, textarea')]
              .filter(one => one.checkVisibility() && !one.closest('dialog'))
              .filter(one => {
                const label = one.labels?.[0];
                const name = one.getAttribute('aria-label') || one.textContent.trim() || label?.textContent.trim();
                const inGroup = one.closest('.toggles, .tokens, .reading, .heads, .empty');
                return !name || !(one.title || label?.title || inGroup);
              }).map(one => one.outerHTML.slice(0, 120));
            """);
  }

  @Test
  void keysChangeLayerAndHeadAndMoveInTheMatrix() {
    visit("view", "head", "layer", "1", "head", "2");
    until("return document.querySelector('#weight') !== null");
    find("body").sendKeys("]");
    find("body").sendKeys(".");
    assertThat(find("#layer").getText()).startsWith("Layer 2");
    assertThat(find("#head").getText()).startsWith("Head 3");
    find("body").sendKeys("[[,,,,");
    assertThat(find("#layer").getText()).startsWith("Layer 0");
    assertThat(find("#head").getText()).as("behind the first comes the last").startsWith("Head 11");
    WebElement grid = find("[role=grid]");
    grid.sendKeys(Keys.HOME, Keys.ARROW_DOWN, Keys.ARROW_RIGHT, Keys.ARROW_RIGHT);
    assertThat(grid.getAttribute("aria-activedescendant")).isEqualTo("matrix-cell");
    assertThat(find("#matrix-cell").getAttribute("aria-colindex")).isEqualTo("3");
    until("return /looks at .* with 0\\.\\d+/.test(document.getElementById('live').textContent)");
    assertThat(inAddress("layer") + inAddress("head"))
        .as("the usual layer needs no mention")
        .isEqualTo("11");
    assertThat(inAddress("key")).isEqualTo("2");
    String shown = find(".readout").getText();
    browser.navigate().refresh();
    settle();
    until("return document.querySelector('#weight')?.textContent.length === 8");
    assertThat(find(".readout").getText())
        .as("the address keeps what was looked at")
        .isEqualTo(shown);
  }

  @Test
  void theKeysLeaveTheTextAloneAndHelpOpens() {
    visit("view", "grid");
    find("body").sendKeys("/");
    assertThat(browser.switchTo().activeElement().getAttribute("id")).isEqualTo("text");
    type("].?");
    assertThat(find("#layer").getText()).startsWith("Layer 0");
    assertThat(find("#text").getAttribute("value")).endsWith("].?");
    find("#tab-grid").sendKeys("?");
    assertThat(find("dialog").isDisplayed()).isTrue();
    type(Keys.ESCAPE);
    assertThat(find("dialog").isDisplayed()).isFalse();
    find("#tab-grid").sendKeys(Keys.ARROW_RIGHT);
    assertThat(find("#view-title").getText()).isEqualTo("Head");
    find("#text").clear();
    find("#text").sendKeys("Another text", Keys.ENTER);
    until(
        "return document.querySelector('#weight') !== null"
            + " && !document.querySelector('#view').innerText.includes('station')");
    assertThat(inAddress("text")).isEqualTo("Another text");
  }

  @Test
  void headsAreSortedByWhatTheyDoAndOpenByAClick() {
    visit("view", "grid", "sort", "previous");
    until("return document.querySelectorAll('.heads button').length === 72");
    WebElement first = find(".heads button");
    assertThat(first.getAttribute("aria-label")).matches("Layer \\d+, head \\d+: [5-9]\\d\\.\\d %");
    first.click();
    assertThat(first.getAttribute("aria-pressed")).isEqualTo("true");
    first.sendKeys(Keys.ARROW_RIGHT);
    assertThat(browser.switchTo().activeElement().getAttribute("aria-pressed")).isEqualTo("true");
  }

  @Test
  void theAnatomyAddsUp() {
    visit("view", "anatomy", "layer", "1", "head", "5", "query", "5", "key", "2");
    until("return document.querySelectorAll('#view [data-go]').length === 10");
    assertThat(find("#view svg").getText()).contains("Σ 1.000", "station", "train");
    find("#view [data-go='2']").sendKeys(Keys.ARROW_DOWN);
    until(
        "return document.querySelector('#view [data-go=\"3\"]').getAttribute('aria-pressed') ==="
            + " 'true'");
    find("#as-table").click();
    until("return document.querySelectorAll('#table tbody tr').length === 10");
    find("#as-table").click();
  }

  @Test
  void aLanguageModelAnswersToItsSlidersAndATranslatorIsFollowedStepByStep() {
    visit("model", "demo", "view", "next");
    until("return document.querySelectorAll('#view .bar').length === 15");
    js(
        "const k = document.querySelector('[aria-label^=Top-k]'); k.value = 3;"
            + " k.dispatchEvent(new Event('input', { bubbles: true }))");
    assertThat(
            js(
                "return [...document.querySelectorAll('#view .bars > span:nth-child(3n)')]"
                    + ".filter(one => one.textContent === 'cut off').length"))
        .isEqualTo(12L);
    visit("model", "numbers", "view", "alignment", "text", "The train left.");
    until("return document.querySelector('.readout')?.textContent.includes('it writes')");
    js(
        "const step = document.querySelector('[aria-label=\"Decoding step\"]'); step.value = 2;"
            + " step.dispatchEvent(new Event('input', { bubbles: true }))");
    until("return document.querySelector('.controls b').textContent.startsWith('3 of')");
    assertThat(inAddress("step")).isEqualTo("2");
    visit("view", "ablation", "model", "demo");
    until("return document.querySelectorAll('.toggles button').length === 4");
    find(".toggles button").click();
    until("return document.querySelector('#view').innerText.includes('1 head off')");
  }

  @Test
  void whatIsMissingIsOffered() {
    visit("view", "alignment");
    find("#view .empty button").click();
    until("return document.getElementById('model').value === 'numbers'");
    until("return document.querySelector('.readout')?.textContent.includes('it writes')");
  }

  @Test
  void exportsNeedNoNetwork() throws IOException {
    for (String view : List.of("head", "anatomy", "map")) {
      visit("view", view, "text", "A <b>bold</b> train", "layer", "1");
      until("return document.querySelector('#view [data-go], #weight') !== null");
      for (String form : List.of("svg", "png", "csv", "html")) {
        find("[data-export=" + form + "]").click();
        downloaded("heed-%s.%s".formatted(view, form));
      }
      Path svg = downloaded("heed-%s.svg".formatted(view));
      assertThat(Files.readString(svg)).contains("<svg", "</svg>").doesNotContain("<b>");
      assertThat(ImageIO.read(downloaded("heed-%s.png".formatted(view)).toFile()).getWidth())
          .isGreaterThan(300);
      assertThat(Files.readAllLines(downloaded("heed-%s.csv".formatted(view))).size())
          .isGreaterThan(5);
      Path html = downloaded("heed-%s.html".formatted(view));
      assertThat(Files.readString(html)).doesNotContain("<script", "src=\"http");
      offline(true);
      try {
        browser.get(html.toUri().toString());
        assertThat(find("svg").getSize().getWidth()).isGreaterThan(200);
        assertThat(browser.findElements(By.cssSelector("tbody tr"))).isNotEmpty();
        assertThat(find("body").getText()).contains("A <b>bold</b> train");
      } finally {
        offline(false);
      }
    }
  }

  private static Path downloaded(String name) {
    Path file = downloads.resolve(name);
    await(name, () -> Files.exists(file) && file.toFile().length() > 0);
    return file;
  }

  private static void offline(boolean on) {
    browser.executeCdpCommand(
        "Network.emulateNetworkConditions",
        Map.of("offline", on, "latency", 0, "downloadThroughput", -1, "uploadThroughput", -1));
  }

  @Test
  void darkModeFollowsTheSystemAndTheSwitch() {
    visit("view", "tokens");
    String light = background();
    media("dark");
    try {
      until("return document.documentElement.dataset.theme === 'dark'");
      String dark = background();
      assertThat(brightness(light)).isGreaterThan(200);
      assertThat(brightness(dark)).isLessThan(60);
      assertThat(brightness(find("body").getCssValue("color"))).isGreaterThan(180);
      find("#theme").click();
      assertThat(background()).isEqualTo(light);
    } finally {
      media("light");
      js("localStorage.clear()");
    }
  }

  /// What axe-core finds: missing names, wrong roles, too little contrast and the like.
  @Test
  void nothingHindersThoseWhoSeeLittleOrUseNoMouse() throws IOException {
    String axe;
    try (InputStream in = ExplorerBrowserTest.class.getResourceAsStream("/axe.min.js")) {
      axe = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    }
    try {
      for (String scheme : List.of("light", "dark")) {
        media(scheme);
        visit("model", "minilm");
        js(axe);
        for (String view : scheme.equals("light") || FULL ? VIEWS : List.of("map", "head")) {
          openTab(view);
          until("return document.querySelector('#view').innerText.length > 20");
          Object found =
              browser.executeAsyncScript(
                  """
                  const done = arguments[arguments.length - 1];
                  axe.run(document).then(result => done(result.violations.flatMap(one =>
                    one.nodes.map(node => one.id + ': ' + node.target + ': ' + node.failureSummary))));
                  """);
          assertThat((List<?>) found).as(scheme + ", " + view).isEmpty();
        }
      }
    } finally {
      media("light");
    }
  }

  private static void media(String scheme) {
    browser.executeCdpCommand(
        "Emulation.setEmulatedMedia",
        Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
  }

  private static String background() {
    return find("#panel").getCssValue("background-color");
  }

  private static double brightness(String color) {
    String[] parts = color.replaceAll("[^0-9,.]", "").split(",");
    return Arrays.stream(parts).limit(3).mapToDouble(Double::parseDouble).average().orElse(0);
  }

  @Test
  void aNarrowWindowScrollsOnlyWhatIsWide() {
    visit("view", "grid");
    browser.executeCdpCommand(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", 360, "height", 740, "deviceScaleFactor", 1, "mobile", false));
    try {
      for (String view : VIEWS) {
        openTab(view);
        assertThat(js("return document.documentElement.scrollWidth"))
            .as(view)
            .isEqualTo(js("return document.documentElement.clientWidth"));
      }
    } finally {
      browser.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
    }
  }

  @Test
  void fiveHundredAndTwelveTokensAreDrawn() {
    visit("view", "grid");
    js("document.getElementById('text').value = 'word '.repeat(510)");
    find("#ask button").click();
    until(
        "return document.querySelectorAll('.heads button').length === 72"
            + " && document.querySelector('.heads canvas').width === 64");
    settle();
    openTab("head");
    until("return document.querySelector('[role=grid]')?.getAttribute('aria-rowcount') === '512'");
    find(".choice button:nth-child(2)").click();
    until(
        "return document.querySelector('.controls .note').textContent.includes('of 262,144"
            + " lines')");
    assertThat(
            js(
                "return Number(/Showing ([\\d,]+)/.exec(document.querySelector('.controls .note')"
                    + ".textContent)[1].replace(',', ''))"))
        .isEqualTo(2000L);
    js("document.getElementById('text').value = 'word '.repeat(600)");
    find("#ask button").click();
    until("return document.getElementById('problem').textContent.includes('received 602')");
    // The browser notes that an answer was no success.
    browser.manage().logs().get("browser");
  }

  @Test
  void anyTextIsShownAsText() {
    String wild =
        "<img src=x onerror=\"document.title='stolen'\"> <b>bold</b> مرحبا بالعالم 👩‍👩‍👧 "
            + "ü".repeat(3000);
    for (String model : List.of("minilm", "demo")) {
      visit("model", model);
      js(
          "document.getElementById('text').value = arguments[0]",
          model.equals("minilm") ? wild : wild.substring(0, 60));
      find("#ask button").click();
      until("return document.getElementById('busy').hidden");
      for (String view : List.of("tokens", "head", "anatomy", "ablation")) {
        openTab(view);
        until("return document.querySelector('#view').innerText.length > 20");
        assertThat(problem()).as(view).isEmpty();
        assertThat(browser.findElements(By.cssSelector("#view img, #view b b"))).isEmpty();
        assertThat(js("return document.documentElement.scrollWidth"))
            .as(view)
            .isEqualTo(js("return document.documentElement.clientWidth"));
      }
      assertThat(browser.getTitle()).contains("Heed");
    }
  }
}
