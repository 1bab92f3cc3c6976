"""The ways to build the page, and the rows and files that it shows."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from django.core.files.base import ContentFile
from django.core.management import call_command
from django.db import models
from django.template import Context, Template

from benchmarks.pages import tiny
from benchmarks.pages.models import SIZES, Ours, Pictures, Placeholder, Plain, Tiny, Titled
from benchmarks.pages.photographs import photographs
from derived_images import mosaic

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Gallery</title>
<style>
body {{ margin: 0 }}
main {{ display: grid; grid-template-columns: repeat(1, 1fr) }}
@media (min-width: 1200px) {{ main {{ grid-template-columns: repeat(3, 1fr) }} }}
figure {{ margin: 0 }}
img {{ display: block; width: 100%; height: auto }}
</style>
<main>{{% load {library} %}}
{{% for photo in photos %}}<figure>{picture}<figcaption>{{{{ photo.title }}}}</figcaption></figure>
{{% endfor %}}</main>
</html>
"""
OURS = (
    '{{% picture photo.variants "sm" "md" "lg" alt=photo.title'
    ' sizes="(min-width: 1200px) 33vw, 100vw"{} %}}'
)
TINY = "{% load tiny %}{% tiny_background photo.variants as background %}"
# As ours are: loaded when they are scrolled to.
PICTURES = (
    "{% picture photo.image img_alt=photo.title xs=12 l=4"
    ' img_loading="lazy" img_decoding="async" %}'
)
PLAIN = (
    '<img src="{{ photo.image.url }}" alt="{{ photo.title }}"'
    ' width="{{ photo.image.width }}" height="{{ photo.image.height }}">'
)


class Way:
    """One of the ways to build the page."""

    def __init__(
        self,
        model: type[models.Model],
        picture: str,
        library: str = "derived_images",
        forget: Callable[[], None] | None = None,
    ) -> None:
        self.model = model
        self.template = Template(PAGE.format(picture=picture, library=library))
        #: What makes a process as it was before its first page, where that is told apart.
        self.forget = forget

    def html(self) -> str:
        """Build the page, of rows that nothing is known of."""
        photos = self.model._default_manager.order_by("pk")
        return self.template.render(Context({"photos": photos}))


def forget_mosaics() -> None:
    mosaic._shown.cache_clear()


#: What the others are compared to.
BASE = "ours"
WAYS = {
    BASE: Way(Ours, OURS.format("")),
    "ours, placeholder": Way(
        Placeholder, OURS.format(' placeholder="picture"'), forget=forget_mosaics
    ),
    "ours, a tiny variant read once": Way(
        Tiny, TINY + OURS.format(" style=background"), forget=tiny.forget
    ),
    "django-pictures": Way(Pictures, PICTURES, "pictures"),
    "plain originals": Way(Plain, PLAIN, "static"),
}


class Filled(NamedTuple):
    """What the galleries show."""

    photos: int
    different: int
    bytes: int


def fill(count: int, folder: Path | None) -> Filled:
    """Make the rows, their files and all variants."""
    call_command("migrate", run_syncdb=True, verbosity=0)
    contents, size = set(), 0
    for number, content in enumerate(photographs(count, folder), 1):
        contents.add(hash(content))
        size += len(content)
        _upload(number, content)
    return Filled(count, len(contents), size)


def _upload(number: int, content: bytes) -> None:
    """Make a row of each model; what is the same in several is rendered once."""
    rows: dict[type[Titled], Titled] = {
        way.model: way.model._default_manager.create(
            title=f"Photograph {number}", image=ContentFile(content, f"photograph-{number}.jpg")
        )
        for way in WAYS.values()
    }
    ours = rows[Ours].variants
    ours.render()
    for other in (rows[Placeholder].variants, rows[Tiny].variants):
        for variant in SIZES:
            os.link(ours[variant].path, other[variant].path)
    rows[Tiny].variants.render("tiny")
