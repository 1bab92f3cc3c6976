"""What a serializer of rows with images has: the cover's URL, and a thumbnail's."""

import copy
import inspect

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from rest_framework import serializers

from derived_images.attachments.models import Image
from derived_images.rest import ImageSerializerMixin
from tests.attachments.models import Organization, Part, Shelf, Shop
from tests.pictures import picture

pytestmark = pytest.mark.django_db


class PartSerializer(ImageSerializerMixin, serializers.ModelSerializer):
    class Meta:
        model = Part
        fields = ("id", "name")


@pytest.fixture
def owners(db, settings):
    settings.DERIVED_IMAGES = {"POLICY": "tests.attachments.policies.OfOrganizations"}
    return [Organization.objects.create(name=name) for name in ("Acme", "Bolts")]


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


def test_lists_are_still_the_projects_own():
    assert isinstance(Listed(many=True), Lists)
    assert Listed.Meta.list_serializer_class is Lists
    assert not hasattr(Plain.Meta, "list_serializer_class")
    assert isinstance(copy.deepcopy(Listed(many=True)), Lists)


def test_rows_whose_attachments_were_read_cost_no_more(django_assert_num_queries):
    for _ in range(10):
        Part.objects.create().attach(picture())
    with django_assert_num_queries(4):
        data = PartSerializer(Part.objects.prefetch_related("images"), many=True).data
    assert all(each["image"] for each in data)


def test_what_is_not_saved_yet_has_no_cover():
    serializer = PartSerializer(data={"name": "bolt"})
    assert serializer.is_valid()
    assert serializer.data == {"name": "bolt", "image": None}
    several = PartSerializer(data=[{"name": "bolt"}], many=True)
    assert several.is_valid()
    assert several.data == [{"name": "bolt", "image": None}]
    serializer = PartSerializer(data={"name": "bolt", "image": picture()})
    assert serializer.is_valid()
    assert serializer.data == {"name": "bolt", "image": None}


def test_a_field_may_be_left_out():
    class Without(PartSerializer):
        thumbnail = None

    assert list(Without().fields) == ["id", "name", "image"]


def test_lists_may_change_their_rows(part):
    class Several(serializers.ListSerializer):
        def update(self, instance, validated_data):
            return [self.child.update(*each) for each in zip(instance, validated_data, strict=True)]

    class Changed(PartSerializer):
        class Meta(PartSerializer.Meta):
            list_serializer_class = Several

    serializer = Changed([part], data=[{"name": "nut", "image": picture()}], many=True)
    assert serializer.is_valid()
    serializer.save()
    assert (Part.objects.get().name, part.cover.image.name) == ("nut", "cat.jpg")


def test_a_cover_that_has_gone_meanwhile_is_not_missed(part):
    part.attach(picture())
    (stale,) = Part.objects.with_images()
    part.detach(part.cover)
    save(stale, image=picture("blue.jpg", color="blue"))
    assert part.cover.image.name == "blue.jpg"


def test_files_of_a_childs_row_are_its_owners(owners):
    shop = Shop.objects.create(slug="roma", organization=owners[0])
    for color in ("red", "blue"):
        save(shop, image=picture(color=color))
        assert shop.cover.image.owner == owners[0]
    assert shop.images.count() == 1


def meta_of(row):
    return type("Meta", (), {"model": row, "fields": ["name"] if row is not Shelf else []})


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
