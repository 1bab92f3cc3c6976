"""Images on rows, and what the database itself sees to."""

import pytest
from django import forms
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from derived_images.attachments.models import Image, ImageAttachment
from tests.attachments.models import Company, Part, Place, Stranger
from tests.pictures import picture

pytestmark = pytest.mark.django_db


def is_refused(**values):
    with pytest.raises(IntegrityError), transaction.atomic():
        ImageAttachment.objects.bulk_create([ImageAttachment(**values)])
    return True


class TestTheDatabaseRules:
    def test_an_image_is_on_a_row_once(self, part, three):
        kind = three[0].content_type
        assert is_refused(content_type=kind, object_int=part.pk, image=three[0].image, order=9)

    @pytest.mark.parametrize("model", [Part, Company, Place])
    def test_a_row_has_one_cover(self, model):
        row = model.objects.create(pk=1 if model is Part else None or model().pk or "roma")
        cover = row.attach(picture())
        own = {name: getattr(cover, name) for name in ("object_int", "object_uuid", "object_str")}
        other = Image.objects.upload(picture(color="blue"))
        assert is_refused(
            content_type=cover.content_type, image=other, order=1, is_cover=True, **own
        )

    def test_a_cover_is_true_or_null(self, part, three):
        with pytest.raises(IntegrityError), transaction.atomic():
            part.images.update(is_cover=False)

    @pytest.mark.parametrize("keys", [{}, {"object_int": 1, "object_str": "1"}])
    def test_a_key_is_in_one_column(self, three, keys):
        image = Image.objects.upload(picture(color="white"))
        assert is_refused(content_type=three[0].content_type, image=image, order=0, **keys)


class TestAttachments:
    def test_they_are_made_by_hand_as_well(self, part):
        images = [Image.objects.upload(picture(color=color)) for color in ("red", "lime", "blue")]
        first = ImageAttachment.objects.create(content_object=part, image=images[0])
        second = part.images.create(image=images[1])
        third = ImageAttachment(content_type=first.content_type, object_id=str(part.pk))
        third.image, third.is_cover = images[2], True
        third.save()

        assert list(part.images.all()) == [first, second, third]
        assert part.cover == third

    def test_saving_one_as_cover_uncovers_the_others(self, part, three):
        three[1].is_cover = True
        three[1].save()
        assert part.cover == three[1]

    def test_saving_other_fields_leaves_the_cover(self, part, three):
        part.set_cover(three[1])
        three[0].custom_title = "Front"
        three[0].save(update_fields=["custom_title"])
        assert part.cover == three[1]

    def test_saving_one_that_was_read_before_it_was_the_cover_keeps_it_so(self, part, three):
        part.set_cover(three[1].image)
        three[1].custom_title = "Left"
        three[1].save()
        assert part.cover == three[1]

    def test_saving_one_on_a_row_without_a_cover_gives_it_none(self, part, three):
        part.images.all().uncover()
        three[1].save()
        assert part.cover is None

    def test_one_that_has_gone_does_not_come_back(self, part, three):
        stale = ImageAttachment.objects.get(pk=three[1].pk)
        part.detach(three[1])
        with pytest.raises(ValidationError) as error:
            stale.save()
        assert error.value.messages == ["lime.jpg is not attached any more."]
        assert part.images.count() == 2

    def test_the_image_may_be_another_one_of_the_same_library(self, part, three):
        three[0].image = Image.objects.upload(picture("cat.jpg", color="white"))
        three[0].save()
        assert part.cover.image.name == "cat.jpg"

    def test_it_cannot_be_one_that_there_is_not(self, part):
        with pytest.raises(ValidationError, match="There is no image 987654321 here"):
            ImageAttachment(image_id=987654321, content_object=part).save()

    def test_one_made_again_under_its_key_is_the_cover_still(self, part, three):
        ImageAttachment(pk=three[0].pk, image=three[0].image, content_object=part).save()
        assert part.cover == three[0]

    def test_it_cannot_be_one_of_another_library(self, owners):
        mine, theirs = (
            Part.objects.create(organization=owner).attach(picture()) for owner in owners
        )
        mine.image = theirs.image
        with pytest.raises(ValidationError):
            mine.save()
        with pytest.raises(ValidationError):
            mine.content_object.images.update_or_create(
                pk=mine.pk, defaults={"image": theirs.image}
            )
        assert mine.content_object.cover.image != theirs.image

    @pytest.mark.parametrize("way", ["add", "set", "save"])
    def test_they_stay_on_their_row(self, part, three, way):
        other = Part.objects.create()
        if way == "save":
            three[0].content_object = other
        change = {
            "add": lambda: other.images.add(three[0]),
            "set": lambda: other.images.set(three),
            "save": three[0].save,
        }
        with pytest.raises(ValidationError) as error, transaction.atomic():
            change[way]()
        assert error.value.messages == [
            "red.jpg stays on its row: attach its image to the other one."
        ]
        assert list(part.images.all()) == three

    @pytest.mark.parametrize("cover", ["true", "false", "unknown"])
    def test_forms_take_the_cover_from_the_one_that_has_it(self, part, three, cover):
        form_class = forms.modelform_factory(ImageAttachment, fields=["is_cover", "order"])
        form = form_class({"is_cover": cover, "order": 7}, instance=three[1])
        form.save()
        assert part.cover == three[1 if cover == "true" else 0]

    def test_a_new_one_is_clean(self, part, three):
        image = Image.objects.upload(picture(color="white"))
        ImageAttachment(content_object=part, image=image, order=3).full_clean()
        assert repr(ImageAttachment()) == "<ImageAttachment: >"

    def test_the_effective_text_is_its_own_else_the_images(self, part):
        image = Image.objects.upload(picture(), title="Cat", description="Asleep.")
        attachment = part.attach(image, alt_text="A cat.")

        assert attachment.title == str(attachment) == "Cat"
        assert attachment.alt_text == "A cat."
        assert attachment.description == "Asleep."

    @pytest.mark.parametrize("model", [Part, Company, Place])
    def test_the_key_is_text_whatever_it_is(self, model):
        row = model.objects.create(**({"slug": "roma"} if model is Place else {}))
        attachment = row.attach(picture())
        found = ImageAttachment(content_type=attachment.content_type, object_id=str(row.pk))

        assert found.object_id == attachment.object_id == str(row.pk)
        assert found.content_object == attachment.content_object == row

    def test_what_is_not_registered_cannot_be_attached_to(self):
        row, image = Stranger.objects.create(), Image.objects.upload(picture())
        with pytest.raises(ValidationError) as error:
            ImageAttachment.objects.create(content_object=row, image=image)
        assert error.value.messages == [
            "Nothing can be attached to tests_attachments.Stranger: it is not registered."
        ]

    def test_without_a_row_there_is_nothing_to_attach_to(self, part):
        gone = ContentType.objects.create(app_label="gone", model="gone")
        image = Image.objects.upload(picture())
        for attachment in (ImageAttachment(), ImageAttachment(content_type=gone, object_int=1)):
            assert attachment.content_object is None
            attachment.image = image
            with pytest.raises(ValidationError, match="to a model that is not installed"):
                attachment.save()

    def test_their_rows_are_read_in_a_query_for_each_model(self, django_assert_num_queries):
        for model in (Part, Company, Company, Part):
            model.objects.create(name="x").attach(picture())
        with django_assert_num_queries(3):
            found = ImageAttachment.objects.with_rows()
            assert [each.content_object.name for each in found] == ["x"] * 4

    def test_those_of_a_row_are_found(self, part, three):
        Company.objects.create().attach(three[0])
        assert list(ImageAttachment.objects.of(part)) == three
        with pytest.raises(ValidationError):
            ImageAttachment.objects.of(Stranger(pk=part.pk))
