"""Lookups: which rows a name stands for, and what it costs to know."""

import pytest
from django.core.files.storage import default_storage, storages

from derived_images.declarations import _Known
from derived_images.lookup import find, is_plain
from derived_images.naming import DEFAULT, STDIMAGE, naming_for
from tests.pictures import picture
from tests.shop.models import Child, Loose, Nullable, Photo, Plain, Proxy, Shop, Two, TwoPlain

pytestmark = pytest.mark.django_db(databases=["default", "other"])


def found(name, storage=default_storage):
    """Return model, source, variant of everything that the name stands for."""
    return [(type(file.instance), file.source.name, file.variant) for file in find(storage, name)]


@pytest.mark.parametrize("model", [Photo, Loose, Plain, Nullable])
def test_a_source_is_found_with_its_row(model):
    name = default_storage.save("found/cat.jpg", picture())
    row = model.objects.create(image=name)
    (file,) = find(default_storage, name)

    assert (file.instance, file.variant, file.manager) == (row, None, None)
    assert file.source == row.image
    assert file.field.model is model


@pytest.mark.parametrize(
    "name", ["cat.jpg", "photos/cat.JPG", "a.b.c.webp", "noext", "Ünïcode/ФОТО.jpeg", "x_thumb.png"]
)
def test_a_variant_is_found_by_any_source_that_it_may_be_of(name):
    row = Plain.objects.create(image=name)

    for variant in row.variants.values():
        assert found(variant.name) == [(Plain, name, variant.variant)]


@pytest.mark.parametrize(
    "template", [DEFAULT, STDIMAGE, "v/{variant}/{dir}{stem}-{fingerprint}.{ext}"]
)
def test_every_template_is_read_backwards(template, monkeypatch):
    monkeypatch.setattr(Plain.variants, "naming", naming_for(template))
    monkeypatch.setattr(Plain.variants, "_known", _Known({}, {}, {}, {}))
    row = Plain.objects.create(image="photos/cat.jpg")

    for variant in row.variants.values():
        assert found(variant.name) == [(Plain, "photos/cat.jpg", variant.variant)]


def test_names_of_our_field_need_no_row():
    row = Nullable()
    row.image.save("cat.jpg", picture(), save=False)
    names = [row.image.name, row.variants.thumb.name]

    assert [[file.variant for file in find(default_storage, name)] for name in names] == [
        [None],
        ["thumb"],
    ]


@pytest.mark.parametrize(
    "name",
    ["cat.jpg", "photos/cat_thumb.webp", "cat_3000x2000_x7kq2mz1_thumb.webp", "🐈", "a" * 5000],
)
def test_other_names_need_one(name):
    assert found(name) == []


def test_a_row_is_found_by_the_letter():
    Plain.objects.create(image="plain/Cat.jpg")

    assert found("plain/cat.jpg") == found("plain/cat_thumb.webp") == []


def test_only_what_lies_in_the_storage_is_found():
    row = Two.objects.create(back="two/cat.jpg")

    assert found(row.backs.thumb.name) == []
    assert found(row.backs.thumb.name, storages["memory"]) == [(Two, "two/cat.jpg", "thumb")]


def test_a_naming_object_without_an_inverse_is_not_searched(monkeypatch):
    class OneWay:
        def name(self, *, source, variant, ext, fingerprint):
            return f"{source}.{variant}"

    monkeypatch.setattr(Plain.variants, "naming", OneWay())
    monkeypatch.setattr(Plain.variants, "_known", _Known({}, {}, {}, {}))
    row = Plain.objects.create(image="cat.jpg")

    assert found(row.variants.thumb.name) == []
    assert found("cat.jpg") == [(Plain, "cat.jpg", None)]


def test_rows_of_every_database_are_found():
    Plain.objects.using("other").create(image="plain/there.jpg")

    assert found("plain/there_thumb.webp") == [(Plain, "plain/there.jpg", "thumb")]


def test_inherited_columns_are_their_table_s():
    name = default_storage.save("photos/child.jpg", picture())
    child = Child.objects.create(image=name)

    assert found(child.variants.card.name) == [(Photo, name, "card")]
    assert found(Proxy.objects.get().variants.thumb.name) == [(Photo, name, "thumb")]


def test_a_child_s_variants_are_of_its_parent_s_field():
    shop = Shop.objects.create(image="places/shop.jpg")

    assert [variant for *_, variant in found(shop.variants.sign.name)] == ["sign"]


def test_one_name_may_be_of_several_fields():
    TwoPlain.objects.create(front="two_plain/a.jpg")
    TwoPlain.objects.create(back="two_plain/a.jpg")

    assert len(found("two_plain/a.jpg")) == 2


def test_all_rows_that_share_a_file_are_told():
    rows = [Plain.objects.create(image="plain/shared.jpg") for _ in range(3)]
    (file,) = find(default_storage, "plain/shared_thumb.webp")

    assert {*file.rows} == {*rows}
    assert file.of(rows[1]).instance == rows[1]


def test_of_very_many_some_are_loaded():
    Plain.objects.bulk_create(Plain(image="plain/shared.jpg") for _ in range(50))
    (file,) = find(default_storage, "plain/shared.jpg")

    assert len(file.rows) == 20


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.jpg", True),
        (".hidden", True),
        ("...", True),
        ("a..b/c d.jpg", True),
        ("👩‍👩‍👧/a.jpg", True),
        ("", False),
        ("/a", False),
        ("a/", False),
        ("a//b", False),
        ("./a", False),
        ("a/..", False),
        ("a\\b", False),
        ("a\0", False),
        ("a\x7f", False),
        ("a\tb", False),
    ],
)
def test_only_names_that_can_be_seen_are_looked_up(name, plain):
    assert is_plain(name) is plain
