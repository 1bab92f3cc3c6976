"""The suite's settings, for servers: a database and media in a folder of their own."""

import os
from pathlib import Path

from tests.settings import *  # noqa: F403

SITE = Path(os.environ.get("SERVING_SITE", "nowhere"))
ALLOWED_HOSTS = ["*"]
MEDIA_ROOT = SITE / "media"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": SITE / "db.sqlite3",
        "OPTIONS": {"timeout": 60},
    }
}
MIDDLEWARE = []
ROOT_URLCONF = "tests.serving.urls"
DERIVED_IMAGES = {
    "URLS": "view",
    "SERVE": os.environ.get("SERVING_BY", "stream"),
    "AUTHORIZE": os.environ.get("SERVING_AUTHORIZE"),
}
