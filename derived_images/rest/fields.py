"""Serializer fields: URLs of variants. They know the core alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db.models.fields.files import ImageFieldFile
from rest_framework.serializers import Field

from derived_images.files import DerivedImages, source_and_variants


class VariantsField(Field[Any, Any, Any, Any]):
    """The URLs of a row's variants: ``{"original": "/media/…", "thumb": "/media/…", …}``, read-only.

    It stands for a `DerivedImagesManager` of the same name, or of that which `source` gives.
    `variants` names those that are wanted, else all are there. With ``dimensions=True`` each is
    ``{"url": …, "width": pixels, "height": pixels}``. URLs are as the storage gives them, relative
    where `MEDIA_URL` is; with ``absolute=True`` they have the host of the request. Of a row
    without a source they are "". No URL asks the storage.
    """

    def __init__(
        self,
        *,
        variants: Iterable[str] | None = None,
        dimensions: bool = False,
        absolute: bool = False,
        **kwargs: Any,
    ) -> None:
        self.variants = None if variants is None else tuple(variants)
        self.dimensions = dimensions
        self.absolute = absolute
        super().__init__(read_only=True, **kwargs)

    def to_representation(self, value: DerivedImages) -> dict[str, Any]:
        """Return name → URL, `original` first."""
        files = source_and_variants(value)
        if self.variants is not None:
            files = {"original": files["original"]} | {
                name: value[name] for name in self.variants if name != "original"
            }
        return {name: self._entry(file) for name, file in files.items()}

    def _entry(self, file: ImageFieldFile) -> Any:
        url = self._url(file) if file else ""
        if not self.dimensions:
            return url
        width, height = _dimensions(file)
        return {"url": url, "width": width, "height": height}

    def _url(self, file: ImageFieldFile) -> str:
        return located(self, file.url) if self.absolute else file.url


def _dimensions(file: ImageFieldFile) -> tuple[int | None, int | None]:
    try:
        return (file.width, file.height) if file else (None, None)
    except (OSError, ValueError):  # Where they must be read, and the file is lost or broken.
        return None, None


def located(field: Field[Any, Any, Any, Any], url: str) -> str:
    """Return a URL with the host of the request. Raises `ImproperlyConfigured`."""
    request = field.context.get("request")
    if request is None:
        raise ImproperlyConfigured(
            f"{field.field_name!r} is to be absolute: give its serializer the request as context."
        )
    return str(request.build_absolute_uri(url))
