"""A picture that writes down each time it is drawn."""

import os

from django.db import models

from derived_images import AutoCleanupImageField, DerivedImagesManager, Fit


class Noted(Fit):
    kind = "noted"

    def draw(self, image):
        notes = os.open(os.environ["SERVING_NOTES"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.write(notes, b"drawn\n")
        os.close(notes)
        return super().draw(image)


class Exhibit(models.Model):
    image = AutoCleanupImageField(upload_to="exhibits/")
    is_hidden = models.BooleanField(default=False)
    variants = DerivedImagesManager("image", {"thumb": Noted(64, 64)})
