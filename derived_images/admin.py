"""The admin: rows with pictures, for people who are no programmers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.contrib import messages
from django.contrib.admin import ModelAdmin, options
from django.contrib.admin.utils import flatten_fieldsets
from django.contrib.admin.widgets import AdminFileWidget
from django.db.models import Field, ImageField, Model, QuerySet
from django.forms import Field as FormField
from django.forms import Media
from django.forms.widgets import Script
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from derived_images.fields import focus_fields, followed_fields, managers_of
from derived_images.files import DerivedImages, VariantFile
from derived_images.forms import FocusField, FocusInput, ImageInput, thumbnail


class Found(NamedTuple):
    """A variant, and what the storage says of it."""

    file: VariantFile
    #: In bytes; ``None`` of one that is not there.
    size: int | None


class ImageAdminMixin:
    """For a `ModelAdmin`, or an inline, of rows with pictures.

    Image fields show what they hold, and focal points are pointed at. In a `ModelAdmin`
    ``"thumbnail"`` may stand in `list_display`; the form tells of all variants, and an action makes
    them again.
    """

    model: Any
    formfield_overrides: Any

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        # What the project says in its own place holds.
        widgets = self.formfield_overrides[ImageField]
        if widgets.get("widget") is AdminFileWidget:
            widgets["widget"] = ImageInput
        actions = getattr(self, "actions", None)
        if actions is not None and "render_again" not in actions:
            self.actions = [*actions, "render_again"]

    @property
    def media(self) -> Media:
        pictures = Script("derived_images/pictures.js", defer=True)
        own = Media(css={"all": ["derived_images/admin.css"]}, js=[pictures])  # type: ignore[list-item]
        return super().media + own  # type: ignore[misc, no-any-return]

    def images_of(self, row: Any) -> Iterator[DerivedImages]:
        """Yield the row's derived images, of every manager with a source."""
        for name in managers_of(type(row)):
            images = getattr(row, name)
            if images:
                yield images

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest | None, **kwargs: Any
    ) -> FormField | None:
        for source, field in followed_fields(self.model).items():
            if db_field.name in focus_fields(field) and not db_field.choices:
                pointed = {"form_class": FocusField, "widget": FocusInput, "source": source}
                kwargs = {**pointed, **kwargs}
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc, no-any-return]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fields = [*super().get_readonly_fields(request, obj)]  # type: ignore[misc]
        if obj and isinstance(self, ModelAdmin) and managers_of(self.model):
            fields.append("image_files")
        return fields

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        fieldsets = [*super().get_fieldsets(request, obj)]  # type: ignore[misc]
        shown = flatten_fieldsets(fieldsets)
        if "image_files" in self.get_readonly_fields(request, obj) and "image_files" not in shown:
            fieldsets.append((None, {"fields": ["image_files"]}))
        return fieldsets

    def thumbnail(self, row: Model) -> str:
        """Show a small variant; nothing of a row without one. No storage is asked."""
        given = {"alt": str(row), "class": "image-thumbnail"}
        return next(filter(None, (thumbnail(each, **given) for each in self.images_of(row))), "")

    thumbnail.short_description = _("image")  # type: ignore[attr-defined]

    def image_files(self, row: Model) -> str:
        """Tell of all variants, as they lie in their storages; "–" of a row without a picture."""
        images = self.images_of(row)
        groups = [[Found(file, _size(file)) for file in each.values()] for each in images]
        if not groups:
            return "–"
        return render_to_string("derived_images/image_files.html", {"groups": groups})

    image_files.short_description = _("variants")  # type: ignore[attr-defined]

    def render_again(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Make all variants of these rows again, here and now."""
        made = failed = 0
        rows = [row for row in queryset if self.has_change_permission(request, row)]  # type: ignore[attr-defined]
        if others := len(queryset) - len(rows):
            said = ngettext("%d row may not be changed.", "%d rows may not be changed.", others)
            messages.warning(request, said % others)
        for row in rows:
            for images in self.images_of(row):
                number = len(images.render())
                made, failed = made + number, failed + len(images) - number
        if rows and not made and not failed:
            messages.warning(request, _("There is nothing to render."))
        if made:
            said = ngettext("%d variant was made.", "%d variants were made.", made) % made
            messages.success(request, said)
        if failed:
            said = ngettext(
                "%d variant could not be made; the log says why.",
                "%d variants could not be made; the log says why.",
                failed,
            )
            messages.error(request, said % failed)

    render_again.allowed_permissions = ["change"]  # type: ignore[attr-defined]
    render_again.short_description = _("Render images again")  # type: ignore[attr-defined]
    render_again.plural_description = _("Render images again")  # type: ignore[attr-defined]
    # Since Django 6.1 the form has actions, too.
    render_again.locations = [*getattr(options, "ActionLocation", ())]  # type: ignore[attr-defined]


def _size(file: VariantFile) -> int | None:
    try:
        return file.size
    except Exception:  # Storages raise whatever they like.
        return None
