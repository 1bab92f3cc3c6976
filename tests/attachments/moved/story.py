"""The story of such a site, from its first migration to its last, and back.

Its photos were in a field of django-stdimage's, which the first migration calls an `ImageField` now.
"""

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.migrations.executor import MigrationExecutor  # noqa: E402

from derived_images.attachments.models import Image, StoredImage  # noqa: E402
from tests.attachments.moved.models import Product  # noqa: E402


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


before = files()
assert set(before) == {f"products/{name}{size}.jpg" for name in "abc" for size in ("", ".small")}

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
assert set(after) - set(before) == {
    f"products/{name}_{variant}.webp" for name in "ac" for variant in ("thumb", "sm", "md", "lg")
}, "Something else was rendered."

migrate("0001")
photos = [each.photo.name for each in products_then()]
assert photos == ["products/a.jpg", "products/a.jpg", "products/c.jpg", ""], photos
assert not Image.objects.exists()
assert files() == after, "A file went."

migrate("0003")
migrate("0003")
Image.objects.all().delete()
assert set(files()) == {"products/b.jpg", "products/b.small.jpg"}, "The audit's, now."
