"""django-reversion: versions keep names, reverting moves no file, `KEEP` keeps what it needs."""

import pytest
import reversion
from django.db import transaction
from reversion.models import Version

from tests.neighbours.expected import files_of, left_of
from tests.neighbours.models import Picture
from tests.pictures import picture


def names_in_versions(names):
    """Return those of `names` that any version has: a `KEEP` as projects write it."""
    return names & {version.field_dict["image"] for version in Version.objects.all()}


@pytest.fixture
def keep(settings):
    settings.DERIVED_IMAGES = {"KEEP": f"{__name__}.{names_in_versions.__name__}"}


@pytest.fixture(autouse=True)
def registered(model):
    reversion.register(model)
    yield
    reversion.unregister(model)


@pytest.fixture
def row(model, db, committed):
    """Return a row whose upload is rendered, and its first version."""
    with committed(), reversion.create_revision():
        return model.objects.create(title="Cat", image=picture("cat.jpg"))


def replace(row, committed):
    """Give the row another image, in a revision of its own."""
    with committed(), reversion.create_revision():
        row.image = picture("dog.jpg")
        row.save()


def first_version(row):
    return Version.objects.get_for_object(row).earliest("pk")


def test_a_version_holds_columns_only(row):
    assert first_version(row).field_dict == {
        "id": row.pk,
        "title": "Cat",
        "image": row.image.name,
    }


def test_a_replaced_file_goes_after_the_revision(row, committed, stored):
    left = left_of(row)
    replace(row, committed)

    assert Version.objects.get_for_object(row).count() == 2
    assert row.variants.missing() == []
    assert stored() == files_of(row) | left


def test_a_reverted_row_has_its_old_name_and_no_file_moves(row, committed, stored):
    source = row.image.name
    replace(row, committed)
    before = stored()
    with committed():
        first_version(row).revision.revert()
    row.refresh_from_db()

    assert row.image.name == source
    assert stored() == before


def test_a_revert_that_is_only_tried_costs_no_file(row, committed, stored):
    replace(row, committed)
    before, source = stored(), row.image.name
    with committed(), transaction.atomic():
        first_version(row).revision.revert(delete=True)
        transaction.set_rollback(True)

    assert type(row).objects.get().image == source
    assert stored() == before


@pytest.mark.usefixtures("keep")
@pytest.mark.parametrize("model", [Picture])
class TestKeep:
    def test_a_replaced_image_can_be_had_back(self, row, committed):
        source = row.image.name
        replace(row, committed)
        with committed():
            first_version(row).revision.revert()
        row.refresh_from_db()

        assert row.image.name == source
        assert row.image.storage.exists(source)
        assert row.variants.missing() == []

    def test_a_deleted_row_can_be_had_back_with_its_files(self, row, committed, stored):
        names, version = files_of(row), first_version(row)
        with committed():
            row.delete()
        with committed():
            version.revision.revert()

        assert Picture.objects.get().variants.missing() == []
        assert stored() == names
