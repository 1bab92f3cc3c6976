"""What visitors do, and what holds on every page."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

#: Adds up what moves that nobody asked to, from the first moment on.
SHIFTS = """
    window.shifts = 0;
    new PerformanceObserver(list => {
        for (const shift of list.getEntries()) window.shifts += shift.value;
    }).observe({type: "layout-shift", buffered: true});
"""

SCRIPT = pytest.mark.parametrize("page", [True, False], ids=["script", "no script"], indirect=True)


def upload(page: Page, picture: Path, title: str, address: str = "/upload/") -> None:
    """Upload a picture; its page is open then."""
    fill_in(page, picture, title, address)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


def log_in(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="Log in").first.click()
    page.get_by_label("Username").fill("demo")
    page.get_by_label("Password").fill("demo")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("button", name="Log out")).to_be_visible()


def fill_in(page: Page, picture: Path, title: str, address: str) -> None:
    page.goto(address)
    page.get_by_label("Picture").set_input_files(picture)
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Upload").click()


def name_of(url: str) -> str:
    """Return which file the media view serves there; what follows is for caches."""
    return urlsplit(url).path.removeprefix("/media/")


def assert_loaded(page: Page, selector: str) -> None:
    """Every picture is there, with the dimensions that the page declares."""
    pictures = page.locator(selector)
    assert pictures.count() > 0
    for picture in pictures.all():
        picture.scroll_into_view_if_needed()
        # Asked from outside: a page without script on a busy machine may draw no frame to ask in.
        expect(picture).to_have_js_property("complete", True, timeout=30_000)
        natural = picture.evaluate("picture => [picture.naturalWidth, picture.naturalHeight]")
        declared = [int(picture.get_attribute(side)) for side in ("width", "height")]
        if picture.get_attribute("srcset"):  # What was chosen counts as wide as `sizes` says.
            (width, height), (_, most) = natural, declared
            assert abs(width * most / declared[0] - height) <= 2
            assert width > 0
        else:
            assert natural == declared


def assert_accessible(page: Page, part: str | None = None) -> None:
    page.wait_for_load_state()  # A link may just have been followed.
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            # Colours may be on their way.
            page.evaluate("Promise.all(document.getAnimations().map(each => each.finished))")
            results = Axe().run(page, part)
            assert results.violations_count == 0, results.generate_report()
