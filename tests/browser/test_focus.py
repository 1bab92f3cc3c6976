"""The focal point in the example's admin: by pointer, by keys, as text, with and without script."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import SCRIPT, assert_accessible, log_in, upload


@pytest.fixture
def change(page: Page, picture: Path):
    """The admin's page of a photo, whose own page is the address before it."""
    log_in(page)
    upload(page, picture, "Pointed at")
    number = re.search(r"/photos/(\d+)/$", page.url)[1]
    page.goto(f"/admin/gallery/photo/{number}/change/")
    return page


def point(page: Page):
    """Return the picture that is pointed at, once it is there."""
    box = page.get_by_role("slider", name="Focal point")
    expect(box.locator("img")).to_have_js_property("complete", True)
    expect(box.locator("img")).not_to_have_js_property("naturalWidth", 0)
    box.scroll_into_view_if_needed()
    return box


def names(site) -> set[str]:
    return {name for name in site.files if "holiday" in name}


def test_by_pointer(change, site):
    before = names(site)
    box = point(change)
    place = box.locator("img").bounding_box()
    change.mouse.move(place["x"] + place["width"] * 0.9, place["y"] + place["height"] * 0.9)
    change.mouse.down()
    change.mouse.move(
        place["x"] + place["width"] * 0.2, place["y"] + place["height"] * 0.3, steps=3
    )
    change.mouse.up()
    change.mouse.move(place["x"], place["y"])

    expect(change.get_by_label("Focal point").first).to_have_value("20% 30%")
    expect(box).to_have_attribute("aria-valuetext", "20% from the left, 30% from the top")
    change.get_by_role("button", name="Save", exact=True).click()
    expect(change.get_by_text("was changed successfully")).to_be_visible()
    new = names(site) - before
    assert len(new) == 6
    assert all("_f2030" in name for name in new)


def test_a_pointer_that_leaves_stays_within(change):
    box = point(change)
    place = box.locator("img").bounding_box()
    change.mouse.move(place["x"] + 5, place["y"] + 5)
    change.mouse.down()
    change.mouse.move(place["x"] - 50, place["y"] + place["height"] + 50)
    change.mouse.up()

    expect(change.get_by_label("Focal point").first).to_have_value("0% 100%")


def test_by_arrow_keys(change):
    field = change.locator("#id_focus")
    box = point(change)
    field.focus()
    change.keyboard.press("Tab")
    expect(box).to_be_focused()
    for key in ("ArrowLeft", "Shift+ArrowUp", "ArrowDown", "Shift+ArrowRight"):
        change.keyboard.press(key)

    expect(field).to_have_value("59% 41%")
    change.keyboard.press("Delete")
    expect(field).to_have_value("")
    expect(box).to_have_attribute("aria-valuetext", "50% from the left, 50% from the top")


def test_by_text(change):
    box = point(change)
    change.locator("#id_focus").fill("10% 90%")

    expect(box).to_have_attribute("aria-valuenow", "10")
    mark = change.locator(".focus-mark").evaluate("mark => [mark.style.left, mark.style.top]")
    assert mark == ["10%", "90%"]


def test_what_is_no_point_is_refused_in_a_sentence(change):
    change.locator("#id_focus").fill("left")
    change.get_by_role("button", name="Save", exact=True).click()

    expect(change.locator(".errorlist")).to_have_text(
        "'left' is no focal point: give how far it is from the left and from the top, like 30% 70%."
    )


def test_a_picture_that_was_just_chosen_is_pointed_at(page, picture):
    log_in(page)
    page.goto("/admin/gallery/photo/add/")
    box = page.locator(".focus-box")
    expect(box).to_be_hidden()
    page.locator("#id_image").set_input_files(picture)
    expect(box).to_be_visible()

    assert box.locator("img").get_attribute("src").startswith("blob:")


def test_another_picture_has_another_point(change, picture):
    box = point(change)
    box.press("ArrowLeft")
    change.get_by_role("button", name="Save and continue editing").click()
    point(change)
    change.locator("#id_image").set_input_files(picture)

    expect(change.locator("#id_focus")).to_have_value("")
    box.press("ArrowRight")
    change.locator("#id_image").set_input_files([])
    expect(change.locator("#id_focus")).to_have_value("51% 50%")


def test_there_is_room_for_the_picture_before_it_comes(change, open_page):
    page, held = open_page(), []
    log_in(page)
    page.route("**/*_sm.webp*", lambda route: held.append(route))
    with page.expect_request("**/*_sm.webp*"):
        page.goto(change.url, wait_until="domcontentloaded")
    box = page.get_by_role("slider", name="Focal point")
    expect(box).to_be_visible()
    before = box.bounding_box()
    held[0].continue_()
    point(page)

    assert before["height"] > 100
    assert [round(before[side]) for side in ("width", "height")] == [
        round(box.bounding_box()[side]) for side in ("width", "height")
    ]


#: What the admin does for "Add another": a copy of the empty form, with a number in its names.
ADD_ANOTHER = """() => {
    const row = document.createElement("div");
    for (const [name, type] of [["focus", "text"], ["image", "file"]]) {
        const input = document.querySelector(`#id_${name}`).cloneNode();
        Object.assign(input, {type, name: `photos-3-${name}`, id: `id_photos-3-${name}`, value: ""});
        row.append(input);
    }
    document.querySelector("#photo_form").append(row);
    row.dispatchEvent(new CustomEvent("formset:added", {bubbles: true}));
}"""


def test_a_row_that_is_added_has_a_picture_of_its_own(change, picture):
    point(change)
    change.evaluate(ADD_ANOTHER)
    boxes = change.get_by_role("slider", name="Focal point")
    expect(boxes).to_have_count(2)
    change.locator("#id_photos-3-image").set_input_files(picture)
    expect(boxes.last.locator("img")).to_have_attribute("src", re.compile("^blob:"))
    boxes.last.press("ArrowLeft")

    expect(change.locator("#id_photos-3-focus")).to_have_value("49% 50%")
    expect(change.locator("#id_focus")).to_have_value("")


def test_a_finger_that_scrolls_points_at_nothing(open_page, change):
    phone = open_page(has_touch=True, is_mobile=True, viewport={"width": 360, "height": 640})
    log_in(phone)
    phone.goto(change.url)
    box = point(phone)
    place = box.locator("img").bounding_box()
    middle = {"x": place["x"] + place["width"] / 2, "y": place["y"] + place["height"] / 2}
    session = phone.context.new_cdp_session(phone)
    before = phone.evaluate("scrollY")
    session.send("Input.synthesizeScrollGesture", {**middle, "yDistance": 200})

    assert phone.evaluate("scrollY") < before
    expect(phone.locator("#id_focus")).to_have_value("")
    box.tap(position={"x": place["width"] * 0.25, "y": place["height"] * 0.5})
    expect(phone.locator("#id_focus")).to_have_value("25% 50%")


@pytest.mark.parametrize("page", [False], ids=["no script"], indirect=True)
def test_without_script_it_is_text(change, site):
    expect(change.locator(".focus-box")).to_have_count(0)
    change.locator("#id_focus").fill("1% 2%")
    change.get_by_role("button", name="Save", exact=True).click()

    assert any("_f0102" in name for name in names(site))


def test_everybody_can_use_it(change):
    point(change)
    change.locator("#id_focus").fill("10% 90%")
    # Django's own file input has no label there.
    assert_accessible(change, ".field-focus")


@SCRIPT
def test_the_square_follows(change):
    change.locator("#id_focus").fill("100% 50%")
    change.get_by_role("button", name="Save and continue editing").click()
    change.get_by_role("link", name="View on site").click()

    expect(change.get_by_role("heading", level=1)).to_have_text("Pointed at")
    expect(change.locator(".files h3").last).to_have_text("square")
    assert "_f9950" in change.locator(".files .mat").last.get_attribute("href")
