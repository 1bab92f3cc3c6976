"""A REST API over images on rows, and serializer fields: the wing that knows Django REST framework.

`from derived_images.rest import VariantsField, ImageSerializerMixin`; the addresses are in
`derived_images.rest.urls`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derived_images.rest.fields import VariantsField
    from derived_images.rest.serializers import ImageSerializerMixin

__all__ = ["ImageSerializerMixin", "VariantsField"]

_ROOMS = {"ImageSerializerMixin": "serializers", "VariantsField": "fields"}


def __getattr__(name: str) -> Any:
    # `VariantsField` needs the core alone: who wants no more has not installed the other wing.
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
