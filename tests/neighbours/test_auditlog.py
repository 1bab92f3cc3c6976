"""django-auditlog: it logs columns, and disturbs no file."""

import pytest
from auditlog.models import LogEntry
from auditlog.registry import auditlog

from tests.neighbours.expected import files_of, left_of
from tests.pictures import picture

CREATE, UPDATE, DELETE = (
    LogEntry.Action.CREATE,
    LogEntry.Action.UPDATE,
    LogEntry.Action.DELETE,
)


@pytest.fixture(autouse=True)
def registered(model):
    auditlog.register(model)
    yield
    auditlog.unregister(model)


def last_entry(row):
    entry = LogEntry.objects.get_for_object(row).latest("pk")
    return entry.action, entry.changes


def test_a_new_row_is_logged_with_its_columns(row):
    assert last_entry(row) == (
        CREATE,
        {
            "id": ["None", str(row.pk)],
            "title": ["None", "Cat"],
            "image": ["None", row.image.name],
        },
    )
    assert row.variants.missing() == []


def test_a_new_image_is_logged_and_the_old_one_goes(row, committed, stored):
    old, left = row.image.name, left_of(row)
    with committed():
        row.image.save("dog.jpg", picture("dog.jpg"))

    assert last_entry(row) == (UPDATE, {"image": [old, row.image.name]})
    assert row.variants.missing() == []
    assert stored() == files_of(row) | left


def test_a_new_title_is_all_that_is_logged(row, committed, stored):
    with committed():
        row.title = "Tom"
        row.save()

    assert last_entry(row) == (UPDATE, {"title": ["Cat", "Tom"]})
    assert stored() == files_of(row)


def test_a_cleared_image_is_logged_and_goes(row, committed, stored):
    old, left = row.image.name, left_of(row)
    with committed():
        row.image = ""
        row.save()

    assert last_entry(row) == (UPDATE, {"image": [old, ""]})
    assert stored() == left


def test_a_deleted_row_is_logged_and_takes_its_files_along(row, committed, stored):
    key, source, left = row.pk, row.image.name, left_of(row)
    with committed():
        row.delete()
    entry = LogEntry.objects.get_for_model(type(row)).latest("pk")

    assert (entry.action, entry.object_pk) == (DELETE, str(key))
    assert entry.changes["image"] == [source, "None"]
    assert stored() == left
