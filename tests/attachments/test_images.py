"""Images as people talk about them."""

import pytest
from django.db.models import Count

from derived_images.attachments.models import Image
from tests.attachments.models import Hanging
from tests.pictures import picture

pytestmark = pytest.mark.django_db


class TestImages:
    def test_unused_are_on_no_row(self, part):
        used, unused = part.attach(picture()).image, Image.objects.upload(picture())

        assert list(Image.objects.unused()) == [unused]
        assert Image.objects.unused().delete()[0] == 1
        assert list(Image.objects.all()) == [used]

    def test_what_a_foreign_key_names_is_used(self, part):
        image = Image.objects.upload(picture())
        hanging = Hanging.objects.create(content_object=part, image=image)
        assert list(Image.objects.unused()) == []
        hanging.delete()
        assert list(Image.objects.unused()) == [image]

    def test_those_that_are_counted_can_be_deleted(self, part):
        part.attach(picture())
        Image.objects.upload(picture())
        Image.objects.annotate(number=Count("attachments")).filter(number=0).delete()
        assert Image.objects.count() == 1

    def test_they_are_called_by_title_or_name(self):
        assert str(Image.objects.upload(picture("cat.jpg"))) == "cat.jpg"
        assert str(Image.objects.upload(picture("cat.jpg"), title="Cat")) == "Cat"

    def test_texts_can_be_changed_without_a_question_about_files(self, committed, stored):
        with committed():
            image = Image.objects.upload(picture())
            image.title = "Cat"
            image.save(update_fields=["title"])
        assert image.file.name in stored()

    def test_a_deleted_user_leaves_the_image(self, django_user_model):
        user = django_user_model.objects.create(username="ada")
        image = Image.objects.upload(picture(), creator=user)
        user.delete()
        image.refresh_from_db()
        assert image.creator is None
