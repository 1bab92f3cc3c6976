"""The gallery of a hundred photos: nothing jumps, each screen gets files of its own size."""

import io
from pathlib import Path
from random import Random

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Page, Route, expect

from tests.browser.pages import SHIFTS

WIDTHS = (360, 768, 1440)
BOXES = """() => [...document.querySelectorAll(".wall li, .wall img")].map(element => {
    const box = element.getBoundingClientRect();
    return [box.x, box.y + scrollY, box.width, box.height].map(Math.round);
})"""


@pytest.fixture(scope="module")
def hundred(serve, tmp_path_factory):
    """A site with a hundred photos: wide, high, and small ones."""
    folder = tmp_path_factory.mktemp("hundred")
    random = Random(7)
    for number in range(100):
        noise = Image.frombytes("RGB", (6, 4), random.randbytes(72))
        shape = random.choice([(1500, 1000), (1000, 1500), (1200, 1200), (2000, 900), (300, 200)])
        noise.resize(shape, Image.Resampling.BICUBIC).save(folder / f"photo_{number:03}.jpg")
    return serve("--photos", str(folder))


@pytest.fixture
def gallery(hundred, open_page):
    """Return a function that opens the gallery in a window of this width."""

    def gallery(width: int, *, blocked: bool = False, edited=None) -> Page:
        # A test may hide what it does not look at.
        options = {"viewport": {"width": width, "height": 800}, "bypass_csp": blocked}
        page = open_page(base_url=hundred.url, **options)
        page.add_init_script(SHIFTS)
        if blocked:
            page.route("**/*.webp*", lambda route: route.fulfill(status=204))
        if edited:
            page.route(f"{hundred.url}/", lambda route: edit(route, edited))
        page.goto("/")
        return page

    return gallery


def edit(route: Route, edited) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=edited(answer.text()))


def look_at_all(page: Page) -> None:
    """Scroll to the end, and see every picture come."""
    pictures = page.locator(".wall img")
    expect(pictures).to_have_count(100)
    for picture in pictures.all()[::4]:
        picture.scroll_into_view_if_needed()
    page.keyboard.press("End")
    for picture in pictures.all():
        expect(picture).to_have_js_property("complete", True, timeout=30_000)


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_jumps(gallery, width, tmp_path):
    page = gallery(width)
    look_at_all(page)

    assert page.evaluate("window.shifts") == 0
    loaded = page.evaluate(BOXES)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert loaded == gallery(width, blocked=True).evaluate(BOXES)
    page.screenshot(path=tmp_path / f"{width}.png", full_page=True)


def test_the_oracle_sees_what_jumps(gallery):
    """Without the room that is kept free the same page moves."""

    def without_room(html: str) -> str:
        return html.replace("--w:", "--no:").replace(" height=", " data-no=")

    page = gallery(768, edited=without_room)
    look_at_all(page)

    assert page.evaluate("window.shifts") > 0.01


@pytest.mark.parametrize(("width", "most"), [(360, 640), (1440, 1024)])
def test_each_screen_gets_files_of_its_own_size(gallery, width, most):
    page = gallery(width)
    look_at_all(page)

    for picture in page.locator(".wall img").all():
        chosen = picture.evaluate("picture => picture.currentSrc")
        shown = picture.bounding_box()["width"]
        offered = dict(
            reversed(each.split(" ")) for each in picture.get_attribute("srcset").split(", ")
        )
        told = {url: int(width.removesuffix("w")) for width, url in offered.items()}
        [real] = [width for url, width in told.items() if chosen.endswith(url)]
        assert real <= most
        enough = [width for width in told.values() if width >= shown * 0.7]
        assert real <= min(enough, default=max(told.values())) or real < 2 * shown


def test_until_it_is_there_its_colours_are(gallery):
    page = gallery(1440, blocked=True)
    page.add_style_tag(content="img { color: transparent }")
    blocked = page.locator(".wall img").first
    stand_in = Image.open(io.BytesIO(blocked.screenshot())).convert("RGB")
    page = gallery(1440)
    picture = page.locator(".wall img").first
    expect(picture).to_have_js_property("complete", True)
    real = Image.open(io.BytesIO(picture.screenshot())).convert("RGB")

    small = [image.resize((5, 4), Image.Resampling.BOX) for image in (stand_in, real)]
    assert max(ImageStat.Stat(ImageChops.difference(*small)).mean) < 40
    grey = Image.new("RGB", (5, 4), "grey")
    assert max(ImageStat.Stat(ImageChops.difference(grey, small[1])).mean) > 40


def test_no_picture_is_asked_for_before_it_is_looked_at(gallery):
    page = gallery(360)
    expect(page.locator(".wall img").first).to_have_js_property("complete", True)
    last = page.locator(".wall img").last

    assert last.get_attribute("loading") == "lazy"
    assert page.locator(".wall img").first.get_attribute("loading") == "eager"
    assert last.evaluate("picture => picture.complete") is False


def test_a_screenshot_for_people(gallery, tmp_path: Path):
    """Where pictures are blocked the page is no less tidy."""
    page = gallery(768, blocked=True)
    page.screenshot(path=tmp_path / "blocked.png")
    assert (tmp_path / "blocked.png").stat().st_size > 10_000
