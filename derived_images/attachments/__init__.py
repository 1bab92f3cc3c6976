"""Images on any model: each file stored once, each row with its own order and cover.

`from derived_images.attachments import ImagesMixin, register, Policy, MoveImages`; the models are in
`derived_images.attachments.models`, but for the images, if they are your own: `get_image_model()`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derived_images.attachments.mixin import ImagesMixin, ImagesQuerySet, register, with_images
    from derived_images.attachments.operations import MoveImages
    from derived_images.attachments.policy import Policy
    from derived_images.attachments.swapping import get_image_model

__all__ = [
    "ImagesMixin",
    "ImagesQuerySet",
    "MoveImages",
    "Policy",
    "get_image_model",
    "register",
    "with_images",
]

_ROOMS = {
    "ImagesMixin": "mixin",
    "ImagesQuerySet": "mixin",
    "MoveImages": "operations",
    "Policy": "policy",
    "get_image_model": "swapping",
    "register": "mixin",
    "with_images": "mixin",
}


def __getattr__(name: str) -> Any:
    # When Django imports this package as an app, no model can be made yet.
    if name not in _ROOMS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_ROOMS[name]}"), name)
