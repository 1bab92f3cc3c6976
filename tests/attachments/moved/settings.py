"""A small site: SQLite, migrations, a folder of files, all within the folder that SITE names."""

import os
from pathlib import Path

SITE = Path(os.environ["SITE"])
SECRET_KEY = "tests"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": SITE / "db.sqlite3"}}
MEDIA_ROOT = SITE / "media"
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "derived_images",
    "derived_images.attachments",
    "tests.attachments.moved",
]
