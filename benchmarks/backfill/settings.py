"""A site in the folder that `BACKFILL_SITE` names; processes of its own read its settings, too."""

import os
from pathlib import Path

SITE = Path(os.environ.get("BACKFILL_SITE", "nowhere"))
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": SITE / "sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DERIVED_IMAGES = {"PROCESSOR": "none"}
INSTALLED_APPS = ["derived_images", "benchmarks.backfill"]
MEDIA_ROOT = SITE / "media"
SECRET_KEY = "benchmarks"  # noqa: S105
SILENCED_SYSTEM_CHECKS = ["derived_images.I001"]
