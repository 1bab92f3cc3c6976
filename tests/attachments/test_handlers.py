"""What follows when attachments and images go."""

import pytest
from django.contrib.contenttypes.models import ContentType

from derived_images.attachments.models import Image, ImageAttachment, StoredImage
from tests.attachments.models import Hanging, Part

pytestmark = pytest.mark.django_db


class TestTheCover:
    def test_goes_with_its_image_and_the_next_takes_over(self, part, three):
        three[0].image.delete()
        assert part.cover == three[1]

    def test_goes_by_a_query_set(self, part, three):
        part.images.filter(is_cover=True).delete()
        assert part.cover == three[1]
        ImageAttachment.objects.filter(pk__in=[three[1].pk, three[2].pk]).delete()
        assert part.cover is None

    def test_is_known_however_old_the_instance_is(self, part, three):
        part.set_cover(three[2])
        ImageAttachment.objects.get(pk=three[0].pk).delete()
        assert part.cover == three[2]
        three[2].is_cover = None
        three[2].delete()
        assert part.cover == three[1]

    def test_a_row_that_has_none_is_given_none(self, part, three):
        part.images.all().uncover()
        part.detach(three[0])
        assert part.cover is None

    def test_what_has_gone_already_goes_again_in_silence(self, part, three):
        stale = ImageAttachment.objects.get(pk=three[0].pk)
        three[0].delete()
        stale.delete()
        assert part.cover == three[1]


class TestUnusedImages:
    def test_stay(self, part, three):
        part.delete()
        assert Image.objects.count() == StoredImage.objects.count() == 3

    def test_go_with_their_last_row_if_the_policy_says_so(self, part, three, settings):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.Discarding"}
        other = Part.objects.create()
        other.attach(three[0])
        part.delete()

        assert list(Image.objects.all()) == [three[0].image]
        other.detach(three[0])
        assert not StoredImage.objects.exists()

    def test_do_not_go_twice(self, part, three, settings, committed, stored):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.Discarding"}
        with committed():
            Image.objects.all().delete()
        assert stored() == set()


def test_rows_that_have_gone_leave_attachments_that_can_go(part, three):
    Part.objects.filter(pk=part.pk)._raw_delete("default")
    assert three[0].content_object is None or ImageAttachment.objects.get(pk=three[0].pk)
    ImageAttachment.objects.all().delete()
    assert not ImageAttachment.objects.exists()


def test_a_row_may_have_a_field_that_is_called_model(part, three):
    # As the rows of content types do.
    ContentType.objects.get_for_model(Part).delete()
    assert not ImageAttachment.objects.exists()


class TestTablesOfOnesOwn:
    @pytest.fixture
    def hanging(self, part, three):
        return [Hanging.objects.create(content_object=part, image=each.image) for each in three]

    def test_the_next_is_the_cover(self, hanging):
        hanging[0].delete()
        assert [each.is_cover for each in Hanging.objects.all()] == [True, None]

    def test_their_images_are_used(self, part, three, hanging, settings):
        settings.DERIVED_IMAGES |= {"POLICY": "tests.attachments.policies.Discarding"}
        part.detach(three[0])
        assert Hanging.objects.count() == 3
        hanging[1].delete()
        assert Image.objects.count() == 3
        hanging[0].delete()
        assert list(Image.objects.order_by("pk")) == [three[1].image, three[2].image]
