"""Settings of a site whose pictures an engine renders: `ENGINE` and `ENGINES_SITE` say which, where."""

import os
from multiprocessing import parent_process
from pathlib import Path

from django import VERSION
from django.core.exceptions import ImproperlyConfigured

if os.environ.get("ENGINES_WORKERS") == "broken" and parent_process():
    raise ImproperlyConfigured("Processes that others start have no settings here.")
SITE = Path(os.environ.get("ENGINES_SITE", "nowhere"))
ENGINE = os.environ.get("ENGINE", "django_tasks_db")
BACKENDS = {
    "django_tasks_db": "django_tasks_db.DatabaseBackend",
    "django_tasks_rq": "django_tasks_rq.RQBackend",
}
SECRET_KEY = "tests"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": SITE / "db.sqlite3",
        "OPTIONS": {"timeout": 60, "transaction_mode": "IMMEDIATE"},
    }
}
INSTALLED_APPS = ["derived_images", "tests.engines"]
if ENGINE in BACKENDS:
    INSTALLED_APPS += [ENGINE, "django_rq"][: 1 + (ENGINE == "django_tasks_rq")]
    TASKS = {"default": {"BACKEND": BACKENDS[ENGINE]}}
if VERSION < (6, 0):
    INSTALLED_APPS += ["django_tasks"]
MEDIA_ROOT = SITE / "media"
DERIVED_IMAGES = {"PROCESSOR": "celery" if ENGINE == "celery" else "django_tasks"}
REDIS = SITE / "redis"
RQ_QUEUES = {"default": {"URL": f"unix://{REDIS}?db=0"}}
CELERY_BROKER_URL = f"redis+socket://{REDIS}"
# A worker that dies whole gives its pictures back after so many seconds.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 2}
# It takes no more than it works on.
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
