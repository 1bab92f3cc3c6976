"""Products with a photo of their own."""

from django.db import models

from derived_images.attachments import ImagesMixin


class Product(ImagesMixin, models.Model):
    photo = models.ImageField(upload_to="products/")
