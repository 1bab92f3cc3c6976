"""The models: stored files, images, and images on rows. `Image` may be one of your own."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from derived_images.attachments.attached import AbstractImageAttachment
from derived_images.attachments.images import AbstractImage
from derived_images.attachments.policy import policy
from derived_images.attachments.stored import AbstractStoredImage
from derived_images.attachments.swapping import IMAGE_MODEL, IMAGE_SETTING

__all__ = [
    "AbstractImage",
    "AbstractImageAttachment",
    "AbstractStoredImage",
    "Image",
    "ImageAttachment",
    "StoredImage",
]


class StoredImage(AbstractStoredImage):
    """Bytes, stored once for each owner. Its rows and files come and go with images."""

    class Meta(AbstractStoredImage.Meta):
        verbose_name = _("stored image")
        verbose_name_plural = _("stored images")


class Image(AbstractImage):
    """An image as people talk about it; ``DERIVED_IMAGES_IMAGE_MODEL`` names another model."""

    class Meta:
        verbose_name = _("image")
        verbose_name_plural = _("images")
        ordering: ClassVar = ["-created", "-pk"]
        if hasattr(settings, IMAGE_SETTING):
            # Only then: migrations with a foreign key to a swappable model want the setting.
            swappable = IMAGE_SETTING

    @property
    def owner(self) -> Any:
        """Whose library it is in; ``None`` is nobody's."""
        return policy().owner(self.owner_key)


class ImageAttachment(AbstractImageAttachment):
    """An image on a row of any registered model."""

    image = models.ForeignKey(IMAGE_MODEL, on_delete=models.CASCADE, related_name="attachments")

    class Meta(AbstractImageAttachment.Meta):
        verbose_name = _("image on a row")
        verbose_name_plural = _("images on rows")
