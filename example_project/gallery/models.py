"""The two models, and the lines that the library asks for."""

from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse

from derived_images import AutoCleanupImageField, DerivedImagesManager, Fill, cubemap_tiles
from derived_images.conf import DEFAULTS


class PictureQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Return the public ones; to those who have logged in, all."""
        return self if user.is_authenticated else self.filter(is_private=False)


class Picture(models.Model):
    """What photos and panoramas have in common."""

    title = models.CharField(max_length=100)
    alt_text = models.CharField(
        "description",
        max_length=250,
        blank=True,
        help_text="What the picture shows, for those who cannot see it.",
    )
    is_private = models.BooleanField(
        "private", default=False, help_text="Only those who have logged in see it."
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)

    objects = PictureQuerySet.as_manager()

    #: The managers' names.
    derived = ("variants",)

    class Meta:
        abstract = True
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse(self._meta.model_name, args=[self.pk])

    def missing(self):
        """Ask the storage which derived images are not there."""
        return [variant for name in self.derived for variant in getattr(self, name).missing()]


class Photo(Picture):
    """A photo, and where to look in it when it is cropped."""

    image = AutoCleanupImageField("picture", upload_to="photos/", placeholder=True)
    focus = models.CharField("focal point", max_length=20, blank=True)

    variants = DerivedImagesManager(
        "image", {**DEFAULTS["RECIPES"], "square": Fill(320, 320, focus="focus")}
    )

    @property
    def preview(self):
        return self.variants.sm

    @property
    def sizes_on_the_wall(self):
        """How wide it hangs there: rows have one height, as the style sheet has it."""
        return f"calc(clamp(9rem, 19vw, 16rem) * {self.image.width} / {self.image.height})"


def validate_shape(file):
    """Refuse what cannot show all directions."""
    width, height = file.width, file.height
    if width and abs(width - 2 * height) > height / 50:  # as the library has it
        raise ValidationError(
            f"A panorama is twice as wide as it is high, but this picture has "
            f"{width} × {height} pixels."
        )


class Panorama(Picture):
    image = AutoCleanupImageField("picture", upload_to="panoramas/", validators=[validate_shape])

    variants = DerivedImagesManager(
        "image", {"thumb": Fill(160, 80, quality=65), "card": Fill(640, 320)}
    )
    cubes = DerivedImagesManager("image", cubemap_tiles(1024))
    derived = ("variants", "cubes")

    @property
    def preview(self):
        return self.variants.card
