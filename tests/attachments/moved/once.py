"""What such a site was: its photos are in a field of django-stdimage's, with what that has made."""

import warnings

import django

# It says so to all who use it, and people come from there.
warnings.filterwarnings("ignore", message="The django-stdimage is deprecated")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import models  # noqa: E402
from stdimage import StdImageField  # noqa: E402

from tests.pictures import picture  # noqa: E402

PHOTOS = {"red": "a.jpg", "twin": "b.jpg", "blue": "c.jpg", "bare": ""}


class ProductOnce(models.Model):
    name = models.CharField(max_length=50)
    photo = StdImageField(upload_to="products/", variations={"small": (20, 20, True)}, blank=True)

    class Meta:
        app_label = "moved"
        db_table = "moved_product"
        managed = False


call_command("migrate", verbosity=0)
call_command("migrate", "moved", "0001", verbosity=0)
for name, photo in PHOTOS.items():
    product = ProductOnce(name=name)
    if photo:
        product.photo.save(photo, picture(color="blue" if name == "blue" else "red"), save=False)
    product.save()
