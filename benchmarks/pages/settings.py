"""A site in the folder that `BENCHMARK_SITE` names, with both libraries set up alike."""

import os
from pathlib import Path

SITE = Path(os.environ.get("BENCHMARK_SITE", "nowhere"))
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": SITE / "sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = ["derived_images", "pictures", "benchmarks.pages"]
MEDIA_ROOT = SITE / "media"
MEDIA_URL = "/media/"
SECRET_KEY = "benchmarks"  # noqa: S105
STORAGES = {"default": {"BACKEND": "benchmarks.pages.storages.CountedStorage"}}
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"libraries": {"tiny": "benchmarks.pages.tiny"}},
    }
]

# An upload is timed without its variants; those of the gallery are asked for.
DERIVED_IMAGES = {"PROCESSOR": "none"}

PICTURES = {
    # 640, 1280 and 1920 pixels wide, as our variants are.
    "CONTAINER_WIDTH": 1920,
    "GRID_COLUMNS": 3,
    "PIXEL_DENSITIES": [1],
    "FILE_TYPES": ["WEBP"],
    # Where the page's columns change. The last one ends what is given in parts of the window.
    "BREAKPOINTS": {"xs": 0, "l": 1200, "xl": 1920},
    "USE_PLACEHOLDERS": False,
}
# It renders by a queue of its own, here at once.
TASKS = {
    "default": {
        "BACKEND": "django.tasks.backends.immediate.ImmediateBackend",
        "QUEUES": ["default", "pictures"],
    }
}
