"""The one model, and the two lines that the library asks for."""

from django.db import models
from django.urls import reverse

from derived_images import AutoCleanupImageField, DerivedImagesManager


class Photo(models.Model):
    title = models.CharField(max_length=100)
    alt_text = models.CharField(
        "description",
        max_length=250,
        blank=True,
        help_text="What the picture shows, for those who cannot see it.",
    )
    image = AutoCleanupImageField("picture", upload_to="photos/")
    uploaded_at = models.DateTimeField(auto_now_add=True)

    variants = DerivedImagesManager("image")

    class Meta:
        ordering = ["-uploaded_at", "-pk"]

    def __str__(self):
        return self.title

    def get_absolute_url(self):
        return reverse("photo", args=[self.pk])

    @property
    def srcset(self):
        """All variants for the browser to choose from, one of each width."""
        widths = {file.width: file.url for file in self.variants.values()}
        return ", ".join(f"{url} {width}w" for width, url in sorted(widths.items()))
