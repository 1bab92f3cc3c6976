"""Models of every shape that the suite runs over: both fields, every key, every inheritance."""

import uuid

from django.db import models

from derived_images import (
    AutoCleanupImageField,
    DerivedImagesManager,
    Fill,
    Fit,
    cubemap_tiles,
)
from derived_images.recipes import also_in

SMALL = {"thumb": Fit(32, 32), "square": Fill(16, 16, format="png")}


class Plain(models.Model):
    """Django's own field, as most projects have it."""

    title = models.CharField(max_length=50, blank=True)
    image = models.ImageField(upload_to="plain/", blank=True)
    variants = DerivedImagesManager("image", SMALL)


class Loose(models.Model):
    """Django's own field, with the default set, in the folder of our own."""

    image = models.ImageField(upload_to="photos/", blank=True)
    variants = DerivedImagesManager("image")


class Photo(models.Model):
    """Our field, with the default set."""

    title = models.CharField(max_length=50, blank=True)
    image = AutoCleanupImageField(upload_to="photos/", blank=True)
    variants = DerivedImagesManager("image")


class WithUUID(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    image = AutoCleanupImageField(upload_to="uuid/", blank=True)
    variants = DerivedImagesManager("image", SMALL)


class WithSlug(models.Model):
    slug = models.SlugField(primary_key=True)
    image = AutoCleanupImageField(upload_to="slug/", blank=True)
    variants = DerivedImagesManager("image", SMALL)


class Base(models.Model):
    image = AutoCleanupImageField(upload_to="abstract/", blank=True)
    variants = DerivedImagesManager("image", SMALL)

    class Meta:
        abstract = True


class Concrete(Base):
    """Takes field and manager from an abstract base."""


class Overriding(Base):
    """Has recipes of its own under the inherited name."""

    variants = DerivedImagesManager("image", {"banner": Fit(64, 16)})


class Child(Photo):
    """Multi-table: the field's column is on its parent."""

    subtitle = models.CharField(max_length=50, blank=True)
    variants = DerivedImagesManager("image", {"card": Fit(24, 24)})


class Proxy(Photo):
    class Meta:
        proxy = True


class OverridingProxy(Photo):
    variants = DerivedImagesManager("image", {"stamp": Fit(8, 8, format="png")})

    class Meta:
        proxy = True


class Nullable(models.Model):
    image = AutoCleanupImageField(upload_to="nullable/", null=True)
    variants = DerivedImagesManager("image", SMALL)


class Two(models.Model):
    """Two fields, and two managers on the first."""

    front = AutoCleanupImageField(upload_to="two/", blank=True)
    back = AutoCleanupImageField(upload_to="two/", blank=True)
    fronts = DerivedImagesManager("front", SMALL)
    large_fronts = DerivedImagesManager("front", {"large": Fit(128, 128)})
    backs = DerivedImagesManager("back", SMALL, storage="memory")


class WithDefault(models.Model):
    image = AutoCleanupImageField(upload_to="default/", default="default/none.png")
    variants = DerivedImagesManager("image", SMALL)


class Aimed(models.Model):
    """Rows that say where to look, in pictures whose names carry twenty pixels."""

    title = models.CharField(max_length=50, blank=True)
    focus = models.CharField(max_length=20, blank=True)
    image = AutoCleanupImageField(upload_to="aimed/", blank=True, placeholder=True)
    variants = DerivedImagesManager(
        "image",
        also_in(
            {
                "sm": Fit(32, 32, quality=80),
                "lg": Fit(64, 64, quality=80),
                "square": Fill(16, 16, focus="focus", format="png"),
            },
            avif=60,
        ),
    )


class Panorama(models.Model):
    image = AutoCleanupImageField(upload_to="panoramas/", blank=True)
    cubes = DerivedImagesManager("image", cubemap_tiles(64))


class Document(models.Model):
    """A plain file field, which may name anybody's file."""

    file = models.FileField(upload_to="plain/", blank=True)


class Measured(models.Model):
    """Keeps dimensions in columns, as Django's fields can."""

    image = AutoCleanupImageField(
        upload_to="measured/", width_field="width", height_field="height", blank=True
    )
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)


class Album(models.Model):
    """Has no image itself; its pages go with it."""


class Page(models.Model):
    album = models.ForeignKey(Album, on_delete=models.CASCADE)
    image = AutoCleanupImageField(upload_to="pages/", blank=True)
    variants = DerivedImagesManager("image", SMALL)


class HidingManager(models.Manager):
    def get_queryset(self):
        return super().get_queryset().none()


class Hidden(models.Model):
    """Hides its rows, as soft deletion does."""

    image = AutoCleanupImageField(upload_to="hidden/", blank=True)

    objects = HidingManager()
    everything = models.Manager()

    class Meta:
        base_manager_name = "objects"


class Lonely(models.Model):
    """Has its table in one database only, once a test has dropped the other."""

    image = AutoCleanupImageField(upload_to="lonely/", blank=True)


class Place(models.Model):
    """Has no manager; its child and its proxy have."""

    image = models.ImageField(upload_to="places/", blank=True)


class Shop(Place):
    name = models.CharField(max_length=50, blank=True)
    variants = DerivedImagesManager("image", {"sign": Fit(20, 20)})


class PlaceProxy(Place):
    variants = DerivedImagesManager("image", {"pin": Fit(6, 6)})

    class Meta:
        proxy = True


class TwoPlain(models.Model):
    """Two of Django's fields that share a folder."""

    front = models.ImageField(upload_to="two_plain/", blank=True)
    back = models.ImageField(upload_to="two_plain/", blank=True)
    fronts = DerivedImagesManager("front", SMALL)
    backs = DerivedImagesManager("back", SMALL)


class Legacy(models.Model):
    """Lives in a database where no migration runs."""

    image = models.ImageField()


class WithDatabaseDefault(models.Model):
    image = AutoCleanupImageField(upload_to="default/", db_default="default/none.png")


class Mixin:
    """A plain class, of which Django makes nothing."""

    variants = DerivedImagesManager("image", SMALL)


class Mixed(Mixin, models.Model):
    image = AutoCleanupImageField(upload_to="mixed/", blank=True)


class WithLongNames(models.Model):
    """Has more room for a name in its column than a folder has."""

    image = AutoCleanupImageField(upload_to="long/", max_length=500, blank=True)
    variants = DerivedImagesManager("image", {"a_variant_of_a_long_name": Fit(8, 8)})


class Owned(models.Model):
    """Rows that belong to somebody."""

    owner = models.ForeignKey("auth.User", on_delete=models.CASCADE)
    image = AutoCleanupImageField(upload_to="owned/", blank=True)
    variants = DerivedImagesManager("image", SMALL)


class Composite(models.Model):
    """Two columns are its key."""

    pk = models.CompositePrimaryKey("shelf", "label")
    shelf = models.IntegerField()
    label = models.CharField(max_length=10)
    image = AutoCleanupImageField(upload_to="composite/", blank=True)
    variants = DerivedImagesManager("image", SMALL)
