"""The moved site, with another app, and a model of images of its own."""

import os

from tests.attachments.moved.settings import *  # noqa: F403

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "derived_images",
    "derived_images.attachments",
    "tests.attachments.own",
]
DERIVED_IMAGES_IMAGE_MODEL = os.environ.get("IMAGE_MODEL", "own.Picture")
DERIVED_IMAGES = {"PROCESSOR": "none", "POLICY": "tests.attachments.own.models.OfTeams"}
