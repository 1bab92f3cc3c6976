"""What editors do in the example's admin, with a mouse, with keys, and with no script at all."""

import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.pages import SCRIPT, assert_accessible, log_in, name_of

PLACES = "/admin/workshop/place/"


@pytest.fixture
def draw(tmp_path: Path):
    """Return a function that draws pictures like no others, into files of these names."""

    def draw(*names: str) -> list[Path]:
        files = [tmp_path / name for name in names]
        for file in files:
            seed = abs(hash((str(tmp_path), file.name))) % 0xFFFFFF
            Image.new("RGB", (300, 200), f"#{seed:06x}").save(file, quality=95)
        return files

    return draw


@pytest.fixture
def row(page: Page, request) -> Page:
    """Open the admin's page of a place that was made just now."""
    log_in(page)
    page.goto(f"{PLACES}add/")
    page.locator("#id_organization").select_option(label="Lakeside Press")
    page.get_by_label("Name").fill(request.node.name.replace("_", " ")[:90])
    slug = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[-45:].strip("-")
    page.get_by_label("Slug").fill(slug)
    save(page)
    return page


def send(page: Page) -> None:
    """Save, and wait for the page that answers."""
    page.evaluate("document.body.dataset.old = true")
    page.get_by_role("button", name="Save and continue editing").click()
    expect(page.locator("body[data-old]")).to_have_count(0, timeout=30_000)
    page.wait_for_load_state()


def save(page: Page) -> None:
    send(page)
    expect(page.locator(".messagelist .success")).to_be_visible()


def choose(page: Page, files: list[Path]) -> None:
    page.get_by_label("Add images:").set_input_files(files)


def titles(page: Page) -> list[str]:
    return page.locator(".images-list .images-title").all_inner_texts()


def item(page: Page, title: str):
    return page.locator(f".images-item[data-title='{title}']")


def wait_for_uploads(page: Page) -> None:
    expect(page.locator(".images-list progress")).to_have_count(0)


NAMES = ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]


@SCRIPT
def test_five_are_uploaded_at_once(row, draw):
    choose(row, draw(*NAMES))
    save(row)

    assert titles(row) == NAMES
    expect(row.locator(".images-item").first.get_by_label("Cover")).to_be_checked()
    for picture in row.locator(".images-picture img").all():
        expect(picture).not_to_have_js_property("naturalWidth", 0)


def test_they_are_dropped(row, draw):
    files = [{"name": path.name, "bytes": [*path.read_bytes()]} for path in draw(*NAMES[:3])]
    row.locator(".images-inline").evaluate(
        """(group, files) => {
            const dataTransfer = new DataTransfer();
            for (const {name, bytes} of files) {
                dataTransfer.items.add(new File([new Uint8Array(bytes)], name, {type: "image/jpeg"}));
            }
            for (const type of ["dragenter", "dragover", "drop"]) {
                group.dispatchEvent(new DragEvent(type, {dataTransfer, bubbles: true, cancelable: true}));
            }
        }""",
        files,
    )
    save(row)

    assert titles(row) == NAMES[:3]


def test_all_is_said_of_them_before_they_are_saved(row, draw):
    choose(row, draw(*NAMES[:4]))
    expect(row.locator(".images-picture img")).to_have_count(4)
    row.get_by_role("button", name="Leave out: b.jpg").click()
    row.get_by_role("button", name="Move: d.jpg").focus()
    for _ in range(2):
        row.keyboard.press("ArrowUp")
    item(row, "c.jpg").get_by_label("Cover").check()
    item(row, "c.jpg").locator("summary").click()
    item(row, "c.jpg").get_by_label("Title").fill("The third")
    save(row)

    assert titles(row) == ["d.jpg", "a.jpg", "The third"]
    expect(item(row, "The third").get_by_label("Cover")).to_be_checked()


def test_the_form_waits_for_the_upload_and_a_bar_tells_of_it(row, draw):
    held = []
    row.route("**/image/upload/**", lambda route: held.append(route))
    choose(row, draw("a.jpg"))
    expect(row.get_by_role("progressbar", name="Uploading: a.jpg")).to_be_visible()
    row.get_by_role("button", name="Save and continue editing").click()
    expect(row.locator(".images-said")).to_have_text("This is saved as soon as all is uploaded.")

    held[0].continue_()

    expect(row.locator(".messagelist .success")).to_be_visible()
    assert titles(row) == ["a.jpg"]


def test_a_file_that_could_not_be_uploaded_is_sent_with_the_form(row, draw, may_fail):
    may_fail.append("/image/upload/")
    row.route("**/image/upload/**", lambda route: route.fulfill(status=413, body="too large"))
    choose(row, draw("a.jpg"))
    expect(item(row, "a.jpg").locator(".image-note")).to_contain_text("is sent again when you save")
    save(row)

    assert titles(row) == ["a.jpg"]


def test_nothing_is_lost_when_something_else_is_wrong(row, draw):
    choose(row, draw(*NAMES[:3]))
    row.get_by_role("button", name="Move: c.jpg").focus()
    row.keyboard.press("ArrowUp")
    item(row, "b.jpg").get_by_label("Cover").check()
    item(row, "a.jpg").locator("summary").click()
    item(row, "a.jpg").get_by_label("Title").fill("First")
    row.get_by_label("Name").evaluate("field => { field.required = false; field.value = ''; }")
    wait_for_uploads(row)
    send(row)

    expect(row.locator(".errornote")).to_be_visible()
    assert titles(row) == ["First", "c.jpg", "b.jpg"]
    expect(item(row, "b.jpg").get_by_label("Cover")).to_be_checked()
    row.get_by_label("Name").fill("again")
    save(row)
    assert titles(row) == ["First", "c.jpg", "b.jpg"]
    expect(item(row, "b.jpg").get_by_label("Cover")).to_be_checked()


@SCRIPT
def test_a_row_is_made_with_images(page, draw):
    """Whose library they are for is not known before."""
    log_in(page)
    page.goto("/admin/workshop/part/add/")
    page.locator("#id_organization").select_option(label="Lakeside Press")
    page.get_by_label("Name").fill("With images")
    choose(page, draw(*NAMES[:3]))
    expected = NAMES[:3]
    if page.locator(".images-handle").count():
        page.get_by_role("button", name="Move: c.jpg").focus()
        page.keyboard.press("ArrowUp")
        expected = ["a.jpg", "c.jpg", "b.jpg"]
    save(page)

    assert titles(page) == expected


def test_order_by_keys(row, draw):
    choose(row, draw(*NAMES))
    save(row)
    handle = row.get_by_role("button", name="Move: a.jpg")
    handle.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowUp"):
        row.keyboard.press(key)
    expect(row.get_by_role("status")).to_have_text("a.jpg: 2 / 5")
    expect(handle).to_be_focused()
    save(row)

    assert titles(row) == ["b.jpg", "a.jpg", "c.jpg", "d.jpg", "e.jpg"]


def test_order_by_pointer(row, draw):
    choose(row, draw(*NAMES))
    save(row)
    handle = row.get_by_role("button", name="Move: e.jpg")
    handle.scroll_into_view_if_needed()
    start = handle.bounding_box()
    target = row.get_by_role("button", name="Move: c.jpg").bounding_box()
    row.mouse.move(start["x"] + 10, start["y"] + 10)
    row.mouse.down()
    row.mouse.move(target["x"] + 10, target["y"] + 2, steps=12)
    row.mouse.up()
    save(row)

    assert titles(row) == ["a.jpg", "b.jpg", "e.jpg", "c.jpg", "d.jpg"]


@SCRIPT
def test_order_by_numbers(row, draw):
    choose(row, draw(*NAMES[:3]))
    save(row)
    place = item(row, "a.jpg").get_by_label("Place:")
    place.fill("3")
    place.press("Tab")
    save(row)

    assert titles(row) == ["b.jpg", "c.jpg", "a.jpg"]


def test_enter_on_a_handle_leads_to_the_number(row, draw):
    """Where arrow keys are the screen reader's."""
    choose(row, draw(*NAMES[:3]))
    row.get_by_role("button", name="Move: c.jpg").press("Enter")
    expect(item(row, "c.jpg").get_by_label("Place:")).to_be_focused()
    row.keyboard.type("1")
    row.keyboard.press("Tab")

    expect(row.locator(".images-list .images-title")).to_have_text(["c.jpg", "a.jpg", "b.jpg"])


@SCRIPT
def test_another_cover_other_texts_and_one_less(row, draw):
    choose(row, draw(*NAMES[:3]))
    save(row)
    row.locator(".images-item").nth(1).get_by_label("Cover").check()
    row.locator(".images-item").nth(0).get_by_label("Remove from here").check()
    row.locator(".images-item").nth(2).locator("summary").click()
    row.locator(".images-item").nth(2).get_by_label("Title").fill("The last one")
    save(row)

    assert titles(row) == ["b.jpg", "The last one"]
    expect(row.locator(".images-item").first.get_by_label("Cover")).to_be_checked()


@SCRIPT
def test_the_limit_is_told(row, draw):
    choose(row, draw(*NAMES))
    save(row)
    choose(row, draw("f.jpg"))
    send(row)

    expect(row.locator(".images-inline .errorlist")).to_contain_text("may have 5 images")
    has_script = row.locator(".images-handle").count()
    item(row, "a.jpg").get_by_label("Remove from here").check()
    if not has_script:  # A browser has let go of it; the page says so.
        expect(row.locator(".images-inline > .image-note")).to_contain_text("f.jpg")
        choose(row, draw("f.jpg"))
    save(row)
    assert titles(row) == ["b.jpg", "c.jpg", "d.jpg", "e.jpg", "f.jpg"]


def test_the_limit_is_told_before(row, draw):
    choose(row, draw(*NAMES))
    expect(row.locator(".images-said")).to_have_text("")
    choose(row, draw("f.jpg"))
    expect(row.locator(".images-said")).to_have_text("These are too many: 5 at most.")
    wait_for_uploads(row)
    row.get_by_role("button", name="Leave out: f.jpg").click()
    expect(row.locator(".images-said")).to_have_text("")


@pytest.mark.parametrize("page", [False], ids=["no script"], indirect=True)
def test_what_is_no_picture_is_named(row, tmp_path):
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear all")
    choose(row, [letter])
    send(row)

    expect(row.locator(".images-inline .errorlist")).to_contain_text("letter.jpg: This file is no")


def test_what_is_no_picture_is_refused_at_once(row, tmp_path, may_fail):
    may_fail.append("/image/upload/")
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear all")
    choose(row, [letter])

    expect(item(row, "letter.jpg").locator(".image-note").last).to_contain_text("This file is no")
    send(row)  # It is not left out without a word.
    expect(item(row, "letter.jpg").locator(".errorlist")).to_contain_text("This file is no")
    row.get_by_role("button", name="Leave out: letter.jpg").click()
    save(row)
    assert titles(row) == []


@SCRIPT
def test_another_file_that_a_fault_elsewhere_loses_is_named(row, draw):
    choose(row, draw("a.jpg"))
    save(row)
    item(row, "a.jpg").locator("summary").click()
    item(row, "a.jpg").get_by_label("Replace by").set_input_files(draw("new.jpg"))
    row.get_by_label("Name").fill(" ")
    send(row)

    note = item(row, "a.jpg").locator(".image-note:visible")
    expect(note).to_have_text("Choose new.jpg again: it was not kept.")
    expect(item(row, "a.jpg").get_by_label("Replace by")).to_be_visible()


@SCRIPT
def test_after_a_fault_all_can_be_changed(row, draw):
    choose(row, draw(*NAMES[:2]))
    save(row)
    row.get_by_label("Name").fill(" ")
    send(row)
    expect(row.locator(".errornote")).to_be_visible()

    row.get_by_label("Name").fill("again")
    item(row, "b.jpg").get_by_label("Place:").fill("1")
    item(row, "a.jpg").locator("summary").click()
    item(row, "a.jpg").get_by_label("Title").fill("The second")
    save(row)

    assert titles(row) == ["b.jpg", "The second"]


def test_a_cover_that_is_left_out_gives_way_to_the_old_one(row, draw):
    choose(row, draw("a.jpg"))
    save(row)
    choose(row, draw("b.jpg"))
    item(row, "b.jpg").get_by_label("Cover").check()
    row.get_by_role("button", name="Leave out: b.jpg").click()

    expect(item(row, "a.jpg").get_by_label("Cover")).to_be_checked()


def test_what_was_refused_is_replaced_by_another_file(row, draw, tmp_path, may_fail):
    may_fail.append("/image/upload/")
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear all")
    choose(row, [letter])
    expect(item(row, "letter.jpg").locator(".image-note").last).to_contain_text("This file is no")
    item(row, "letter.jpg").get_by_label("File").set_input_files(draw("good.jpg"))
    wait_for_uploads(row)
    expect(item(row, "good.jpg").locator(".image-note")).to_have_count(0)
    expect(row.get_by_role("button", name="Leave out: good.jpg")).to_be_visible()
    save(row)

    assert titles(row) == ["good.jpg"]


def test_what_was_deleted_meanwhile_is_replaced(row, draw, open_page):
    choose(row, draw("a.jpg"))
    wait_for_uploads(row)
    other = row.context.new_page()
    other.goto("/admin/derived_images_attachments/image/?used=no&q=a.jpg")
    other.locator("#result_list").get_by_role("link", name="a.jpg").first.click()
    other.locator(".deletelink").click(timeout=5000)
    other.get_by_role("button", name="Yes").click()
    send(row)
    expect(row.locator(".images-inline .errorlist")).to_contain_text("There is no image")
    row.locator(".images-item").get_by_label("File").set_input_files(draw("b.jpg"))
    save(row)

    assert titles(row) == ["b.jpg"]


def test_what_is_dropped_beside_it_keeps_the_page(row):
    prevented = row.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.items.add(new File(["x"], "x.jpg"));
            const event = new DragEvent("drop", {dataTransfer, bubbles: true, cancelable: true});
            document.querySelector("#id_name").dispatchEvent(event);
            return event.defaultPrevented;
        }"""
    )

    assert prevented


def test_a_broken_image_says_so_and_is_replaced(row, draw, site, may_fail):
    choose(row, draw("lost.jpg", "b.jpg"))
    save(row)
    thumbnail = row.locator(".images-picture img").first.get_attribute("src")
    stem = name_of(thumbnail).rpartition("_")[0]
    may_fail.append(stem)
    files = {path: path.read_bytes() for path in (site.data / "media").glob(f"{stem}*")}
    for path in files:
        path.unlink()
    row.reload()
    first = row.locator(".images-item").first
    expect(first.locator(".image-note")).to_contain_text("This cannot be shown")
    first.locator("summary").click()
    first.get_by_label("Replace by").set_input_files(draw("new.jpg"))
    save(row)

    assert titles(row) == ["new.jpg", "b.jpg"]
    expect(row.locator(".image-note")).to_have_count(0)
    for path, content in files.items():  # Other pages show it, too.
        path.write_bytes(content)


def test_what_is_there_already_is_found_and_chosen(row, draw):
    choose(row, draw("needle.jpg"))
    save(row)
    row.get_by_label("Remove from here").check()
    save(row)
    assert titles(row) == []

    row.get_by_role("button", name="Choose from the library").click()
    row.get_by_label("Search the library").fill("needle")
    found = row.locator(".images-found li")
    expect(found).to_have_count(1)
    found.get_by_role("checkbox").check()
    assert titles(row) == ["needle.jpg"]
    found.get_by_role("checkbox").uncheck()
    assert titles(row) == []
    found.get_by_role("checkbox").check()
    save(row)

    assert titles(row) == ["needle.jpg"]


def test_the_library_shows_who_uses_what(row, draw):
    choose(row, draw("shown.jpg"))
    save(row)
    address = row.url
    row.goto("/admin/derived_images_attachments/image/?q=shown.jpg")
    row.get_by_role("link", name="shown.jpg").first.click()
    row.locator(".images-users a").click()

    expect(row).to_have_url(address)


@pytest.mark.parametrize("name", ["row", "library", "image", "photos", "photo"])
def test_everybody_can_use_it(row, draw, name):
    choose(row, draw(*NAMES[:2]))
    save(row)
    if name in ("library", "image"):
        row.goto("/admin/derived_images_attachments/image/?q=a.jpg")
    elif name in ("photos", "photo"):
        row.goto("/admin/gallery/photo/")
    if name in ("image", "photo"):
        row.locator("#result_list tbody a").first.click()
    if name == "library":  # Nothing runs out of its card.
        cells = "#result_list tbody :is(td, th)"
        assert row.locator(cells).evaluate_all(
            "cells => cells.every(cell => cell.scrollWidth <= cell.clientWidth)"
        )
    # Before Django 6.0 its own trail, and its search, have links that only their colour tells.
    assert_accessible(row, "#changelist-form" if name in ("library", "photos") else "#content")


def test_everybody_can_use_what_script_adds(row, draw):
    choose(row, draw(*NAMES[:2]))
    row.get_by_role("button", name="Choose from the library").click()
    expect(row.locator(".images-found li").first).to_be_visible()
    item(row, "a.jpg").locator("summary").click()
    wait_for_uploads(row)
    assert_accessible(row, "#content")

    row.get_by_label("Name").fill(" ")
    send(row)
    assert_accessible(row, "#content")
