"""What visitors do, and what holds on every page."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

SCRIPT = pytest.mark.parametrize("page", [True, False], ids=["script", "no script"], indirect=True)


def upload(page: Page, picture: Path, title: str, address: str = "/upload/") -> None:
    """Upload a picture; its page is open then."""
    fill_in(page, picture, title, address)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)


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
        assert natural == [int(picture.get_attribute(side)) for side in ("width", "height")]


def assert_accessible(page: Page) -> None:
    page.wait_for_load_state()  # A link may just have been followed.
    for width in (1280, 320):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            results = Axe().run(page)
            assert results.violations_count == 0, results.generate_report()
