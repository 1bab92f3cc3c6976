"""Images moved by a migration, and the column dropped by the next one."""

import os
import subprocess
import sys

from django.db.migrations.writer import MigrationWriter

from derived_images.attachments import MoveImages


def test_a_site_drops_its_columns_and_takes_them_back(tmp_path):
    site = {"SITE": str(tmp_path), "DJANGO_SETTINGS_MODULE": "tests.attachments.moved.settings"}
    story = [sys.executable, "-W", "error", "-m", "tests.attachments.moved.story"]
    run = subprocess.run(story, env=os.environ | site, capture_output=True, text=True)

    assert run.returncode == 0, run.stderr


def test_it_is_written_into_migrations():
    operation = MoveImages("shop.Product", "photo")
    written, imports = MigrationWriter.serialize(operation)

    assert "derived_images.attachments.operations.MoveImages" in written
    assert operation.describe() == "Attach the images that shop.Product has in photo"
    assert imports
