"""Bytes that are stored once."""

import hashlib

import pytest
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.forms import modelform_factory

from derived_images.attachments.models import Image, StoredImage
from tests.pictures import picture

pytestmark = pytest.mark.django_db


class TestStoredOnce:
    def test_the_same_bytes_under_other_names(self, committed, stored, settings):
        settings.DERIVED_IMAGES = {}
        with committed():
            images = [Image.objects.upload(picture(f"{n}.jpg"), title=str(n)) for n in range(3)]

        assert len({each.stored for each in images}) == 1
        assert [(each.name, each.title) for each in images] == [
            ("0.jpg", "0"),
            ("1.jpg", "1"),
            ("2.jpg", "2"),
        ]
        assert stored() == {
            images[0].file.name,
            *(file.name for file in images[0].variants.values()),
        }

    def test_hash_and_size_are_those_of_the_bytes(self):
        content = picture().read()
        file = Image.objects.upload(picture()).stored

        assert file.sha256 == hashlib.sha256(content).hexdigest()
        assert file.size == len(content)
        with file.file.open() as stored:
            assert stored.read() == content

    def test_the_file_goes_with_its_last_image(self, committed, stored, settings):
        """InvenTree lost pictures that a second row still showed, when the first was deleted."""
        settings.DERIVED_IMAGES = {}
        with committed():
            images = [Image.objects.upload(picture(f"{n}.jpg")) for n in range(2)]
        files = stored()
        with committed():
            images[0].delete()
        assert stored() == files
        with committed():
            images[1].delete()
        assert stored() == set()
        assert not StoredImage.objects.exists()

    def test_all_images_of_a_file_may_go_at_once(self, committed, stored):
        with committed():
            for number in range(3):
                Image.objects.upload(picture(f"{number}.jpg"))
            Image.objects.upload(picture(color="blue"))
        with committed():
            Image.objects.exclude(name="cat.jpg").delete()
        assert len(stored()) == 1

    def test_a_file_that_was_lost_is_stored_again(self, committed, stored, media):
        with committed():
            first = Image.objects.upload(picture())
        (media / first.file.name).unlink()
        with committed():
            second = Image.objects.upload(picture())

        assert second.stored == first.stored
        assert stored() == {second.file.name}

    def test_the_bytes_stay_those_of_the_hash(self):
        stored = Image.objects.upload(picture()).stored
        stored.file = picture(color="blue")
        with pytest.raises(ValidationError):
            stored.save()
        assert "file" not in modelform_factory(StoredImage, exclude=[])().fields

    def test_a_roll_back_deletes_nothing(self, committed, stored):
        with committed():
            image = Image.objects.upload(picture())
        with committed(), transaction.atomic():
            image.delete()
            transaction.set_rollback(True)
        assert image.file.name in stored()
        assert Image.objects.get().stored == image.stored

    def test_an_image_that_gets_another_file_frees_the_first(self, committed, stored):
        with committed():
            first, second = (Image.objects.upload(picture(color=c)) for c in ("red", "blue"))
        with committed():
            first.stored = second.stored
            first.save()
        assert stored() == {second.file.name}

    def test_nothing_takes_the_file_from_under_an_image(self):
        image = Image.objects.upload(picture())
        with pytest.raises(models.RestrictedError):
            image.stored.delete()
