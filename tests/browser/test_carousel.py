"""The carousel of the example: by keys, by buttons, by links, and where there is no script."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.pages import SCRIPT, SHIFTS, assert_accessible

PRESS = "/workshop/lakeside-press/"
SHOWN = """slides => {
    const middle = slides.getBoundingClientRect().left + slides.clientWidth / 2;
    return [...slides.children].findIndex(slide => {
        const box = slide.getBoundingClientRect();
        return box.left <= middle && middle < box.right;
    });
}"""


@pytest.fixture
def carousel(page: Page):
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(SHIFTS)
    page.goto(PRESS)
    page.get_by_role("link", name="Calendar of four sheets").click()
    carousel = page.locator(".carousel")
    expect(carousel).to_be_visible()
    page.wait_for_load_state()  # Before there is script a key scrolls.
    return carousel


def expect_shown(carousel, number: int) -> None:
    """Of four; the number below is marked as well, where there is script."""
    carousel.page.wait_for_function(
        f"number => ({SHOWN})(document.querySelector('.carousel-slides')) === number", arg=number
    )


def run_again(carousel) -> None:
    """Let the script see a page that was changed."""
    carousel.page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.src = document.querySelector("script[src$='carousel.js']").src;
            document.head.append(script);
            return new Promise(done => { script.onload = done; });
        }"""
    )


def test_keys_turn_it_over(carousel):
    slides = carousel.locator(".carousel-slides")
    slides.focus()
    for key, number in (
        ("ArrowRight", 1),
        ("ArrowRight", 2),
        ("ArrowLeft", 1),
        ("End", 3),
        ("Home", 0),
    ):
        slides.page.keyboard.press(key)
        expect_shown(carousel, number)
        expect(carousel.locator("[aria-current]")).to_have_text(str(number + 1))
    expect(slides).to_be_focused()


def test_who_presses_twice_goes_on_by_two(carousel):
    """However long one step takes."""
    carousel.page.emulate_media(reduced_motion="no-preference")
    carousel.locator(".carousel-slides").focus()
    for _ in range(2):
        carousel.page.keyboard.press("ArrowRight")

    expect_shown(carousel, 2)
    expect(carousel.locator("[aria-current]")).to_have_text("3")


@pytest.mark.parametrize(("motion", "behavior"), [("reduce", "auto"), ("no-preference", "smooth")])
def test_who_asks_for_less_motion_gets_none(carousel, motion, behavior):
    carousel.page.emulate_media(reduced_motion=motion)

    expect(carousel.locator(".carousel-slides")).to_have_css("scroll-behavior", behavior)


def test_many_pictures_have_one_line_of_numbers(carousel):
    """Which shows the one that is current."""
    carousel.evaluate(
        """old => {
            old.querySelectorAll(".carousel-turn").forEach(button => button.remove());
            const many = old.cloneNode(true);
            for (const list of many.querySelectorAll("ul, ol")) {
                for (let number = 5; number <= 100; number++) {
                    const item = list.lastElementChild.cloneNode(true);
                    if (item.querySelector("a")) item.querySelector("a").textContent = number;
                    list.append(item);
                }
            }
            old.replaceWith(many);
        }"""
    )
    run_again(carousel)
    carousel.locator(".carousel-slides").focus()
    carousel.page.keyboard.press("End")

    current = carousel.locator("[aria-current]")
    expect(current).to_have_text("100")
    carousel.locator(".carousel-turns").scroll_into_view_if_needed()
    expect(current).to_be_in_viewport(ratio=1)
    assert carousel.locator(".carousel-turns").bounding_box()["height"] < 80


def test_buttons_turn_it_over_and_stay_at_the_ends(carousel):
    for name, number in (("Next image", 1), ("Next image", 2), ("Previous image", 1)):
        carousel.get_by_role("button", name=name).click()
        expect_shown(carousel, number)
    carousel.page.locator(".carousel-places a").last.click()
    expect_shown(carousel, 3)
    carousel.get_by_role("button", name="Next image").click()
    expect_shown(carousel, 3)


@SCRIPT
def test_every_picture_is_there_with_its_text(carousel):
    pictures = carousel.locator("img")
    expect(pictures).to_have_count(4)
    for picture in pictures.all():
        assert picture.get_attribute("alt") is not None
        assert int(picture.get_attribute("width")) > 0
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True, timeout=30_000)


@pytest.mark.parametrize("page", [False], ids=["no script"], indirect=True)
def test_without_script_the_numbers_are_links(carousel):
    expect(carousel.get_by_role("button")).to_have_count(0)
    carousel.get_by_role("link", name="Image 3 of 4").click()

    assert carousel.locator(".carousel-slides").evaluate(SHOWN) == 2


def test_nothing_jumps(carousel):
    for picture in carousel.locator("img").all():
        picture.scroll_into_view_if_needed()
        expect(picture).to_have_js_property("complete", True, timeout=30_000)

    assert carousel.page.evaluate("window.shifts") == 0


def test_from_right_to_left_the_left_key_goes_on(carousel):
    carousel.page.evaluate("document.documentElement.dir = 'rtl'")
    carousel.evaluate(
        """old => {
            old.querySelectorAll(".carousel-turn").forEach(button => button.remove());
            old.replaceWith(old.cloneNode(true));
        }"""
    )
    run_again(carousel)
    slides = carousel.locator(".carousel-slides")
    slides.focus()
    slides.page.keyboard.press("ArrowLeft")

    expect_shown(carousel, 1)


def test_everybody_can_use_it(carousel):
    assert_accessible(carousel.page)
