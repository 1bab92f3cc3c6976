"""A private picture: its page and its files, for those who have logged in and for the others."""

from playwright.sync_api import Page, expect

from tests.browser.pages import SCRIPT, assert_accessible, assert_loaded, log_in, upload


def statuses(page: Page, urls: list[str]) -> set[int]:
    return {page.request.get(url).status for url in urls}


@SCRIPT
def test_only_those_who_have_logged_in_see_it(page, open_page, picture):
    log_in(page)
    upload(page, picture, "Diary")
    page.get_by_role("link", name="Replace").click()
    page.get_by_label("Private").check()
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".private")).to_contain_text("each of its files is a 404")
    assert_loaded(page, ".files img")
    address = page.url
    urls = [link.get_attribute("href") for link in page.locator(".files .mat").all()]
    assert statuses(page, [address, *urls]) == {200}
    assert statuses(open_page(), [address, *urls]) == {404}

    page.get_by_role("button", name="Log out").click()
    assert statuses(page, [address, *urls]) == {404}
    expect(page.get_by_text("more is private")).to_be_visible()
    expect(page.get_by_role("link", name="Diary")).to_have_count(0)

    log_in(page)
    page.goto(f"{address}delete/")
    page.get_by_role("button", name="Delete").click()
    assert statuses(page, [address, *urls]) == {404}


def test_the_pages_are_accessible_to_those_who_have_logged_in(page):
    log_in(page)
    for address in ("/", "/upload/", "/files/"):
        page.goto(address)
        assert_accessible(page)


def test_only_they_make_a_picture_private(page):
    page.goto("/upload/")
    expect(page.get_by_label("Private")).to_have_count(0)
