"""What a serializer of rows with images has: the cover's URL, and a thumbnail's."""

import inspect

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from rest_framework import serializers

from derived_images.attachments.models import Image
from derived_images.rest import ImageSerializerMixin
from tests.attachments.models import Part, Shelf
from tests.pictures import picture

pytestmark = pytest.mark.django_db


class PartSerializer(ImageSerializerMixin, serializers.ModelSerializer):
    class Meta:
        model = Part
        fields = ("id", "name")


@pytest.fixture
def part(db):
    return Part.objects.create(name="bolt")


def test_the_cover_and_its_thumbnail(part):
    assert PartSerializer(part).data == {
        "id": part.pk,
        "name": "bolt",
        "image": None,
        "thumbnail": "/static/derived_images/placeholder.svg",
    }
    image = part.attach(picture()).image
    assert PartSerializer(part).data["image"] == image.url
    assert PartSerializer(part).data["thumbnail"] == image.variants.thumb.url


class Lists(serializers.ListSerializer):
    """A project's own."""


class Listed(ImageSerializerMixin, serializers.ModelSerializer):
    class Meta(PartSerializer.Meta):
        list_serializer_class = Lists


class Plain(serializers.ModelSerializer):
    class Meta:
        model = Part
        fields = ("id", "name")


class Inherited(ImageSerializerMixin, Plain):
    pass


@pytest.mark.parametrize("serializer", [PartSerializer, Listed, Inherited])
def test_many_rows_cost_as_much_as_some(django_assert_num_queries, monkeypatch, serializer):
    for _ in range(100):
        Part.objects.create().attach(picture())
    storage = Image.objects.first().stored.file.storage
    for call in ("open", "exists", "size", "path"):
        monkeypatch.setattr(storage, call, None)
    read = list(Part.objects.all())
    for rows in (Part.objects.all(), Part.objects, Part.objects.with_images(), read):
        with django_assert_num_queries(1 if rows is read else 2):
            data = serializer(rows, many=True).data
        assert all(each["image"] and each["thumbnail"] for each in data)
        assert len(data) == 100


def test_other_serializers_lists_stay_as_they_are():
    assert not hasattr(Plain.Meta, "list_serializer_class")
    assert issubclass(Listed.Meta.list_serializer_class, Lists)
    assert Listed.Meta.list_serializer_class is not Lists


def meta_of(row):
    return type("Meta", (), {"model": row, "fields": ["name"] if row is Part else []})


def save(part=None, partial=True, **data):
    kind = type("RowSerializer", (PartSerializer,), {"Meta": meta_of(type(part or Part()))})
    serializer = kind(part, data=data, partial=partial)
    serializer.is_valid(raise_exception=True)
    return serializer.save()


def test_a_file_comes_in_the_covers_place(part):
    first, second = (part.attach(picture(f"{color}.jpg", color=color)) for color in ("red", "lime"))
    save(part, image=picture("blue.jpg", color="blue"))

    assert part.cover.image.name == "blue.jpg"
    assert list(part.images.all()) == [first, second]
    assert Image.objects.count() == 3


def test_a_row_that_is_full_says_so():
    shelf = Shelf.objects.create()
    for number in range(3):
        shelf.attach(picture(color=(number, 0, 0)))
    save(shelf, image=picture("blue.jpg", color="blue"))
    shelf.unset_cover()
    with pytest.raises(serializers.ValidationError) as error:
        save(shelf, image=picture("white.jpg", color="white"))
    assert list(error.value.detail) == ["image"]
    assert "takes no more" in error.value.detail["image"][0]


def test_schemas_describe_rows_by_their_own_words():
    assert inspect.getdoc(PartSerializer) == ""


def test_a_row_is_made_with_its_cover():
    part = save(name="nut", image=picture(), partial=False)
    assert (part.name, part.cover.image.name) == ("nut", "cat.jpg")


def test_null_takes_the_cover_off_and_puts_no_other_in_its_place(part):
    for color in ("red", "blue"):
        part.attach(picture(f"{color}.jpg", color=color))
    save(part, image=None)

    assert part.cover is None
    assert [each.image.name for each in part.images.all()] == ["blue.jpg"]
    assert Image.objects.count() == 2
    save(part, image=None)
    assert part.images.count() == 1


def test_other_changes_leave_it(part):
    cover = part.attach(picture())
    save(part, name="screw")
    assert part.cover == cover
    assert Part.objects.get().name == "screw"


def test_what_is_no_image_changes_nothing(part):
    notes = SimpleUploadedFile("notes.jpg", b"Lorem ipsum", "image/jpeg")
    with pytest.raises(serializers.ValidationError, match="no picture in one of these formats"):
        save(part, name="screw", image=notes)
    assert Part.objects.get().name == "bolt"


@pytest.mark.django_db(databases=["default", "other"])
def test_all_or_nothing_on_the_database_of_the_row():
    shelf = Shelf.objects.using("other").create()
    for number in range(3):
        shelf.attach(picture(color=(number, 0, 0)))
    shelf.unset_cover()
    with pytest.raises(serializers.ValidationError), transaction.atomic(using="other"):
        save(shelf, image=picture("white.jpg", color="white"))
    assert shelf.images.count() == 3
    assert Image.objects.using("other").count() == 3
