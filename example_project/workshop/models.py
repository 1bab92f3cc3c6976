"""Rows with images, one model for each type of key. The mixin adds no column to any of them."""

import uuid

from django.conf import settings
from django.db import models
from django.urls import reverse

from derived_images.attachments import ImagesMixin


class Organization(models.Model):
    name = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)
    #: Who may do what by the API. The pages are for everybody.
    members = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("organization", args=[self.slug])


class Row(ImagesMixin, models.Model):
    """What parts, companies and places have in common."""

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE)
    name = models.CharField(max_length=100)

    class Meta:
        abstract = True
        ordering = ["name"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse(self._meta.model_name, args=[self.organization.slug, self.pk])


class Part(Row):
    """Has as many images as one likes."""


class Company(Row):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    #: Its logo: another one takes its place.
    images_limit = 1

    class Meta(Row.Meta):
        verbose_name_plural = "companies"


class Place(Row):
    slug = models.SlugField(primary_key=True)

    #: One more is refused.
    images_limit = 5
