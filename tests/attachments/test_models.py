"""The models of the wing, and the one that a project may have in its stead."""

import os
import subprocess
import sys

from django.core.management import call_command


def test_the_migrations_are_those_of_the_models(settings, db):
    settings.MIGRATION_MODULES = {}
    call_command("makemigrations", "derived_images_attachments", check=True, dry_run=True)


def test_a_site_has_images_of_its_own_with_an_owner(tmp_path):
    site = {"SITE": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tests.attachments.own.settings"}
    story = [sys.executable, "-W", "error", "-m", "tests.attachments.own.story"]
    run = subprocess.run(story, env=os.environ | site, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr
