"""Another app, with a model of a name that a first app has, and one that somebody else registers."""

import uuid

from django.db import models

from derived_images.attachments import ImagesMixin


class Part(ImagesMixin, models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)


class Crate(models.Model):
    """Knows nothing of images."""

    name = models.CharField(max_length=50, blank=True)


class CrateProxy(Crate):
    class Meta:
        proxy = True


class OpenCrate(Crate):
    """Multi-table, and there before its parent is registered."""
