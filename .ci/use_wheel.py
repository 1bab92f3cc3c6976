"""Use an installed wheel once, as a project would, and look at what is in it."""

import io
import sys
import tempfile
import zipfile

import django
from django.conf import settings
from django.core.files.base import ContentFile
from django.db import connection, models
from PIL import Image

with zipfile.ZipFile(sys.argv[1]) as wheel:
    folders = {name.split("/")[0] for name in wheel.namelist()}
    assert "derived_images/py.typed" in wheel.namelist()
    placeholder = "derived_images/attachments/static/derived_images/placeholder.svg"
    assert placeholder in wheel.namelist()
    assert "derived_images/static/derived_images/focus.js" in wheel.namelist()
    assert "derived_images/templates/derived_images/image_input.html" in wheel.namelist()
    inline = "derived_images/attachments/templates/derived_images/images_inline.html"
    assert inline in wheel.namelist()
    assert "derived_images/locale/de/LC_MESSAGES/django.mo" in wheel.namelist()
    assert "derived_images/attachments/migrations/0001_stored_image.py" in wheel.namelist()
assert sorted(folder.split("-")[0] for folder in folders) == ["derived_images"] * 2, folders

settings.configure(
    INSTALLED_APPS=["derived_images"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    MEDIA_ROOT=tempfile.mkdtemp(),
    MEDIA_URL="/media/",
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()

from derived_images import AutoCleanupImageField, DerivedImagesManager  # noqa: E402


class Photo(models.Model):
    """What README begins with."""

    image = AutoCleanupImageField(upload_to="photos/")
    variants = DerivedImagesManager("image")

    class Meta:
        app_label = "derived_images"


with connection.schema_editor() as editor:
    editor.create_model(Photo)
buffer = io.BytesIO()
Image.new("RGB", (300, 200), "teal").save(buffer, "JPEG")
photo = Photo.objects.create(image=ContentFile(buffer.getvalue(), name="cat.JPG"))
assert photo.variants.missing() == []
print(django.__version__, *photo.variants.urls().values(), sep="\n")
photo.delete()
assert not photo.variants.thumb.exists()
