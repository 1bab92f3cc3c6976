"""The pages of the example, as a visitor meets them."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import SCRIPT, assert_accessible, assert_loaded, fill_in, name_of, upload

LABELS = ["original", "thumb", "sm", "md", "lg", "square"]


def addresses(page: Page) -> dict[str, str]:
    """Return label → URL of the original and the variants that a photo's page shows."""
    links = page.locator(".files .mat")
    urls = [link.get_attribute("href") for link in links.all()]
    return dict(zip(page.locator(".files h3").all_inner_texts(), urls, strict=True))


def names(page: Page) -> set[str]:
    return {name_of(url) for url in addresses(page).values()}


def test_thumbnails_are_webp_of_the_declared_dimensions(page):
    page.goto("/")
    assert_loaded(page, ".wall img")
    for picture in page.locator(".wall img").all():
        answer = page.request.get(picture.get_attribute("src"))
        assert answer.headers["content-type"] == "image/webp"


@SCRIPT
def test_an_upload_appears_with_all_its_variants(page, site, picture):
    upload(page, picture, "Holiday")
    expect(page.get_by_role("status")).to_contain_text("“Holiday” is in.")
    assert list(addresses(page)) == LABELS
    assert names(page) <= site.files
    assert_loaded(page, ".files img")


@SCRIPT
def test_a_replacement_changes_every_address(page, site, picture):
    upload(page, picture, "Before")
    before, old = addresses(page), names(page)
    page.get_by_role("link", name="Replace").click()
    page.get_by_label("Picture").set_input_files(picture)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("The picture is replaced")
    after = addresses(page)
    assert [label for label in LABELS if before[label] == after[label]] == []
    assert not old & site.files
    assert names(page) <= site.files


def test_new_words_leave_the_files_as_they_are(page, site, picture):
    upload(page, picture, "Words")
    before = addresses(page)
    page.get_by_role("link", name="Replace").click()
    page.get_by_label("Title").fill("Other words")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")
    assert addresses(page) == before
    assert names(page) <= site.files


@SCRIPT
def test_a_deletion_removes_every_file(page, site, picture):
    others = site.files
    upload(page, picture, "Short-lived")
    gone = names(page)
    page.goto("/files/")
    listed = set(page.locator("td code").all_inner_texts())
    assert gone <= listed
    page.get_by_role("link", name="Short-lived").click()
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("“Short-lived” is deleted")
    assert site.files == others
    page.goto("/files/")
    assert set(page.locator("td code").all_inner_texts()) == listed - gone


@SCRIPT
def test_an_upload_that_is_no_picture_is_refused(page, site, tmp_path):
    before = site.files
    refuse_upload(page, tmp_path)
    expect(page.locator(".errorlist")).to_have_text(
        "Upload a valid image. The file you uploaded was either not an image or a corrupted image."
    )
    assert site.files == before


def refuse_upload(page: Page, folder: Path) -> None:
    text = folder / "letter.jpg"
    text.write_text("Dear all, this is no picture.")
    fill_in(page, text, "Letter", "/upload/")


def test_a_damaged_picture_costs_neither_the_upload_nor_the_page(page, picture):
    picture.write_bytes(picture.read_bytes()[:5000])
    upload(page, picture, "Damaged")
    expect(page.get_by_role("status")).to_contain_text("no variants could be made of it")
    expect(page.locator(".files .mat")).to_have_text(["", *["No file"] * 5])
    assert_accessible(page)
    page.get_by_role("link", name="Delete").click()
    page.get_by_role("button", name="Delete").click()
    expect(page.get_by_role("status")).to_contain_text("“Damaged” is deleted")


def test_a_refused_replacement_shows_the_stored_picture(page, picture, tmp_path):
    upload(page, picture, "Stays")
    page.get_by_role("link", name="Replace").click()
    page.get_by_label("Picture").set_input_files(picture)
    page.get_by_label("Title").evaluate("field => { field.required = false; field.value = '' }")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".errorlist")).to_have_text("This field is required.")
    assert_loaded(page, "figure img")


PAGES = {
    "gallery": "/",
    "photo": "/",
    "replace": "/",
    "delete": "/",
    "message": "/",
    "upload": "/upload/",
    "refused": "/upload/",
    "panoramas": "/panoramas/",
    "panorama": "/panoramas/",
    "panorama upload": "/panoramas/upload/",
    "files": "/files/",
}


def visit(page: Page, name: str, folder: Path, picture: Path) -> None:
    page.goto(PAGES[name])
    if name == "refused":
        refuse_upload(page, folder)
    elif name == "message":
        upload(page, picture, "An upload with a rather longwindedlycomposed title for narrow pages")
    elif name == "panorama":
        page.get_by_role("link", name="All around").click()
        expect(page.locator(".view")).to_have_attribute("aria-busy", "false")
    elif name in ("photo", "replace", "delete"):
        page.get_by_role("link", name="Tall glass").click()
    if name in ("replace", "delete"):
        page.get_by_role("link", name=name.title()).click()


@pytest.mark.parametrize("name", PAGES)
def test_everybody_can_use_it_on_any_screen_by_day_and_by_night(page, name, tmp_path, picture):
    visit(page, name, tmp_path, picture)
    assert_accessible(page)
    for image in page.locator("img").all():
        described = [image.get_attribute(name) for name in ("alt", "width", "height")]
        assert None not in described


def test_an_empty_gallery_invites(serve, open_page, tmp_path):
    page = open_page(base_url=serve("--photos", str(tmp_path)).url)
    page.goto("/files/")
    expect(page.get_by_text("0 files")).to_be_visible()
    page.goto("/panoramas/")
    expect(page.get_by_role("link", name="Upload the first panorama")).to_be_visible()
    assert_accessible(page)
    page.goto("/")
    assert_accessible(page)
    page.get_by_role("link", name="Upload the first photo").click()
    expect(page).to_have_url(re.compile("/upload/$"))


WORKSHOP = ["/workshop/", "/workshop/lakeside-press/", "/workshop/lakeside-press/library/"]
FOCUS = """() => {
    const element = document.activeElement, box = element.getBoundingClientRect();
    const style = getComputedStyle(element);
    return {
        text: element === document.body ? "" : element.innerText || element.name,
        outlined: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        seen: box.top >= 0 && box.left >= 0 && box.bottom < innerHeight + 1 && box.width > 0,
    };
}"""


@pytest.mark.parametrize("address", ["/", "/upload/", "/panoramas/", "/files/", *WORKSHOP])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(page, address):
    page.goto(address)
    reachable = page.locator("a[href], button, input:not([type=hidden])").count()
    for number in range(reachable):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        assert focus["outlined"], focus
        assert focus["seen"], focus
        if number == 0:
            assert focus["text"] == "Skip to the content"
    page.keyboard.press("Tab")
    assert page.evaluate(FOCUS)["text"] in ("", "Skip to the content")


def test_a_photo_can_be_uploaded_by_keyboard_alone(page, picture):
    page.on("filechooser", lambda chooser: chooser.set_files(picture))
    page.goto("/upload/")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("Tab")
    field = page.get_by_label("Picture")
    expect(field).to_be_focused()
    page.keyboard.press("Space")
    expect(field).to_have_value(re.compile(picture.name))
    page.keyboard.press("Tab")
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")
