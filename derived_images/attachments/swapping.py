"""Which model is the project's own `Image`."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings

#: A setting beside the dict, as Django wants it.
IMAGE_SETTING = "DERIVED_IMAGES_IMAGE_MODEL"
IMAGE_MODEL: str = getattr(settings, IMAGE_SETTING, "derived_images_attachments.Image")


def get_image_model() -> Any:
    """Return the project's model of images."""
    return apps.get_model(IMAGE_MODEL)
