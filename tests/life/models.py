"""Rows with files, of every shape whose life differs."""

import uuid

from django.core.files.storage import FileSystemStorage
from django.db import models

from tests.life.candidate import image_field, variants_of


def callable_default() -> str:
    return "defaults/called.png"


class Photo(models.Model):
    title = models.CharField(max_length=50, blank=True)
    image = image_field(upload_to="photos/", blank=True)
    variants = variants_of("image")


class Proxy(Photo):
    class Meta:
        proxy = True


class Child(Photo):
    """Multi-table: the column is on its parent; it has a second one of its own."""

    detail = image_field(upload_to="details/", blank=True)
    details = variants_of("detail")


class Unmanaged(models.Model):
    """Another model over the table of photos."""

    title = models.CharField(max_length=50, blank=True)
    image = image_field(upload_to="photos/", blank=True)
    variants = variants_of("image")

    class Meta:
        managed = False
        db_table = "life_photo"


class WithUUID(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    image = image_field(upload_to="uuid/", null=True, blank=True)
    variants = variants_of("image")


class WithSlug(models.Model):
    slug = models.SlugField(primary_key=True)
    image = image_field(upload_to="slug/", blank=True)
    variants = variants_of("image")


class Pair(models.Model):
    """Two fields in one folder."""

    front = image_field(upload_to="pairs/", blank=True)
    back = image_field(upload_to="pairs/", blank=True)
    fronts = variants_of("front")
    backs = variants_of("back")


class Elsewhere(models.Model):
    """Its variants lie in a storage of their own."""

    image = image_field(upload_to="elsewhere/", blank=True)
    variants = variants_of("image", storage="elsewhere")


class SameFolder(models.Model):
    """A storage object of its own, over the folder of the default one."""

    image = image_field(upload_to="photos/", storage=FileSystemStorage(), blank=True)
    variants = variants_of("image")


class Twofold(models.Model):
    """Two managers derive from one source."""

    image = image_field(upload_to="twofold/", blank=True)
    variants = variants_of("image")
    posters = variants_of("image", naming="{dir}posters/{stem}_{variant}.{ext}")


class Aimed(models.Model):
    """Says where to look, which its source's name tells."""

    title = models.CharField(max_length=50, blank=True)
    focus = models.CharField(max_length=20, blank=True)
    image = image_field(upload_to="aimed/", blank=True)
    variants = variants_of("image", focus="focus")


class Album(models.Model):
    """Has no image itself; its pages go with it."""


class Page(models.Model):
    album = models.ForeignKey(Album, on_delete=models.CASCADE)
    image = image_field(upload_to="pages/", blank=True)
    variants = variants_of("image")


class WithDefault(models.Model):
    image = image_field(bare=True, upload_to="photos/", default="defaults/none.png")


class WithCallableDefault(models.Model):
    image = image_field(bare=True, upload_to="photos/", default=callable_default)


class Hiding(models.Manager):
    def get_queryset(self):
        return super().get_queryset().none()


class Hidden(models.Model):
    """Hides its rows, as soft deletion does."""

    image = image_field(upload_to="hidden/", blank=True)
    variants = variants_of("image")

    objects = Hiding()
    everything = models.Manager()

    class Meta:
        base_manager_name = "objects"


class Document(models.Model):
    """A plain file field, which may name anybody's file."""

    file = models.FileField(upload_to="documents/", blank=True)


class Plain(models.Model):
    """Django's own image field: its sources stay."""

    image = models.ImageField(upload_to="plain/", blank=True)
    variants = variants_of("image")
