"""Models with images: every type of key, inheritance, limits, owners."""

import uuid

from django.core.files.storage import storages
from django.db import models

from derived_images.attachments import ImagesMixin
from derived_images.attachments.models import AbstractImageAttachment


class Organization(models.Model):
    name = models.CharField(max_length=50)


class Part(ImagesMixin, models.Model):
    """A key that is a number, and an owner."""

    name = models.CharField(max_length=50, blank=True)
    organization = models.ForeignKey(Organization, models.CASCADE, null=True)

    def __str__(self):
        return self.name or f"part {self.pk}"


class Company(ImagesMixin, models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    name = models.CharField(max_length=50, blank=True)


class Place(ImagesMixin, models.Model):
    """A key that is text."""

    slug = models.SlugField(primary_key=True)
    name = models.CharField(max_length=50, blank=True)


class Restaurant(Place):
    """Multi-table: its rows are places, and have their images."""

    stars = models.PositiveSmallIntegerField(default=0)
    menu = models.ImageField(upload_to="menus/", blank=True)


class PartProxy(Part):
    class Meta:
        proxy = True


class OnlyOne(Part):
    """A proxy with a limit of its own."""

    images_limit = 1

    class Meta:
        proxy = True


class Shop(Place):
    """A child with an owner of its own."""

    organization = models.ForeignKey(Organization, models.CASCADE, null=True)


class Badge(ImagesMixin, models.Model):
    """One image, which another one replaces."""

    images_limit = 1


class Shelf(ImagesMixin, models.Model):
    images_limit = 3


class Hanging(AbstractImageAttachment):
    """Images on rows in a table beside the wing's."""

    class Meta(AbstractImageAttachment.Meta):
        pass


class Logo(models.Model):
    """Needs its image."""

    image = models.ForeignKey("derived_images_attachments.Image", models.PROTECT)


class Stranger(models.Model):
    """Not registered."""


class Coin(ImagesMixin, models.Model):
    """Has two."""

    front = models.ImageField(upload_to="coins/", blank=True)
    back = models.ImageField(upload_to="coins/", blank=True)


class Product(ImagesMixin, models.Model):
    """Had its image in a field of its own, and has it there still."""

    name = models.CharField(max_length=50, blank=True)
    organization = models.ForeignKey(Organization, models.CASCADE, null=True)
    photo = models.ImageField(upload_to="products/", blank=True)
    private = models.ImageField(upload_to="private/", storage=storages["elsewhere"], blank=True)
