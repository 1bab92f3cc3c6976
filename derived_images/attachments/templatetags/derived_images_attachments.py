"""The images of a row, side by side: to be swiped, scrolled, or turned over by keys.

    {% load derived_images_attachments %}
    {% image_carousel part sizes="(min-width: 60em) 40rem, 100vw" %}

It needs `derived_images/carousel.css` on the page. With `derived_images/carousel.js` there are
buttons, too; without script all pictures are there as well.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.template import Library, TemplateSyntaxError
from django.utils.text import slugify

from derived_images.attachments import registry
from derived_images.attachments.mixin import read_images
from derived_images.files import DerivedImages
from derived_images.markup import picture
from derived_images.recipes import Fit

register = Library()


@register.inclusion_tag("derived_images/carousel.html")
def image_carousel(
    row: Any, *variants: str, sizes: str = "100vw", label: str = "", id: str = "", **attributes: Any
) -> dict[str, Any]:
    """Show the images of a row in their order; nothing, if there are none.

    `variants` are what browsers choose from, all that show the whole picture if none are named;
    `label` is what the carousel is called, by default the row. A second one of the same row on a
    page needs an `id` of its own. Further attributes are those of `{% picture %}`.
    """
    if row is None or row == "":  # What a template does not find is blank.
        return {}
    if not isinstance(row, Model) or not registry.is_registered(type(row)):
        raise TemplateSyntaxError(f"{{% image_carousel %}}: {row!r} is no row with images.")
    read_images([row])
    slides = [
        (
            each,
            picture(
                each.image.variants,
                *(variants or _whole(each.image.variants)),
                alt=each.alt_text,
                sizes=sizes,
                **given,
            ),
        )
        for each, given in zip(row.images.all(), _loading(attributes), strict=False)  # type: ignore[attr-defined]
    ]
    own_id = id or slugify(f"images-{row._meta.model_name}-{row.pk}")
    return {"slides": slides, "label": label or str(row), "id": own_id}


def _whole(images: DerivedImages) -> list[str]:
    """Return the variants that show the whole picture, in the format of the first; else the first."""
    whole = [file for file in images.values() if type(file.recipe) is Fit] or [*images.values()][:1]
    return [file.variant for file in whole if file.format == whole[0].format]


def _loading(attributes: dict[str, Any]) -> Any:
    """Yield the attributes of one picture after the other: the first is seen at once."""
    yield {"loading": "eager", **attributes}
    while True:
        yield attributes
