"""The long random lives' project: the fewer models, the cheaper each question who uses a file."""

from tests.settings import *  # noqa: F403

INSTALLED_APPS = ["django.contrib.contenttypes", "derived_images", "tests.life"]
ROOT_URLCONF = None
