"""Called by benchmarks/explorer: times the explorer's page in Chromium and prints a table."""

import shutil
import statistics
import subprocess
import sys
import time

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

HEED, MODEL = sys.argv[1:]
TIMES = 15

# Waits, frame by frame, until a condition holds; gives milliseconds since `begin`.
UNTIL = """
const done = arguments[arguments.length - 1];
const begin = performance.now();
%s
const look = () => (%s) ? done(performance.now() - begin) : requestAnimationFrame(look);
look();
"""


def measure(browser, act, condition):
    return browser.execute_async_script(UNTIL % (act, condition))


def chromium():
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for argument in ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run"]:
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    browser.set_window_size(1300, 1000)
    browser.set_script_timeout(120)
    return browser


def main():
    server = subprocess.Popen(
        [HEED, "explore", "--no-browser", "--model", MODEL], stdout=subprocess.PIPE, text=True)
    browser = chromium()
    try:
        address = server.stdout.readline().strip()
        browser.get(address)
        wait(browser, "document.documentElement.dataset.ready && document.getElementById('busy').hidden")
        page = []
        for _ in range(5):
            browser.get(address + "?view=training")
            wait(browser, "performance.getEntriesByType('navigation')[0].loadEventEnd > 0")
            page.append(browser.execute_script(
                "return performance.getEntriesByType('navigation')[0].loadEventEnd"))
        browser.get(address + "?view=grid")
        wait(browser, "document.getElementById('view').dataset.drawn")
        drawn = "document.getElementById('view').dataset.drawn"
        wholes, pictures = [], []
        for i in range(6):
            wholes.append(measure(
                browser,
                "delete document.getElementById('view').dataset.drawn;"
                f"document.getElementById('text').value = 'word '.repeat(510 - {i});"
                "document.getElementById('ask').requestSubmit();", drawn))
            # The model has computed, but not these pictures: the page keeps those that it has.
            pictures.append(measure(
                browser,
                "delete document.getElementById('view').dataset.drawn;"
                "document.getElementById('special').click();", drawn))
        browser.execute_script("document.getElementById('tab-head').click()")
        wait(browser, "document.querySelector('[role=grid]')")
        wait(browser, "document.getElementById('view').dataset.drawn?.startsWith('head')")
        heads = [measure(
            browser,
            "delete document.getElementById('view').dataset.drawn;"
            f"document.getElementById('{'layer' if i % 4 == 3 else 'head'}-up').click();", drawn)
            for i in range(TIMES)]
        hover = browser.execute_script("""
            const grid = document.querySelector('[role=grid]'), box = grid.getBoundingClientRect(), times = [];
            for (let i = 0; i < 200; i++) {
              const begin = performance.now();
              grid.dispatchEvent(new PointerEvent('pointermove',
                { clientX: box.left + 60 + 2 * i, clientY: box.top + 60 + (i * 7) % 300, bubbles: true }));
              times.push(performance.now() - begin);
            }
            return times;""")
        print("| what | median | worst | limit |\n|---|---|---|---|")
        for name, times, limit in [
            ("the page loads", page, 1000), ("all heads' pictures, after the model computed", pictures, 1000),
            ("another head", heads, 100), ("hover", hover, 16)]:
            print(f"| {name} | {statistics.median(times):.1f} ms | {max(times):.1f} ms | {limit} ms |")
        print(f"\nModel and pictures together: {statistics.median(wholes) / 1000:.2f} s (median).")
    finally:
        browser.quit()
        server.terminate()


def wait(browser, condition):
    for _ in range(1200):
        if browser.execute_script(f"return Boolean({condition})"):
            return
        time.sleep(0.05)
    raise SystemExit(f"waited in vain for {condition}")


main()
