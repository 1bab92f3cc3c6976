"""A photograph in each of the ways that are compared."""

from django.db import models
from pictures.models import PictureField

from derived_images import AutoCleanupImageField, DerivedImagesManager, Fit

#: The qualities are Pillow's default, which django-pictures leaves as it is.
SIZES = {
    "sm": Fit(width=640, quality=80),
    "md": Fit(width=1280, quality=80),
    "lg": Fit(width=1920, quality=80),
}


class Titled(models.Model):
    title = models.CharField(max_length=50)

    class Meta:
        abstract = True


# Folders' names are of one length: they are in every URL of a page.


class Ours(Titled):
    image = AutoCleanupImageField(upload_to="ours/")
    variants = DerivedImagesManager("image", SIZES)


class Placeholder(Titled):
    image = AutoCleanupImageField(upload_to="seen/", placeholder=True)
    variants = DerivedImagesManager("image", SIZES)


class Tiny(Titled):
    """What a placeholder is without names that carry it: one more variant."""

    image = AutoCleanupImageField(upload_to="tiny/")
    variants = DerivedImagesManager("image", {**SIZES, "tiny": Fit(20, 20)})


class Pictures(Titled):
    # With the columns that it advises.
    image = PictureField(upload_to="pics/", width_field="width", height_field="height")
    width = models.PositiveIntegerField(editable=False)
    height = models.PositiveIntegerField(editable=False)


class Plain(Titled):
    image = models.ImageField(upload_to="bare/")
