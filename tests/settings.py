"""The suite's project: SQLite, or the server that `TEST_DATABASE` tells of, a folder of its own
for files, and every neighbour installed.
"""

import os
import tempfile
from importlib.util import find_spec
from pathlib import Path

NEIGHBOURS = {
    "rest_framework": ["rest_framework", "derived_images.rest"],
    "drf_spectacular": ["drf_spectacular"],
    "django_filters": ["django_filters"],
    "simple_history": ["simple_history"],
    "import_export": ["import_export"],
    "reversion": ["reversion"],
    "auditlog": ["auditlog"],
}
SECRET_KEY = "tests"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SERVER, _, FOLDER = os.environ.get("TEST_DATABASE", "sqlite").partition(":")
ENGINES = {
    "sqlite": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"},
    "postgresql": {
        "ENGINE": "django.db.backends.postgresql",
        "USER": "tests",
        "HOST": FOLDER,
    },
    "mariadb": {
        "ENGINE": "django.db.backends.mysql",
        "USER": "root",
        "HOST": f"{FOLDER}/socket",
    },
}
DATABASES = {alias: {"NAME": alias, **ENGINES[SERVER]} for alias in ("default", "other")}
MEDIA_ROOT = Path(tempfile.gettempdir()) / "derived-images-tests"  # each test has its own
MEDIA_URL = "/media/"
STATIC_URL = "/static/"
ROOT_URLCONF = "tests.urls"
INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    *(app for module, installed in NEIGHBOURS.items() if find_spec(module) for app in installed),
    "derived_images",
    "derived_images.attachments",
    "tests.shop",
    "tests.life",
    "tests.neighbours",
    "tests.serving",
    "tests.engines",
    "tests.attachments",
    "tests.attachments.warehouse",
]
if find_spec("drf_spectacular"):
    REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
# --- Nothing but the library that the life stories are told of: see tests/life/compare.py
LIFE_LIBRARIES = {
    "derived_images": ["derived_images", "tests.life"],
    "django_cleanup": ["tests.life", "django_cleanup.apps.CleanupConfig"],
    "django_stdimage": ["tests.life", "stdimage"],
}
if os.environ.get("LIFE_LIBRARY") in LIFE_LIBRARIES:
    INSTALLED_APPS = [app for app in INSTALLED_APPS if app.startswith("django.")]
    INSTALLED_APPS += LIFE_LIBRARIES[os.environ["LIFE_LIBRARY"]]
# ---
# All tables are made together: a server wants a foreign key's table first.
MIGRATION_MODULES = dict.fromkeys(
    (
        "admin",
        "auth",
        "contenttypes",
        "sessions",
        "reversion",
        "auditlog",
        "derived_images_attachments",
    )
)
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "elsewhere": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "memory": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
