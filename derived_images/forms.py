"""What people fill in: a focal point, by pointer, by arrow keys, or as text."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models.fields.files import ImageFieldFile
from django.forms.utils import pretty_name
from django.forms.widgets import Script
from django.utils.translation import gettext_lazy as _

from derived_images.fields import managers_of, validate_focus
from derived_images.files import VariantFile
from derived_images.recipes import Fit

#: Pixels of the longer side of the picture that is pointed at, or as near to it as there is one.
LEGIBLE = 640

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
            "data-focus-text": _("{x}% from the left, {y}% from the top"),
        }
        if file and file.width and file.height:
            self.widget.attrs["data-focus-room"] = f"{file.width} {file.height}"
        return super().get_bound_field(form, field_name)


def _picture(instance: Any, source: str) -> ImageFieldFile | None:
    """Return a legible picture of the row, if there is one."""
    committed = getattr(instance, source, None)
    if not committed or not committed._committed:
        return None
    wholes = [
        file
        for name, manager in managers_of(type(instance)).items()
        if manager.source == source
        for file in getattr(instance, name).values()
        if type(file.recipe) is Fit
    ]

    def distance(file: VariantFile) -> int:
        recipe: Any = file.recipe
        return abs(int(max(recipe.width or 0, recipe.height or 0)) - LEGIBLE)

    file: ImageFieldFile = min(wholes, key=distance, default=committed)
    return file
