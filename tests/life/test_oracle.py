"""The oracle itself: what it must see."""

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from tests.life import models as life
from tests.life.oracle import content, judge, picture

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "other"])


@pytest.fixture
def photo():
    return life.Photo.objects.create(image=picture("red"))


def kinds(truth, **options):
    return [verdict.kind for verdict in judge(truth, **options)]


def overwrite(name, data):
    default_storage.delete(name)
    default_storage.save(name, ContentFile(data))


def test_nothing_is_wrong_with_a_row_that_was_just_saved(photo):
    assert judge({photo: "red"}) == judge({}) == []


def test_a_row_that_names_nothing_has_lost_its_picture(photo):
    life.Photo.objects.update(image="")

    assert "LOST" in kinds({photo: "red"})


@pytest.mark.parametrize("data", [content("blue"), content("red")[:-20], b""])
def test_a_source_that_changed_is_lost(photo, data):
    overwrite(photo.image.name, data)

    assert kinds({photo: "red"}) == ["LOST"]


def test_a_source_that_is_not_there_is_lost(photo):
    default_storage.delete(photo.image.name)

    assert kinds({photo: "red"}) == ["LOST"]


@pytest.mark.parametrize("data", [content("blue"), b"RIFF", b""])
def test_a_variant_that_shows_something_else_is_broken(photo, data):
    overwrite(photo.variants.thumb.name, data)

    assert kinds({photo: "red"}) == ["BROKEN"]


def test_a_variant_that_is_not_there_is_broken(photo):
    photo.variants.square.delete()

    assert kinds({photo: "red"}) == ["BROKEN"]


@pytest.mark.parametrize("name", ["photos/x.png", "x.derived-images.tmp"])
def test_a_file_that_nobody_names_is_a_leak(photo, name):
    default_storage.save(name, ContentFile(b"x"))

    assert kinds({photo: "red"}) == ["LEAK"]
    assert kinds({photo: "red"}, stays=[name]) == []


def test_a_leak_in_another_storage_is_seen(elsewhere):
    elsewhere.save("x.png", ContentFile(b"x"))

    assert kinds({}) == ["LEAK"]
