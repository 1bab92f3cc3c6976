"""Which library's fields the life app is made of: ours, or one that the stories are compared with."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

from django.core.files.storage import Storage
from django.db import models

LIBRARY = os.environ.get("LIFE_LIBRARY", "derived_images")

if LIBRARY == "derived_images":
    from derived_images import AutoCleanupImageField, DerivedImagesManager, Fill, Fit
    from derived_images.files import variants_beside

    RECIPES = {"thumb": Fit(6, 6, quality=90), "square": Fill(4, 4, format="png")}

    def image_field(**options: Any) -> models.ImageField:
        return AutoCleanupImageField(**options)

    def variants_of(source: str, **options: Any) -> Any:
        return DerivedImagesManager(source, RECIPES, **options)

    def derived(field: models.FileField, source: str) -> Iterator[tuple[Storage, str]]:
        """Yield storage and name of what is derived from a source of this field."""
        return variants_beside(field, source)

elif LIBRARY == "django_stdimage":
    from stdimage import StdImageField

    def image_field(**options: Any) -> models.ImageField:
        return StdImageField(
            variations={"thumb": (6, 6), "square": (4, 4, True)}, delete_orphans=True, **options
        )

    def variants_of(source: str, **options: Any) -> Any:
        return None

    def derived(field: models.FileField, source: str) -> Iterator[tuple[Storage, str]]:
        """Yield storage and name of what is derived from a source of this field."""
        for variation in getattr(field, "variations", {}):
            yield field.storage, field.attr_class.get_variation_name(source, variation)

else:

    def image_field(**options: Any) -> models.ImageField:
        return models.ImageField(**options)

    def variants_of(source: str, **options: Any) -> Any:
        return None

    def derived(field: models.FileField, source: str) -> Iterator[tuple[Storage, str]]:
        """Yield nothing: the library derives no files."""
        return iter(())
