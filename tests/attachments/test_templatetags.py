"""The carousel's HTML, read as a browser reads it."""

from html.parser import HTMLParser

import pytest
from django.template import Context, TemplateSyntaxError
from django.template import Template as Compiled

from derived_images.recipes import Fill, Fit, also_in
from tests.attachments.models import Part
from tests.pictures import picture

pytestmark = pytest.mark.django_db


class Reader(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def all(self, wanted):
        return [attributes for tag, attributes in self.tags if tag == wanted]


def rendered(row, options=""):
    text = "{% load derived_images_attachments %}{% image_carousel row " + options + " %}"
    return Reader(Compiled(text).render(Context({"row": row})))


def test_all_pictures_are_there_with_their_texts_and_dimensions(three, part):
    part.images.filter(pk=three[1].pk).update(custom_alt_text='A "green" one')

    html = rendered(part)

    images = html.all("img")
    assert [image["alt"] for image in images] == ["", 'A "green" one', ""]
    assert [image["src"] for image in images] == [
        each.image.variants.thumb.url
        for each in three  # As small as the source is.
    ]
    assert {(image["width"], image["height"]) for image in images} == {("60", "40")}
    assert [image["loading"] for image in images] == ["eager", "lazy", "lazy"]
    assert [a["href"] for a in html.all("a")] == [f"#images-part-{part.pk}-{n}" for n in (1, 2, 3)]
    assert [li["id"] for li in html.all("li") if "id" in li] == [
        a["href"][1:] for a in html.all("a")
    ]
    assert html.all("section")[0]["aria-label"] == "bolt"


def test_variants_sizes_and_what_else_is_said_go_to_the_pictures(part):
    part.attach(picture(dimensions=(3000, 2000)))

    [image] = rendered(part, '"sm" "md" sizes="50vw" label="The bolt" class="wide"').all("img")

    assert [each.split()[1] for each in image["srcset"].split(", ")] == ["640w", "1024w"]
    assert (image["sizes"], image["class"]) == ("50vw", "wide")


def test_one_picture_needs_no_places(part):
    part.attach(picture())

    assert rendered(part).all("a") == []


@pytest.mark.parametrize("row", [None, "", Part(pk=1)])
def test_without_images_there_is_nothing(row):
    assert rendered(row).tags == []


def test_what_is_no_row_is_told():
    with pytest.raises(TemplateSyntaxError, match=r"<object object at .+> is no row with images"):
        rendered(object())


def test_what_was_read_for_a_list_is_not_read_again(three, part, django_assert_num_queries):
    with django_assert_num_queries(1):
        rendered(part)
    [row] = Part.objects.with_images()
    with django_assert_num_queries(0):
        assert len(rendered(row).all("img")) == 3


def test_a_second_one_on_a_page_has_an_id_of_its_own(three, part):
    html = rendered(part, 'id="again"')

    assert [a["href"] for a in html.all("a")] == ["#again-1", "#again-2", "#again-3"]


def test_unless_told_it_takes_what_shows_the_whole(part, settings):
    whole = also_in({"sm": Fit(32, 32), "lg": Fit(640, 640)}, avif=60)
    settings.DERIVED_IMAGES |= {"RECIPES": {"square": Fill(64, 64), **whole}}
    part.attach(picture(dimensions=(3000, 2000)))

    html = rendered(part)

    for [shown] in (html.all("img"), html.all("source")):
        assert [each.split()[1] for each in shown["srcset"].split(", ")] == ["32w", "640w"]
