"""The HTML of every page of the example, as the W3C's validator reads it."""

import pytest
from playwright.sync_api import Page

from tests.browser.pages import log_in
from tests.browser.validator import faults_of

PRESS = "/workshop/lakeside-press/"
#: Pages that are always there; those of single rows are found by their links.
ADDRESSES = [
    "/",
    "/upload/",
    "/panoramas/",
    "/panoramas/upload/",
    "/files/",
    "/workshop/",
    PRESS,
    f"{PRESS}library/",
]
ROWS = {
    "/": [".wall a"],
    "/panoramas/": [".wall a"],
    PRESS: [".rows a"],
}
BELOW = {"/photos/": ["replace/", "delete/"], "/panoramas/": ["replace/", "delete/"]}


def addresses(page: Page) -> list[str]:
    """Return the example's pages: all kinds, and every photo, panorama and row."""
    found = list(ADDRESSES)
    for address, selectors in ROWS.items():
        page.goto(address)
        for selector in selectors:
            links = [link.get_attribute("href") for link in page.locator(selector).all()]
            found += links
            found += [
                f"{links[0]}{each}" for each in BELOW.get(links[0][: links[0].find("/", 1) + 1], [])
            ]
    page.goto(PRESS)
    row = page.locator(".rows a").first.get_attribute("href")
    return [*dict.fromkeys(found), f"{row}upload/", f"{row}attach/"]


def source_of(page: Page, address: str) -> str:
    answer = page.request.get(address)
    assert answer.status == 200, address
    return answer.text()


def test_every_page_is_valid(page, tmp_path):
    log_in(page)
    pages = {address: source_of(page, address) for address in addresses(page)}
    page.context.clear_cookies()
    pages |= {f"{address} for a stranger": source_of(page, address) for address in ADDRESSES}

    assert len(pages) > 30
    assert faults_of(pages, tmp_path) == []


@pytest.mark.parametrize(
    "fault",
    [
        '<img src="a.webp">',
        '<img src="a.webp" alt="" srcset="a.webp 1w, b.webp 2w">',
        '<img src="a.webp" alt="" srcset="a.webp 1w, b.webp 1w" sizes="1vw">',
        '<picture><source srcset="a.avif" type="image/avif" alt=""><img src="a.webp" alt=""></picture>',
    ],
)
def test_the_oracle_sees_faults(fault, tmp_path):
    html = f'<!doctype html><html lang="en"><title>A page</title>{fault}'

    assert len(faults_of({"a page": html}, tmp_path)) > 0
