"""What people fill in: a picture that they see, and a focal point that they point at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import copy
from typing import Any

from django import forms
from django.db.models.fields.files import ImageFieldFile
from django.forms.utils import flatatt, pretty_name
from django.forms.widgets import Script
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from derived_images.fields import managers_of, validate_focus
from derived_images.files import DerivedImages, VariantFile
from derived_images.markup import img
from derived_images.reading import exists
from derived_images.recipes import Fit, Recipe, Scaled

#: Pixels of the longer side of the picture that is pointed at, or as near to it as there is one.
LEGIBLE = 640

#: And of a thumbnail.
SMALL = 160

#: What is said in place of a picture that a browser cannot show.
BROKEN = _("This cannot be shown: it is missing, broken, or not rendered yet.")

HOW = _(
    "What must stay in sight where the picture is cropped: how far from the left and from the top, "
    "like 30% 70%. Blank is the middle. On the picture: point, or use the arrow keys (with Shift for "
    "long steps, Delete for blank)."
)


class FocusInput(forms.TextInput):
    """A text field that with script has the picture beside it, to point at."""

    class Media:
        css = {"all": ["derived_images/focus.css"]}
        js = [Script("derived_images/focus.js", defer=True)]


class FocusField(forms.CharField):
    """Where to look in the picture of the form's row: ``"30% 70%"``, or nothing.

    `source` is the name of the image field. A picture that was just chosen is pointed at before it is
    uploaded.
    """

    widget = FocusInput
    default_validators = [validate_focus]

    def __init__(self, *, source: str, help_text: Any = "", **kwargs: Any) -> None:
        super().__init__(help_text=help_text or HOW, **kwargs)
        self.source = source

    def get_bound_field(self, form: Any, field_name: str) -> Any:
        file = _picture(getattr(form, "instance", None), self.source)
        self.widget.attrs |= {
            "data-focus": self.source,
            "data-focus-label": self.label or pretty_name(field_name),
            "data-focus-picture": file.url if file else "",
            "data-focus-text": _("{x} from the left, {y} from the top"),
        }
        if file and file.width and file.height:
            self.widget.attrs["data-focus-room"] = f"{file.width} {file.height}"
        return super().get_bound_field(form, field_name)


def _picture(instance: Any, source: str) -> ImageFieldFile | None:
    """Return a legible picture of the row, whole, if there is one."""
    committed = getattr(instance, source, None)
    if not committed or not committed._committed:
        return None
    files: list[ImageFieldFile] = [
        file
        for images in _images(committed)
        if (file := _nearest(images, LEGIBLE, lambda recipe: type(recipe) is Fit))
    ]
    return (files or [committed])[0]


def thumbnail(images: DerivedImages, *, alt: str, **attributes: Any) -> SafeString | str:
    """Return an `<img>` of the variant that is nearest to a thumbnail; "" if there is none.

    No storage is asked. Of one that cannot be shown the page says so itself: see pictures.js.
    """
    file = _nearest(images, SMALL, lambda recipe: isinstance(recipe, Scaled))
    if file is None:
        return ""
    given = {"alt": alt, "loading": "lazy", "data-broken": BROKEN, **attributes}
    if file.source.known_dimensions:
        return img(images, file.variant, **given)
    # Nobody opens all the files of a list for the room that they need.
    return format_html("<img{}>", flatatt({"src": file.url, **given}))


def _images(file: Any) -> Iterator[DerivedImages]:
    """Yield what is derived from a stored file, also where its row has just been given another."""
    row = copy(file.instance)
    setattr(row, file.field.name, file.name)
    for name, manager in managers_of(type(row)).items():
        if manager.source == file.field.name:
            yield getattr(row, name)


def _nearest(
    images: DerivedImages, pixels: int, is_one: Callable[[Recipe], bool]
) -> VariantFile | None:
    """Return the variant whose longer side is nearest to so many pixels."""

    def distance(file: VariantFile) -> float:
        recipe: Any = file.recipe
        side = max(recipe.width or 0, recipe.height or 0)
        return max(side / pixels, pixels / side)  # One of twice as many is as near as one of half.

    return min(
        (file for file in images.values() if is_one(file.recipe)), key=distance, default=None
    )


class ImageInput(forms.ClearableFileInput):
    """A file input that shows the picture that is there, small, or says what is the matter with it.

    With script a picture that is chosen, or dropped, is shown at once.
    """

    template_name = "derived_images/image_input.html"
    # The input has a label of its own.
    use_fieldset = False

    class Media:
        css = {"all": ["derived_images/image.css"]}
        js = [
            Script("derived_images/pictures.js", defer=True),
            Script("derived_images/image.js", defer=True),
        ]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["broken"] = BROKEN
        if context["widget"]["is_initial"]:
            images = next(_images(value), None) if hasattr(value, "instance") else None
            note = note_on(value)
            small = "" if images is None or note else thumbnail(images, alt=value.name)
            context["widget"] |= {"thumbnail": small, "note": note}
        return context


def note_on(file: Any) -> str:
    """Return what is the matter with a stored file; "" if it is there."""
    try:
        is_there = exists(file.storage, file.name)
    except Exception:  # Storages raise whatever they like.
        return gettext("The storage does not answer.")
    return "" if is_there else gettext("The file is missing. Choose another one.")
