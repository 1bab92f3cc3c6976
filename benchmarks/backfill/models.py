"""Photos under names of ours, and old ones under any names, whose variants may clash."""

from django.db import models

from derived_images import AutoCleanupImageField, DerivedImagesManager, Fit


class Photo(models.Model):
    image = AutoCleanupImageField(upload_to="photos/")
    variants = DerivedImagesManager("image")


class Old(models.Model):
    image = models.ImageField(upload_to="old/")
    variants = DerivedImagesManager("image", {"thumb": Fit(32, 32)})
