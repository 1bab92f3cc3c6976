"""What the neighbours meet: a model with our field and one with Django's, each with variants."""

from django.db import models

from derived_images import AutoCleanupImageField, DerivedImagesManager, Fill, Fit

SMALL = {"thumb": Fit(32, 32), "square": Fill(16, 16, format="png")}


class Picture(models.Model):
    """Our field: sources come and go with their rows."""

    title = models.CharField(max_length=50)
    image = AutoCleanupImageField(upload_to="pictures/", blank=True)
    variants = DerivedImagesManager("image", SMALL)

    def __str__(self):
        return self.title


class Card(models.Model):
    """Django's field: sources stay, as they always did."""

    title = models.CharField(max_length=50)
    image = models.ImageField(upload_to="cards/", blank=True)
    variants = DerivedImagesManager("image", SMALL)

    def __str__(self):
        return self.title
