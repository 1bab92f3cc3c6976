"""django-import-export: columns go out and come in, and files follow their rows."""

import pytest
from import_export.resources import modelresource_factory
from tablib import Dataset

from tests.neighbours.expected import files_of, left_of
from tests.pictures import picture

HEADERS = ["id", "title", "image"]


def load(model, *rows, dry_run=False):
    """Import rows, and return how many were new, updated and so on."""
    resource = modelresource_factory(model)()
    result = resource.import_data(
        Dataset(*rows, headers=HEADERS), dry_run=dry_run, raise_errors=True, use_transactions=True
    )
    return {kind: count for kind, count in result.totals.items() if count}


def test_an_export_holds_columns_only(row):
    exported = modelresource_factory(type(row))().export()

    assert exported.headers == HEADERS
    assert exported.dict == [{"id": str(row.pk), "title": "Cat", "image": row.image.name}]


def test_what_was_exported_comes_back_and_keeps_its_files(row, committed, stored):
    exported = modelresource_factory(type(row))().export()
    with committed():
        assert load(type(row), *exported) == {"update": 1}

    assert type(row).objects.get().variants.missing() == []
    assert stored() == files_of(row)


def test_a_new_row_takes_the_name_as_it_is_and_renders_nothing(model, db, committed, stored):
    with committed():
        assert load(model, ["", "Cat", "there/cat.jpg"]) == {"new": 1}
    row = model.objects.get()

    assert row.image.name == "there/cat.jpg"
    assert row.variants.thumb.name == "there/cat_thumb.webp"
    assert stored() == set()


@pytest.mark.parametrize("name", ["", "there/dog.jpg"])
def test_files_that_an_import_sets_free_go_after_commit(row, name, committed, stored):
    names, left = files_of(row), left_of(row)
    with committed():
        assert load(type(row), [row.pk, "Tom", name]) == {"update": 1}
        assert stored() == names

    assert type(row).objects.get().image == name
    assert stored() == left


def test_a_file_that_an_import_gives_to_another_row_stays(row, committed, stored):
    with committed():
        other = type(row).objects.create(title="Dog", image=picture("dog.jpg"))
    with committed():
        load(type(row), [row.pk, "Cat", ""], [other.pk, "Cat", row.image.name])

    assert files_of(row) | left_of(other) == stored()


def test_a_dry_run_costs_no_file(row, committed, stored):
    with committed():
        assert load(type(row), [row.pk, "Tom", ""], dry_run=True) == {"update": 1}

    assert type(row).objects.get().image == row.image
    assert stored() == files_of(row)
