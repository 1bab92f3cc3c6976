"""A site in the folder that `BENCHMARK_SITE` names."""

import os
from pathlib import Path

SITE = Path(os.environ.get("BENCHMARK_SITE", "nowhere"))
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": SITE / "sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "derived_images",
    "derived_images.attachments",
    "benchmarks.attachments",
]
MEDIA_ROOT = SITE / "media"
SECRET_KEY = "benchmarks"  # noqa: S105
