"""django-simple-history: the past keeps names, the present keeps files, and `KEEP` keeps both."""

import pytest
from django.db import models
from simple_history.models import HistoricalRecords

from derived_images import AutoCleanupImageField, DerivedImagesManager
from tests.neighbours.expected import files_of, left_of
from tests.neighbours.models import SMALL
from tests.pictures import picture


class TrackedPicture(models.Model):
    title = models.CharField(max_length=50)
    image = AutoCleanupImageField(upload_to="tracked/", blank=True)
    variants = DerivedImagesManager("image", SMALL)
    history = HistoricalRecords()


class TrackedCard(models.Model):
    title = models.CharField(max_length=50)
    image = models.ImageField(upload_to="tracked/", blank=True)
    variants = DerivedImagesManager("image", SMALL)
    history = HistoricalRecords()


def names_in_history(names):
    """Return those of `names` that any row ever had: a `KEEP` as projects write it."""
    rows = TrackedPicture.history.filter(image__in=names)
    return set(rows.values_list("image", flat=True))


@pytest.fixture
def keep(settings):
    settings.DERIVED_IMAGES = {"KEEP": f"{__name__}.{names_in_history.__name__}"}


@pytest.fixture(params=[TrackedPicture, TrackedCard])
def model(request):
    return request.param


def replace(row, committed):
    """Give the row another image, and return the names of the files it had."""
    old = files_of(row)
    with committed():
        row.image = picture("dog.jpg")
        row.save()
    return old


def test_the_past_has_columns_only(model):
    past = model.history.model

    assert [field.name for field in past._meta.fields[:3]] == ["id", "title", "image"]
    assert type(past._meta.get_field("image")) is models.TextField
    assert not hasattr(past, "variants")


def test_every_change_is_recorded_by_name(row, committed):
    first = row.image.name
    replace(row, committed)
    second = row.image.name
    row.delete()

    assert list(type(row).history.values_list("history_type", "image")) == [
        ("-", second),
        ("~", second),
        ("+", first),
    ]


def test_a_replaced_file_goes_though_the_past_names_it(row, committed, stored):
    left = left_of(row)
    replace(row, committed)

    assert row.variants.missing() == []
    assert stored() == files_of(row) | left


def test_a_deleted_row_takes_its_files_along(row, committed, stored):
    names, left = files_of(row), left_of(row)
    with committed():
        row.delete()
        assert stored() == names

    assert stored() == left


def test_deleting_the_past_touches_no_file(row, committed, stored):
    with committed():
        row.history.all().delete()

    assert stored() == files_of(row)


@pytest.mark.usefixtures("keep")
@pytest.mark.parametrize("model", [TrackedPicture])
class TestKeep:
    def test_it_keeps_a_source_that_the_past_names(self, row, committed, stored):
        assert replace(row, committed) | files_of(row) == stored()

    def test_a_row_can_be_taken_back_to_its_past(self, row, committed):
        source = row.image.name
        replace(row, committed)
        with committed():
            row.history.earliest().instance.save()
        row.refresh_from_db()

        assert row.image.name == source
        assert row.image.storage.exists(source)
        assert row.variants.missing() == []
