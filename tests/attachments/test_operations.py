"""Images moved by a migration, and the column dropped by the next one."""

import pytest
from django.db.migrations.writer import MigrationWriter

from derived_images.attachments import MoveImages


def test_a_site_drops_its_columns_and_takes_them_back(tell):
    tell("tests.attachments.moved", "once")
    tell("tests.attachments.moved")


def test_it_is_written_into_migrations():
    operation = MoveImages("shop.Product", "photo")
    written, imports = MigrationWriter.serialize(operation)

    assert "derived_images.attachments.operations.MoveImages" in written
    assert operation.describe() == "Attach the images that shop.Product has in photo"
    assert imports


def test_what_is_no_model_is_told():
    with pytest.raises(ValueError, match="'Product' is no model: give"):
        MoveImages("Product", "photo")
