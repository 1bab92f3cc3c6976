"""A picture whose worker dies of it, once or always."""

import os
import signal
from pathlib import Path

from django.db import models

from derived_images import AutoCleanupImageField, DerivedImagesManager, Fit


class Deadly(Fit):
    """Kills the process that draws it, where the file `deadly` lies; nobody else dies of it then.

    If the file says how wide a picture is, all die that draw this one.
    """

    kind = "deadly"

    def draw(self, image):
        deadly = Path(os.environ["ENGINES_SITE"], "deadly")
        if deadly.exists() and deadly.read_text() in ("", str(image.width)):
            if not deadly.read_text():
                deadly.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        return super().draw(image)


class Poster(models.Model):
    image = AutoCleanupImageField(upload_to="posters/")
    variants = DerivedImagesManager("image", {"thumb": Fit(16, 16), "card": Deadly(32, 32)})
