"""The workshop of the example: images on parts, companies and places of two organizations."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.conftest import EXAMPLE, environment
from tests.browser.pages import SCRIPT, assert_accessible, assert_loaded, name_of

PRESS, TILES = "/workshop/lakeside-press/", "/workshop/harbour-tiles/"
KINDS = ["Parts", "Companies", "Places"]


def visit(page: Page, row: str, organization: str = PRESS) -> None:
    page.goto(organization)
    page.get_by_role("link", name=row).click()
    expect(page.get_by_role("heading", level=1)).to_have_text(row)


def upload(page: Page, row: str, *files: Path, title: str = "", organization: str = PRESS) -> None:
    visit(page, row, organization)
    page.locator("main").get_by_role("link", name="Upload").click()
    page.get_by_label("Pictures").set_input_files(files)
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Upload").click()


def titles(page: Page) -> list[str]:
    """Return the titles of a row's images, in order."""
    return [title.removesuffix(" cover") for title in page.locator(".files h2").all_inner_texts()]


def press(page: Page, button: str, title: str) -> None:
    page.get_by_role("button", name=f"{button}: {title}", exact=True).click()


def cover(page: Page) -> str:
    marked = page.locator(".files h2", has=page.locator(".mark"))
    return marked.inner_text().removesuffix(" cover")


def library_files(page: Page, organization: str) -> set[str]:
    """Return the names of the files that a library shows."""
    page.goto(f"{organization}library/")
    links = page.locator(".rows .mat").all()
    return {name_of(link.get_attribute("href")) for link in links}


@pytest.fixture
def draw(tmp_path: Path):
    """Return a function that draws a picture like no other, into a file of that name."""

    def draw(name: str, width: int) -> Path:
        Image.new("RGB", (width, 300), "#8d6f5c").save(tmp_path / name)
        return tmp_path / name

    return draw


@SCRIPT
def test_rows_of_all_models_show_their_covers_or_a_placeholder(page):
    page.goto("/workshop/")
    page.get_by_role("link", name="Lakeside Press").click()
    expect(page.locator("h2")).to_have_text(KINDS)
    for row in ("Calendar of four sheets", "Olive & Daughters", "Lake shore"):
        card = page.locator(".rows li", has_text=row)
        expect(card.locator("img")).to_have_attribute("src", re.compile(r"^/media/images/.*_thumb"))
    empty = page.locator(".rows li", has_text="Envelope, plain")
    expect(empty.locator("img")).to_have_attribute("src", re.compile("placeholder.svg$"))
    expect(empty).to_contain_text("no image")


@SCRIPT
def test_an_upload_of_several_files_comes_last_in_its_order(page, draw):
    visit(page, "Postcard, mountains")
    before = titles(page)
    upload(page, "Postcard, mountains", draw("one.jpg", 401), draw("two.jpg", 402))
    expect(page.get_by_role("status")).to_contain_text("“two.jpg” is on Postcard, mountains.")
    assert titles(page) == [*before, "one.jpg", "two.jpg"]
    assert_loaded(page, ".files img")


@SCRIPT
def test_what_is_no_image_is_named_and_the_others_are_in(page, draw, tmp_path):
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear all, this is no picture.")
    upload(page, "Jigsaw, 500 pieces", letter, draw("good.jpg", 411), title="Good")
    expect(page.locator(".errorlist")).to_contain_text("letter.jpg: ")
    expect(page.get_by_label("Title")).to_have_value("Good")
    expect(page.get_by_role("status")).to_have_text("“Good” is on Jigsaw, 500 pieces.")
    visit(page, "Jigsaw, 500 pieces")
    assert titles(page)[-1] == "Good"


@SCRIPT
def test_order_cover_and_detaching(page, draw):
    row = "Envelope, plain"
    upload(page, row, *(draw(f"{name}.jpg", 420 + len(name)) for name in ("a", "bb", "ccc")))
    names = titles(page)
    assert len(names) >= 3
    assert cover(page) == names[0]
    press(page, "Move up", names[-1])
    assert titles(page) == [*names[:-2], names[-1], names[-2]]
    press(page, "Move down", names[-1])
    assert titles(page) == names
    press(page, "Make cover", names[1])
    expect(page.get_by_role("button", name=f"Make cover: {names[1]}")).to_have_count(0)
    assert cover(page) == names[1]
    for name in names:
        press(page, "Detach", name)
        expect(page.get_by_role("status")).to_contain_text("It stays in the library.")
    expect(page.get_by_text("No image yet.")).to_be_visible()
    page.goto(f"{PRESS}library/")
    unused = page.locator(".rows li", has_text="ccc.jpg").first
    expect(unused.locator(".mark")).to_have_text("unused")


@SCRIPT
def test_a_logo_takes_the_place_of_the_one_before(page, draw):
    for number in (431, 432):
        upload(page, "Uhl Paper Mill", draw(f"{number}.png", number))
        expect(page.locator(".files h2")).to_have_text([re.compile(f"{number}.png")])


@SCRIPT
def test_one_image_more_than_a_place_takes_is_refused_in_a_sentence(page, draw):
    files = [draw(f"{number}.jpg", number) for number in range(441, 448)]
    upload(page, "Kiln house", *files, title="Kiln", organization=TILES)
    expect(page.locator(".errorlist li").last).to_have_text(
        "447.jpg: Kiln house has 5 images already, and takes no more."
    )
    expect(page.get_by_label("Title")).to_have_value("Kiln")
    visit(page, "Kiln house", TILES)
    assert len(titles(page)) == 5
    page.get_by_role("link", name="Choose from the library").click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name="Attach").click()
    expect(page.locator(".errorlist")).to_have_text(
        "Kiln house has 5 images already, and takes no more."
    )


@SCRIPT
def test_an_image_of_the_library_says_something_of_its_own_on_a_row(page, draw):
    upload(page, "Postcard, mountains", draw("shared.jpg", 451), title="Shared")
    visit(page, "Jigsaw, 500 pieces")
    page.get_by_role("link", name="Choose from the library").click()
    page.get_by_role("radio", name="Shared").first.check()
    page.get_by_role("button", name="Attach").click()
    page.get_by_role("link", name="Texts: Shared").last.click()
    page.get_by_label("Title").fill("Only here")
    page.get_by_role("button", name="Save").click()
    assert titles(page)[-1] == "Only here"
    visit(page, "Postcard, mountains")
    assert titles(page)[-1] == "Shared"
    page.goto(f"{PRESS}library/")
    expect(page.locator(".rows li", has_text="Shared").first).to_contain_text("on 2 rows")


def test_the_same_bytes_are_stored_once_and_go_with_their_last_image(page, site, draw):
    before = site.files
    for name in ("first.jpg", "second.jpg"):
        upload(page, "Calendar of four sheets", draw(name, 461), title=name)
    assert len(site.files - before) == 5
    for name, stay in (("first.jpg", 5), ("second.jpg", 0)):
        page.goto(f"{PRESS}library/")
        page.get_by_role("link", name=f"Delete: {name}").click()
        expect(page.locator("form .names")).to_have_text("Calendar of four sheets")
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_role("status")).to_contain_text(f"“{name}” is deleted")
        assert len(site.files - before) == stay


def test_no_organization_sees_what_another_has(page, open_page):
    assert library_files(page, PRESS)
    assert not library_files(page, PRESS) & library_files(page, TILES)
    visit(page, "Calendar of four sheets")
    foreign = page.url.replace(PRESS, TILES)
    image = page.locator(".files > li").first.get_attribute("id").removeprefix("image-")
    page.goto(f"{PRESS}library/")
    deletion = page.get_by_role("link", name="Delete: ").first.get_attribute("href")
    for address in (foreign, f"{foreign}images/{image}/texts/", f"{TILES}library/{deletion}"):
        assert page.request.get(address).status == 404


def test_an_image_of_another_organization_cannot_be_chosen(page):
    page.goto(f"{PRESS}library/")
    link = page.get_by_role("link", name="Delete: ").first.get_attribute("href")
    visit(page, "Quay", TILES)
    page.get_by_role("link", name="Choose from the library").click()
    radio = page.get_by_role("radio").first
    radio.evaluate("(radio, key) => { radio.value = key; radio.checked = true }", link[:-8])
    page.get_by_role("button", name="Attach").click()
    expect(page.locator(".errorlist")).to_have_text(
        "Select a valid choice. That choice is not one of the available choices."
    )


def test_more_rows_and_images_take_no_more_queries(site):
    found = subprocess.run(
        [sys.executable, Path(__file__).with_name("queries.py")],
        cwd=EXAMPLE,
        env={**os.environ, **environment(site.data), "PYTHONPATH": str(EXAMPLE)},
        capture_output=True,
        text=True,
        check=True,
    )
    before, after = json.loads(found.stdout)
    assert before == after
    assert before[0] == 1 + 3 * 2


PAGES = {
    "organizations": ("/workshop/", None),
    "rows": (PRESS, None),
    "row": (PRESS, None),
    "upload": (PRESS, "Upload"),
    "choose": (PRESS, "Choose from the library"),
    "texts": (PRESS, re.compile("Texts")),
    "library": (f"{PRESS}library/", None),
    "delete": (f"{PRESS}library/", re.compile("Delete")),
}


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_it_on_any_screen_by_day_and_by_night(page, name):
    address, link = PAGES[name]
    page.goto(address)
    if name in ("row", "upload", "choose", "texts"):
        page.get_by_role("link", name="Calendar of four sheets").click()
    if link:
        page.locator("main").get_by_role("link", name=link).first.click()
    assert_accessible(page)
    for image in page.locator("img").all():
        described = [image.get_attribute(name) for name in ("alt", "width", "height")]
        assert None not in described


def test_a_refused_upload_is_accessible(page, tmp_path):
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear all, this is no picture.")
    upload(page, "Calendar of four sheets", letter)
    expect(page.locator(".errorlist")).to_be_visible()
    assert_accessible(page)


def test_images_are_ordered_by_keyboard_alone(page, draw):
    upload(page, "Lake shore", draw("last.jpg", 471))
    names = titles(page)
    button = page.get_by_role("button", name=f"Move up: {names[-1]}")
    button.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#image-"))
    assert titles(page) == [*names[:-2], names[-1], names[-2]]
