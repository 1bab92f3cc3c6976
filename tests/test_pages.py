"""The check of templates: real files, in folders where a project has them."""

import pytest
from django.core.checks import run_checks
from django.template import Library

from derived_images.pages import check_templates

register = Library()


@register.tag
def raising(parser, token):
    """Raises `ValueError`, as a tag without arguments."""
    _, _ = token.split_contents()


LOAD = "{% load derived_images %}"


@pytest.fixture
def told(tmp_path, settings):
    """Return what is told of a template with this text, and of its line."""
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [tmp_path / "nowhere", tmp_path],
            "OPTIONS": {"libraries": {"raising": "tests.test_pages"}},
        },
        {"BACKEND": "django.template.backends.jinja2.Jinja2", "DIRS": [tmp_path]},
    ]

    def told(text, name="a/page.html"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return [
            (each.msg, each.hint, str(each.obj).removeprefix(f"{file.parent}/"))
            for each in check_templates()
        ]

    return told


@pytest.mark.parametrize("tag", ["img", "picture", "source", "srcset"])
def test_an_unknown_variant_is_named_with_its_line_and_the_choices(told, tag):
    text = (
        '\n{% block a %}{% if b %}\n{% TAG photo.variants "large" ALT %}{% endif %}{% endblock %}'
    )
    alt = 'alt=""' if tag in ("img", "picture") else ""

    [(message, hint, where)] = told(LOAD + text.replace("TAG", tag).replace("ALT", alt))

    assert message == f"{{% {tag} %}} names 'large', which photo.variants does not have."
    assert hint.startswith("Choices are: ")
    assert {"thumb", "sm", "md", "lg", "square"} <= {*hint[13:-1].split(", ")}
    assert where == "page.html:3"


@pytest.mark.parametrize(
    "text",
    [
        '{% picture photo.variants "sm" "lg" alt="" %}',
        # What is no literal, and what is called as nothing is, can be anything.
        '{% picture photo.variants size alt="" %}',
        '{% picture images "large" alt="" %}',
        '{% picture photo.cubes "tile_f" alt="" %}',
        "",
    ],
)
def test_what_may_be_right_is_let_be(told, text):
    assert told(LOAD + text) == []


def test_a_template_in_a_child_is_read_as_well(told):
    text = (
        '{% extends "base.html" %}'
        + LOAD
        + '{% block b %}{% img a.cubes "sm" alt="" %}{% endblock %}'
    )

    assert [message for message, _, _ in told(text)] == [
        "{% img %} names 'sm', which a.cubes does not have."
    ]


def test_what_cannot_be_read_is_told(told):
    [(message, hint, where)] = told(LOAD + '{% picture photo.variants "sm" %}')

    assert message == "'picture' did not receive value(s) for the argument(s): 'alt'"
    assert (hint, where) == ("Correct it, or the page that is made of it fails.", "page.html")


def test_a_tag_of_others_may_raise_whatever_it_likes(told):
    """As those do that unpack what they split."""
    [(message, _, _)] = told(LOAD + "{% load raising %}{% raising %}")

    assert "not enough values" in message


@pytest.mark.parametrize(
    ("tag", "message", "hint"),
    [
        (
            '{% picture row.posters "thumb" "square" alt="" %}',
            "{% picture %} names variants of different shapes: thumb, square.",
            "Browsers take any of them for the same picture. Put a {% source %} with `media` before.",
        ),
        (
            '{% img photo.variants "thumb" alt="" placeholder="colour" %}',
            "{% img %} has no placeholder 'colour'.",
            "Choices are: color, picture.",
        ),
    ],
)
def test_what_else_is_wrong_wherever_it_is_shown(told, tag, message, hint):
    assert told(LOAD + tag) == [(message, hint, "page.html:1")]


@pytest.mark.parametrize(
    "text",
    [
        '{% img images=photo.variants alt="" %}',
        '{% img photo.variants "thumb"|default:"large" alt="" placeholder=kind %}',
        '{% img photo.variants "thumb" alt="" placeholder="" %}',
        '{% picture row.posters "thumb" size alt="" %}',
    ],
)
def test_what_is_not_written_there_is_let_be(told, text):
    assert told(LOAD + text) == []


@pytest.mark.parametrize("name", ["node_modules/page.html", ".git/page.html", "large.html"])
def test_what_is_no_template_of_the_projects_is_not_read(told, name):
    text = LOAD + '{% img photo.variants "large" alt="" %}'

    assert told(text + ("x" * 2**20 if name == "large.html" else ""), name) == []
    assert len(told(text, "a/page.html")) == 1


def test_other_templates_are_none_of_our_business(told):
    assert told("derived_images is a word {{ a ? b : c }}") == []
    assert told("{% load nothing_of_the_kind %}") == []
    assert told(b"\xff\xfe") == []


def test_it_is_one_of_the_projects_checks(told):
    told(LOAD + '{% img photo.variants "large" alt="" %}')

    found = [each for each in run_checks(tags=["templates"]) if each.id == "derived_images.W009"]
    assert len(found) == 1
