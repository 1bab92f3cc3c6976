"""The template tags: thin over `markup`, with errors that tell the template."""

import pytest
from django.template import Context, TemplateSyntaxError
from django.template import Template as Compiled
from django.test import override_settings
from django.utils import translation

from derived_images import markup
from tests.shop.models import Aimed, Photo

NAME = "photos/cat_3000x2000_x7kq2mz9.jpg"


def rendered(text, **context):
    return Compiled("{% load derived_images %}" + text).render(Context(context))


@pytest.fixture
def photo():
    return Photo(image=NAME, title='A "cat"')


def test_they_are_the_functions_of_markup(photo):
    variants = photo.variants

    assert rendered(
        '{% picture p.variants "sm" "md" sizes="50vw" alt=p.title class="wide" data_id=5 %}',
        p=photo,
    ) == markup.picture(
        variants, "sm", "md", sizes="50vw", alt=photo.title, class_="wide", data_id=5
    )
    assert rendered('{% img p.variants "sm" alt="" %}', p=photo) == markup.img(
        variants, "sm", alt=""
    )
    assert rendered('{% source p.variants "sm" %}', p=photo) == markup.source(variants, "sm")
    assert rendered('{% srcset p.variants "sm" "md" %}', p=photo) == markup.srcset(
        variants, "sm", "md"
    )


def test_sources_are_put_together_by_name(photo):
    text = (
        '{% source p.variants "thumb" media="(max-width: 40em)" as narrow %}'
        '{% picture p.variants "sm" alt="" sources=narrow %}'
    )

    narrow = markup.source(photo.variants, "thumb", media="(max-width: 40em)")
    assert rendered(text, p=photo) == markup.picture(photo.variants, "sm", alt="", sources=narrow)


def test_numbers_are_no_ones_dialect(photo):
    with override_settings(USE_THOUSAND_SEPARATOR=True), translation.override("de"):
        html = rendered('{% img p.variants "sm" "lg" alt="" data_id=5000 %}', p=photo)

    assert html == markup.img(photo.variants, "sm", "lg", alt="", data_id=5000)
    assert "2.048" not in html


@pytest.mark.parametrize("missing", [Photo(), Aimed(), None])
def test_what_is_not_there_can_be_replaced(missing):
    text = '{% picture p.variants "sm" alt="" as shown %}{% if shown %}{{ shown }}{% else %}none{% endif %}'

    assert rendered(text, p=missing) == "none"
    assert rendered('{% picture p.variants "sm" alt="" %}', p=missing) == ""


def test_alt_is_missed_when_the_template_is_read():
    for tag in ("img", "picture"):
        with pytest.raises(TemplateSyntaxError, match="'alt'"):
            Compiled("{% load derived_images %}{% " + tag + ' p.variants "sm" %}')


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '{% img p.variants "tumb" alt="" %}',
            r"\{% img %\}: Unknown variant 'tumb' of Photo.variants. Choices are: thumb, sm, md, lg.",
        ),
        (
            '{% picture p.variants alt="" %}',
            r"\{% picture %\}: Name variants of Photo.variants. Choices are: thumb, sm, md, lg.",
        ),
        (
            '{% picture p "sm" alt="" %}',
            r"\{% picture %\}: <Photo: .+> is no row's derived images: give photo.variants, say.",
        ),
        (
            '{% img p.variants "sm" alt="" placeholder="blur" %}',
            r"\{% img %\}: Unknown placeholder 'blur'. Choices are: color, picture.",
        ),
    ],
)
def test_what_is_wrong_is_said_with_the_choices(photo, text, message):
    with pytest.raises(TemplateSyntaxError, match=f"^{message}$"):
        rendered(text, p=photo)
