"""The example served by its own command, and a Chromium to look at it."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from tests.chromium import FLAGS
from tests.serving.servers import free_port

EXAMPLE = Path(__file__).parents[2] / "example_project"
#: What the graphics driver says of screenshots, and the admin's log-in page of its own script.
NOT_THE_PAGES = ("GL Driver Message", "Autofocus processing was blocked")
PATIENCE = 180  # seconds: a machine that is busy with other tests takes its time


class Site:
    """The command `demo`, running on a free port, with its data in a folder of its own."""

    def __init__(self, data: Path, *arguments: str):
        self.data = data
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = data / "log.txt"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", "--port", str(self.port), *arguments],
                cwd=EXAMPLE,
                env={**os.environ, **environment(data)},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Return as soon as the site answers."""
        deadline = time.monotonic() + PATIENCE
        while not self.ends_within(0.02) and time.monotonic() < deadline:
            with socket.socket() as probe:
                probe.settimeout(1)
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
        pytest.fail(f"The example did not start:\n{self.output}")

    def ends_within(self, seconds: float) -> bool:
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.poll() is not None

    def stop(self) -> int:
        """Press Ctrl-C; return the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE)

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def files(self) -> set[str]:
        """The names of all files in storage."""
        media = self.data / "media"
        return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}

    @property
    def gallery_files(self) -> set[str]:
        """The names of those that are not the workshop's."""
        return {name for name in self.files if not name.startswith("images/")}


def environment(data: Path) -> dict[str, str]:
    # The suite's own settings are not the example's.
    return {"DJANGO_SETTINGS_MODULE": "settings", "DEMO_DATA": str(data), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="session")
def serve(tmp_path_factory) -> Iterator[Callable[..., Site]]:
    """Return a function that starts a site; all of them are stopped in the end."""
    started: list[Site] = []

    def start(*arguments: str) -> Site:
        started.append(Site(tmp_path_factory.mktemp("demo"), *arguments))
        started[-1].wait()
        return started[-1]

    yield start
    for site in started:
        site.stop()


@pytest.fixture(scope="session")
def photographs(tmp_path_factory) -> Path:
    """Return a folder of pictures, with a file among them that is none."""
    folder = tmp_path_factory.mktemp("photographs")
    turned = Image.Exif()
    turned[0x0112] = 6  # stored on its side, as phones do
    for number in range(2):
        Image.new("RGB", (900, 600 + number), "#2f5a62").save(folder / f"plain_{number}.jpg")
    Image.new("RGB", (1200, 800), "#c98f6c").save(folder / "turned.jpg", exif=turned)
    Image.new("RGBA", (300, 900), "#1f556080").save(folder / "tall-glass.png")
    Image.new("RGB", (120, 90), "#e2825a").save(folder / "tiny.webp")
    Image.new("RGB", (1800, 900), "#8d6f5c").save(folder / "banner.jpg")
    all_around().save(folder / "all around.jpg", quality=95)
    (folder / "notes.txt").write_text("no picture at all")
    return folder


def all_around() -> Image.Image:
    """Return a panorama that looks different in all directions, and from all sides."""
    colours = Image.frombytes("RGB", (8, 4), Random(5).randbytes(8 * 4 * 3))
    return colours.resize((2048, 1024), Image.Resampling.BICUBIC)


@pytest.fixture(scope="session")
def site(serve, photographs: Path) -> Site:
    return serve("--photos", str(photographs))


# Per module, not per session: as long as Playwright runs, its event loop does, and Django refuses
# to query the database beside one.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("NO CHROMIUM ON THIS MACHINE: THE EXAMPLE'S PAGES WERE NOT TESTED. Install it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def may_fail() -> list[str]:
    """Return parts of addresses; a test adds those of what it breaks."""
    return []


@pytest.fixture
def open_page(browser: Browser, site: Site, may_fail) -> Iterator[Callable[..., Page]]:
    """Return a function that opens the site in a new window; nothing else may fail in any of them."""
    failures: list[str] = []

    def open_page(**options) -> Page:
        context = browser.new_context(**{"base_url": site.url, **options})
        page = context.new_page()
        page.on("console", hear)
        page.on("pageerror", lambda error: failures.append(str(error)))
        page.on("response", lambda answer: answer.ok or note(answer))
        return page

    def is_expected(address: str) -> bool:
        return any(part in address for part in may_fail)

    def hear(message) -> None:
        told = f"{message.type}: {message.text}"
        is_own = not any(words in told for words in NOT_THE_PAGES)
        if is_own and not is_expected(message.location["url"]):
            failures.append(told)

    def note(answer) -> None:
        if answer.status >= 400 and not is_expected(answer.url):
            failures.append(f"{answer.status}: {answer.url}")

    yield open_page
    for context in browser.contexts:
        context.close()
    assert failures == []


@pytest.fixture
def page(request, open_page) -> Page:
    return open_page(java_script_enabled=getattr(request, "param", True))


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "holiday.jpg"
    Image.linear_gradient("L").resize((1500, 1000)).convert("RGB").save(path)
    return path
