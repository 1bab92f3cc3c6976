"""Products without a column for their photo."""

from django.db import models

from derived_images import DerivedImagesManager, Fill
from derived_images.attachments import ImagesMixin
from derived_images.attachments.models import StoredImage


class Product(ImagesMixin, models.Model):
    name = models.CharField(max_length=50)


# What django-stdimage had made of the photos, where it lies.
StoredImage.add_to_class(
    "sizes",
    DerivedImagesManager("file", {"small": Fill(20, 20, format="source")}, naming="stdimage"),
)
