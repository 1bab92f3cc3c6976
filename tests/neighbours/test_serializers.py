"""Django's serializers: dumpdata and loaddata move names, and touch no file."""

import json

import pytest
from django.core import serializers
from django.core.files.base import ContentFile
from django.core.management import call_command

from tests.neighbours.expected import files_of


@pytest.fixture(params=["json", "jsonl", "xml"])
def fixture(request, row, tmp_path):
    """Return the file that the row was dumped to."""
    path = tmp_path / f"rows.{request.param}"
    call_command("dumpdata", row._meta.label, format=request.param, output=str(path))
    return path


def load(fixture):
    call_command("loaddata", str(fixture), verbosity=0)


def test_a_dump_holds_columns_only(row):
    (dumped,) = json.loads(serializers.serialize("json", [row]))

    assert dumped["fields"] == {"title": "Cat", "image": row.image.name}


def test_a_row_comes_back_with_its_files(row, fixture, committed, stored):
    type(row).objects.filter(pk=row.pk)._raw_delete("default")
    with committed():
        load(fixture)
    back = type(row).objects.get()

    assert back.image == row.image
    assert back.variants.missing() == []
    assert stored() == files_of(row)


def test_loading_renders_nothing(row, fixture, committed, stored):
    row.variants.delete()
    with committed():
        load(fixture)

    assert row.variants.missing() == ["thumb", "square"]
    assert stored() == {row.image.name}


def test_loading_over_a_row_deletes_nothing(row, fixture, committed, stored):
    other = row.image.storage.save("other.jpg", ContentFile(b"other"))
    type(row).objects.update(image=other)
    with committed():
        load(fixture)

    assert type(row).objects.get().image == row.image
    assert stored() == {other} | files_of(row)
