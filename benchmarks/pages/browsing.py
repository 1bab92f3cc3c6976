"""What a browser pays for a page: bytes of pictures, and layout that moves; in a real Chromium."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, sync_playwright

from tests.chromium import FLAGS

#: Width → height of the window.
WINDOWS = {360: 740, 768: 1024, 1440: 900}
OBSERVE = """
performance.setResourceTimingBufferSize(100_000);
window.shifted = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) window.shifted += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
    scrollTo(0, y);
    await new Promise(done => setTimeout(done, 50));
  }
}"""
#: All are there, and none is broken.
SHOWN = "[...document.images].every(image => image.complete && image.naturalWidth)"
TOLD = """async () => {
  await new Promise(done => setTimeout(done, 200));  // The observer is told a frame later.
  const pictures = performance.getEntriesByType("resource")
    .filter(entry => new URL(entry.name).pathname.startsWith("/media/"));
  return [pictures.length, pictures.reduce((sum, entry) => sum + entry.encodedBodySize, 0), shifted];
}"""


class Sight(NamedTuple):
    """A page that was looked at to its end."""

    requests: int
    bytes: int
    #: The sum of all layout shifts, not of the worst five seconds.
    shift: float


class Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    extensions_map = {".html": "text/html", ".jpg": "image/jpeg", ".webp": "image/webp"}

    def do_GET(self) -> None:
        if self.path.startswith("/media/"):
            time.sleep(0.02)  # The page is laid out before its pictures come.
        super().do_GET()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def sights(folder: Path, pages: list[str]) -> Iterator[tuple[str, int, Sight]]:
    """Yield page, width of the window and what was seen, of HTML files in the folder."""
    with _served(folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for page in pages:
            for width in WINDOWS:
                yield page, width, _seen(browser, f"{address}/{page}", width)
        browser.close()


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    """Serve the folder; yield the address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def _seen(browser: Browser, url: str, width: int) -> Sight:
    """Look at the page in a new window, whose cache is empty."""
    context = browser.new_context(viewport={"width": width, "height": WINDOWS[width]})
    page = context.new_page()
    page.add_init_script(OBSERVE)
    page.goto(url)
    page.evaluate(SCROLL)
    page.wait_for_function(SHOWN)
    sight = Sight(*page.evaluate(TOLD))
    context.close()
    return sight
