"""The story of such a site, from its first migration to its last, and back."""

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.files.storage import default_storage  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from derived_images.attachments.models import Image, StoredImage  # noqa: E402
from tests.attachments.moved.models import Product  # noqa: E402
from tests.pictures import picture  # noqa: E402

PHOTOS = {"red": "a.jpg", "twin": "b.jpg", "blue": "c.jpg", "bare": ""}


def migrate(name):
    call_command("migrate", "moved", name, verbosity=0)


def products_then():
    """Return the model as it was in the beginning."""
    state = MigrationExecutor(connection).loader.project_state(("moved", "0001_initial"))
    return state.apps.get_model("moved", "Product").objects.order_by("pk")


def files():
    paths = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    return {
        str(path.relative_to(settings.MEDIA_ROOT)): (path.stat().st_mtime_ns, path.read_bytes())
        for path in paths
    }


call_command("migrate", verbosity=0)
migrate("0001")
for name, photo in PHOTOS.items():
    content = picture(color="blue" if name == "blue" else "red")
    stored = default_storage.save(f"products/{photo}", content) if photo else ""
    products_then().create(name=name, photo=stored)
# As django-stdimage has left it.
default_storage.save("products/a.small.jpg", picture(dimensions=(20, 20)))
before = files()

migrate("0003")
assert files() == before, "A byte was written."
red, twin, blue, bare = Product.objects.with_images().order_by("pk")
assert red.image_url == twin.image_url == "/media/products/a.jpg"
assert blue.image_url == "/media/products/c.jpg"
assert bare.cover is None
assert StoredImage.objects.count() == 2
assert red.cover.image.stored.sizes.small.url == "/media/products/a.small.jpg"

call_command("backfill_image_variants", StoredImage._meta.label, verbosity=0)
after = files()
assert {name: after[name] for name in before} == before, "A variant was rendered again."
assert "products/a_thumb.webp" in after
assert "products/c.small.jpg" in after

migrate("0001")
photos = [each.photo.name for each in products_then()]
assert photos == ["products/a.jpg", "products/a.jpg", "products/c.jpg", ""], photos
assert not Image.objects.exists()
assert files() == after, "A file went."

migrate("0003")
migrate("0003")
Image.objects.all().delete()
assert set(files()) == {"products/b.jpg"}, "What no row names is the audit's."
