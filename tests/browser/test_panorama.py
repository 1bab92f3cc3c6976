"""Panoramas: one looks around from the middle of the cube; without script it is unfolded."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat
from playwright.sync_api import Page, expect

from tests.browser.conftest import all_around
from tests.browser.pages import SCRIPT, assert_accessible, assert_loaded, fill_in, name_of, upload

#: Side → how the names of its tiles end.
SIDES = {"front": "f", "right": "r", "back": "b", "left": "l", "up": "u", "down": "d"}
#: Where each side lies in the unfolded cube: column and row.
PLACES = {
    "up": (1, 0),
    "left": (0, 1),
    "front": (1, 1),
    "right": (2, 1),
    "back": (3, 1),
    "down": (1, 2),
}
ALIKE = 5  # of 255: how much two pictures of one view may differ on the average


def visit(page: Page) -> None:
    page.goto("/panoramas/")
    page.get_by_role("link", name="All around").click()


@pytest.fixture
def looking(open_page) -> Page:
    """Return a panorama's page, its viewer ready; it turns at once, without a movement."""
    page = open_page(reduced_motion="reduce")
    visit(page)
    expect(page.locator(".view")).to_have_attribute("aria-busy", "false")
    return page


def tiles(page: Page) -> dict[str, Image.Image]:
    """Return side → tile, as the names of the files say it."""
    pictures = {}
    for side, letter in SIDES.items():
        link = page.locator(f'.cube a[href*="_tile_{letter}.jpeg"]')
        answer = page.request.get(link.get_attribute("href"))
        pictures[side] = Image.open(io.BytesIO(answer.body()))
    return pictures


def seen(page: Page) -> Image.Image:
    """Return what the viewer shows, after it was drawn."""
    page.evaluate("new Promise(d => requestAnimationFrame(() => requestAnimationFrame(d)))")
    return Image.open(io.BytesIO(page.locator(".view").screenshot())).convert("RGB")


def middle(picture: Image.Image, share: float) -> Image.Image:
    """Return a square from the middle, so much of the width wide, small enough to compare."""
    (width, height), half = picture.size, picture.width * share / 2
    box = (width / 2 - half, height / 2 - half, width / 2 + half, height / 2 + half)
    return picture.resize((32, 32), Image.Resampling.BOX, box)


def shown(view: Image.Image, pictures: dict[str, Image.Image]) -> set[tuple[str, str]]:
    """Return the sides that a view shows, and how they are turned or mirrored."""
    share = view.height / view.width
    part = middle(view, share)
    ways: dict[str, Callable[[Image.Image], Image.Image]] = {"as it is": Image.Image.copy}
    for way in Image.Transpose:
        ways[way.name] = lambda tile, way=way: tile.transpose(way)
    return {
        (side, name)
        for side, tile in pictures.items()
        for name, way in ways.items()
        if difference(part, way(middle(tile, share))) < ALIKE
    }


def difference(one: Image.Image, other: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3


def test_each_direction_shows_its_tile(looking):
    pictures = tiles(looking)
    assert shown(seen(looking), pictures) == {("front", "as it is")}
    for side in [*SIDES, "front"]:
        looking.get_by_role("button", name=side.title(), exact=True).click()
        assert shown(seen(looking), pictures) == {(side, "as it is")}


def test_a_movement_arrives_there_too(open_page):
    page = open_page()
    page.clock.install()
    visit(page)
    expect(page.locator(".view")).to_have_attribute("aria-busy", "false")
    page.get_by_role("button", name="Left").click()
    page.clock.run_for(2000)
    assert shown(seen(page), tiles(page)) == {("left", "as it is")}


def test_the_keyboard_turns_it_and_leaves_it(looking):
    before = seen(looking)
    view = looking.get_by_role("application", name="All around")
    looking.locator(".skip").press("Enter")
    looking.keyboard.press("Tab")
    expect(view).to_be_focused()
    assert float(view.evaluate("view => parseFloat(getComputedStyle(view).outlineWidth)")) >= 2
    looking.keyboard.down("ArrowRight")
    seen(looking)
    looking.keyboard.up("ArrowRight")
    assert difference(middle(before, 0.3), middle(seen(looking), 0.3)) > 0
    for side in SIDES:
        looking.keyboard.press("Tab")
        expect(looking.get_by_role("button", name=side.title(), exact=True)).to_be_focused()
    looking.keyboard.press("Enter")
    assert shown(seen(looking), tiles(looking)) == {("down", "as it is")}


def test_one_comes_closer(looking):
    before = seen(looking)
    looking.get_by_role("button", name="Closer").click()
    assert difference(before, seen(looking)) > 0
    looking.get_by_role("button", name="Wider").click()
    assert difference(before, seen(looking)) < 1


@pytest.mark.parametrize("page", [False], ids=["no script"], indirect=True)
def test_without_script_the_cube_lies_unfolded(page):
    visit(page)
    expect(page.locator(".viewer")).to_be_hidden()
    expect(page.get_by_role("button")).to_have_count(0)
    assert_loaded(page, ".cube img")
    boxes = {
        side: page.locator(f'.cube img[src*="_tile_{letter}.jpeg"]').bounding_box()
        for side, letter in SIDES.items()
    }
    expect(page.locator(".cube a")).to_have_text(list(SIDES))
    left, top = (min(box[edge] for box in boxes.values()) for edge in "xy")
    assert {
        side: (round((box["x"] - left) / box["width"]), round((box["y"] - top) / box["height"]))
        for side, box in boxes.items()
    } == PLACES


def names(page: Page) -> set[str]:
    """Return the names of the files that a panorama's page links."""
    links = page.locator(".files .mat, .cube a").all()
    return {name_of(link.get_attribute("href")) for link in links}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "square.jpg"
    all_around().save(path)
    return path


@SCRIPT
def test_an_upload_is_cut_into_six_tiles_and_a_deletion_takes_them_away(page, site, picture):
    others = site.files
    upload(page, picture, "Market square", "/panoramas/upload/")
    expect(page.get_by_role("status")).to_contain_text("“Market square” is in.")
    assert_loaded(page, ".cube img")
    assert site.files - others == names(page)
    assert len(names(page)) == 9
    page.goto("/files/")
    assert set(page.locator("td code").all_inner_texts()) == site.gallery_files
    expect(page.get_by_text("of no picture")).to_have_count(0)
    page.get_by_role("link", name="Market square").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("“Market square” is deleted")
    expect(page.get_by_role("heading", level=1)).to_have_text("Panoramas")
    assert site.files == others


@SCRIPT
def test_what_does_not_show_all_directions_is_refused(page, site, picture):
    before = site.files
    all_around().resize((1500, 1000)).save(picture)
    fill_in(page, picture, "Half of it", "/panoramas/upload/")
    expect(page.locator(".errorlist")).to_have_text(
        "A panorama is twice as wide as it is high, but this picture has 1500 × 1000 pixels."
    )
    assert site.files == before
    page.goto("/panoramas/")
    expect(page.get_by_text("Half of it")).to_have_count(0)


def test_a_damaged_panorama_shows_no_viewer(page, picture):
    picture.write_bytes(picture.read_bytes()[:5000])
    upload(page, picture, "Torn", "/panoramas/upload/")
    expect(page.get_by_role("status")).to_contain_text("no variants could be made of it")
    expect(page.locator(".viewer, .cube")).to_have_count(0)
    assert_accessible(page)
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("“Torn” is deleted")
