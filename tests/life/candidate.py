"""Which library's fields the life app is made of: ours, or one that the stories are compared with.

Each says the same: `image_field`, `variants_of` a field, what is `derived` from a source, `render`
where it happens on demand, and `audit`.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import Storage
from django.core.management import call_command
from django.db import models

LIBRARY = os.environ.get("LIFE_LIBRARY", "derived_images")
OURS = LIBRARY == "derived_images"

if OURS:
    from dataclasses import replace

    from derived_images import AutoCleanupImageField, DerivedImagesManager, Fill, Fit
    from derived_images.declarations import variants_beside
    from derived_images.fields import managers_of

    RECIPES = {"thumb": Fit(6, 6, quality=90), "square": Fill(4, 4, format="png")}

    def image_field(*, bare: bool = False, **options: Any) -> models.ImageField:
        """Return a field that cleans up; a `bare` one has no variants."""
        return AutoCleanupImageField(**options)

    def variants_of(source: str, *, focus: str | None = None, **options: Any) -> Any:
        """Return a manager; `focus` is the field that says where to look."""
        square = replace(RECIPES["square"], focus=focus)
        return DerivedImagesManager(source, {**RECIPES, "square": square}, **options)

    def derived(field: models.FileField, source: str) -> Iterator[tuple[Storage, str]]:
        """Yield storage and name of what is derived from a source of this field."""
        return variants_beside(field, source)

    def render(row: models.Model) -> None:
        """Render what is derived from the row's files, as a page that shows them would."""
        for manager in managers_of(type(row)):
            getattr(row, manager).render()

    def audit() -> bool:
        """Delete what nothing names any more; say whether the library can."""
        everything = {"delete_orphans": True, "delete_leftovers": True, "older_than": "0s"}
        call_command("audit_images", **everything, stdout=io.StringIO(), stderr=io.StringIO())
        return True

elif LIBRARY == "django_stdimage":
    from stdimage import StdImageField

    VARIATIONS = {"thumb": (6, 6), "square": (4, 4, True)}

    def image_field(*, bare: bool = False, **options: Any) -> models.ImageField:
        """Return a field that cleans up; a `bare` one has no variants."""
        variations = {} if bare else VARIATIONS
        return StdImageField(variations=variations, delete_orphans=True, **options)

    def variants_of(source: str, *, focus: str | None = None, **options: Any) -> Any:
        return None

    def derived(field: models.FileField, source: str) -> Iterator[tuple[Storage, str]]:
        """Yield storage and name of what is derived from a source of this field."""
        for variation in getattr(field, "variations", {}):
            yield field.storage, field.attr_class.get_variation_name(source, variation)

    def render(row: models.Model) -> None:
        """Render what is derived from the row's files, as its management command would."""
        for field in row._meta.fields:
            if isinstance(field, StdImageField) and getattr(row, field.attname):
                getattr(row, field.attname).render_variations()

    def audit() -> bool:
        """Delete what nothing names any more; say whether the library can."""
        return False

else:

    def image_field(*, bare: bool = False, **options: Any) -> models.ImageField:
        """Return a field whose files the library cleans up."""
        return models.ImageField(**options)

    def variants_of(source: str, *, focus: str | None = None, **options: Any) -> Any:
        return None

    def derived(field: models.FileField, source: str) -> Iterator[tuple[Storage, str]]:
        """Yield nothing: the library derives no files."""
        return iter(())

    def render(row: models.Model) -> None:
        """Render nothing."""

    def audit() -> bool:
        """Delete what nothing names any more; say whether the library can."""
        return False
