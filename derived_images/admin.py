"""The admin: rows with pictures, for people who are no programmers."""

from __future__ import annotations

from typing import Any

from django.db.models import Field
from django.forms import Field as FormField
from django.http import HttpRequest

from derived_images.fields import focus_fields, followed_fields
from derived_images.forms import FocusField, FocusInput


class ImageAdminMixin:
    """For a `ModelAdmin`, or an inline, of rows with pictures: focal points are pointed at."""

    model: Any

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest | None, **kwargs: Any
    ) -> FormField | None:
        for source, field in followed_fields(self.model).items():
            if db_field.name in focus_fields(field) and not db_field.choices:
                pointed = {"form_class": FocusField, "widget": FocusInput, "source": source}
                kwargs = {**pointed, **kwargs}
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc, no-any-return]
